import { v5 } from 'uuid';
import { consent, parseInstant, type CommandOf, type ConsentCommands } from '#domain';
import type { Transaction } from '#eventsourcing';
import { invalid, reply, type Answer, type Call, type ServiceKit } from '#nest';

const CONSENTS = '16a60fa0-4b95-45cd-a10e-fd8929d005f8';

/** The one stream of what a person agreed to in a group; the same for the same two ids, in any case. */
export function consentId(groupId: string, personId: string): string {
  return v5(`${groupId}:${personId}`.toLowerCase(), CONSENTS);
}

/** What every command about a person in a group says. */
export type About = { readonly personId: string; readonly groupId: string };
type Asked = Pick<Call<About & { readonly occurredAt?: string }>, 'tx' | 'body' | 'cause' | 'expectedVersion'>;

/** The two ids as they stand in events: UUIDs in lower case. */
export function aboutOf({ personId, groupId }: About): About {
  return { personId: personId.toLowerCase(), groupId: groupId.toLowerCase() };
}

/** Asks the stream of this person and group; answers 201 with what was recorded, or 409 with the rule that said no. */
export async function ask(kit: ServiceKit, asked: Asked, command: CommandOf<ConsentCommands>): Promise<Answer> {
  const { tx, body, cause, expectedVersion } = asked;
  const id = consentId(body.groupId, body.personId);
  const occurredAt = happenedAt(tx, body.occurredAt);
  const [outcome] = await kit.commands.execute(tx, consent, cause, [{ id, command, occurredAt, expectedVersion }]);
  const { version, events } = outcome!;
  return reply(outcome!, {
    consentId: id,
    version,
    events: events.map(({ id: eventId, name, streamId }) => ({ eventId, name, streamId })),
  });
}

/** When the caller says it happened, in UTC; now when they do not say. Throws the 400 for an instant that is none, or yet to come. */
function happenedAt({ now }: Transaction, occurredAt: string | undefined): string {
  if (occurredAt === undefined) return now;
  const instant = parseInstant(occurredAt);
  if (instant === null)
    throw invalid([{ field: 'body/occurredAt', rule: 'must be an RFC 3339 date-time between 1900 and 2200' }]);
  if (instant > now) throw invalid([{ field: 'body/occurredAt', rule: 'must not lie in the future' }]);
  return instant;
}
