import { Type } from 'typebox';
import { parseInstant, refuse } from '#domain';
import type { Rule } from '#events';
import type { Outcome } from '#eventsourcing';
import { invalid, refusalProblem } from './problem.js';
import { Answer, reply } from './unit-of-work.js';

/** What every command's answer says beside the id: the stream's version and the events that were recorded. */
export const Recorded = {
  version: Type.Integer(),
  events: Type.Array(
    Type.Object({ eventId: Type.String({ format: 'uuid' }), name: Type.String(), streamId: Type.String() }),
  ),
};

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

/** An id as it stands in streams and tables: clients may write UUIDs in capitals. */
export const idOf = (text: string | undefined): string => (text ?? '').toLowerCase();

/** An instant a client named, in UTC. Throws the 400 that names the field where it is none, or one of another age. */
export function instantIn(field: string, text: string): string {
  const instant = parseInstant(text);
  if (instant === null) throw invalid([{ field, rule: 'must be an RFC 3339 date-time between 1900 and 2200' }]);
  return instant;
}

/** Before it there was no such app, and nothing can have been told, agreed to or done in a group of it. */
const FIRST = '2009-01-01T00:00:00.000Z';

/**
 * When something happened by the caller's account: `now` (the transaction's own) when left out. Throws the 400 for a later one, and for one
 * of a mistyped century: limits count from it, so everything that follows would be years late.
 */
export function pastInstantIn(field: string, text: string | undefined, now: string): string {
  if (text === undefined) return now;
  const instant = instantIn(field, text);
  if (instant > now) throw invalid([{ field, rule: 'must not be in the future' }]);
  if (instant < FIRST) throw invalid([{ field, rule: 'must not be before 2009' }]);
  return instant;
}
