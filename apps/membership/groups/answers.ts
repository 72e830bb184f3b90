import { Type } from 'typebox';
import { validate } from 'uuid';
import { parseInstant, refuse } from '#domain';
import type { Rule } from '#events';
import type { Outcome } from '#eventsourcing';
import { Answer, cursorKey, invalid, refusalProblem, reply } from '#nest';

/** What every command's answer says beside the id: the stream's version and the events that were recorded. */
export const Recorded = {
  version: Type.Integer(),
  events: Type.Array(
    Type.Object({ eventId: Type.String({ format: 'uuid' }), name: Type.String(), streamId: Type.String() }),
  ),
};

/** An id as it stands in streams and tables: clients may write UUIDs in capitals. */
export const idOf = (text: string | undefined): string => (text ?? '').toLowerCase();

/** When something happened by the caller's account. Optional in a body; the moment of the request when left out. */
export const OccurredAt = Type.Optional(Type.String({ format: 'date-time', description: 'Not in the future.' }));

/** The events of these outcomes as an answer lists them. */
export const eventsOf = (...outcomes: Outcome[]) =>
  outcomes.flatMap(({ events }) => events.map(({ id, name, streamId }) => ({ eventId: id, name, streamId })));

/** The answer to a command: 201 when something was recorded, 200 when it was so already, 409 with the refusal. */
export function recorded(outcome: Outcome, body: object): Answer {
  const status = outcome.events.length > 0 ? 201 : 200;
  return reply(outcome, { ...body, version: outcome.version, events: eventsOf(outcome) }, status);
}

/** A refusal that needs no stream: nothing is recorded. */
export const refused = (code: string, because: string, rules: readonly Rule[] = []): Answer =>
  new Answer(409, refusalProblem(refuse(code, because, rules)));

const notOurs = () => invalid([{ field: 'query/cursor', rule: 'must be the next of an earlier page' }]);

/** The id after which a page starts; null for the first. Throws the problem for a cursor that is not ours. */
export function afterId(cursor: string | undefined): string | null {
  const [id] = cursorKey(cursor, 1) ?? [];
  if (id === undefined) return null;
  if (!validate(id)) throw notOurs();
  return String(id);
}

/** The instant and the id after which a page starts; undefined for the first. Throws the problem for a cursor that is not ours. */
export function afterInstant(cursor: string | undefined): readonly [string, string] | undefined {
  const [at, id] = cursorKey(cursor, 2) ?? [];
  if (at === undefined) return undefined;
  const instantOf = parseInstant(String(at));
  if (instantOf === null || !validate(id)) throw notOurs();
  return [instantOf, String(id)];
}
