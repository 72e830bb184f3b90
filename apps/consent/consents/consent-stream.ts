import { v5 } from 'uuid';
import { consent, type CommandOf, type ConsentCommands } from '#domain';
import { pastInstantIn, recorded, type Answer, type Call, type ServiceKit } from '#nest';

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

/** Asks the stream of this person and group; answers 201 with what was recorded, 200 when nothing is new, or 409 with the rule that said no. */
export async function ask(kit: ServiceKit, asked: Asked, command: CommandOf<ConsentCommands>): Promise<Answer> {
  const { tx, body, cause, expectedVersion } = asked;
  const id = consentId(body.groupId, body.personId);
  const occurredAt = pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
  const [outcome] = await kit.commands.execute(tx, consent, cause, [{ id, command, occurredAt, expectedVersion }]);
  return recorded(outcome!, { consentId: id });
}
