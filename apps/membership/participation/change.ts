import { participation, type CommandOf, type ParticipationCommands } from '#domain';
import type { Outcome } from '#eventsourcing';
import { type Answer, type Call, recorded, type ServiceKit } from '#nest';
import { participationId } from './participation-id.js';
import type { Pair } from './participation.read-model.js';

/** The participation of one person in one group, and what the caller says happened to it: `occurredAt` in the house form. */
interface Change extends Pair {
  readonly command: CommandOf<ParticipationCommands>;
  readonly occurredAt: string;
}

type Asking = Pick<Call, 'tx' | 'cause' | 'expectedVersion'>;

/** Issues a command to one participation, against the version the caller named, if any. A refusal is in the outcome. */
export async function changeParticipation(
  kit: ServiceKit,
  { tx, cause, expectedVersion }: Asking,
  { groupId, personId, command, occurredAt }: Change,
): Promise<Outcome> {
  const version = expectedVersion === undefined ? {} : { expectedVersion };
  const request = { id: participationId(groupId, personId), command, occurredAt, ...version };
  const [outcome] = await kit.commands.execute(tx, participation, cause, [request]);
  return outcome!;
}

/** What a caller is told of it: the participation's id and what was recorded, or the refusal. */
export function participationAnswer({ groupId, personId }: Pair, outcome: Outcome, more: object = {}): Answer {
  return recorded(outcome, { participationId: participationId(groupId, personId), ...more });
}
