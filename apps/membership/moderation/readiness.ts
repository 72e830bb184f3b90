/** What is asked of somebody who runs a group before the role counts, in the form the group's stream takes it. */
import { addDuration, needsOf, ruleOf, type Prerequisite, type ResolvedPolicy } from '#domain';
import type { Transaction } from '#eventsourcing';
import { timeZone, type ServiceKit } from '#nest';
import { rolesIn } from '../groups/groups.read-model.js';
import { staffAmong } from './moderation.js';

/** That something the policy asks of a moderator is on record since `occurredAt`; the group's stream judges it (AMZ-084). */
export async function meeting(
  kit: ServiceKit,
  tx: Transaction,
  policy: ResolvedPolicy,
  about: { readonly groupId: string; readonly personId: string },
  { prerequisite, occurredAt }: { readonly prerequisite: Prerequisite; readonly occurredAt: string },
) {
  const { groupId, personId } = about;
  const kind = (await rolesIn(tx, groupId)).find((role) => role.personId === personId)?.kind ?? '';
  const isStaff = (await staffAmong(kit, tx, [personId])).has(personId);
  const needs = needsOf(policy, { kind, isStaff });
  const rules = [ruleOf(policy, 'moderator_prereqs')];
  const again = await askAgain(tx, policy, occurredAt);
  const data = { groupId, personId, prerequisite, needs, rules, ...again };
  return { id: groupId, command: { name: 'MeetPrerequisite' as const, data }, occurredAt };
}

/** When a moderator is to be asked again, counted on the organisation's calendar (AMZ-087); nothing where the policy does not ask. */
export async function askAgain(
  tx: Transaction,
  policy: ResolvedPolicy,
  from: string,
): Promise<{ reaffirmBy?: string }> {
  const { value: every } = policy.parameters.moderator_reaffirm_every;
  return every === null ? {} : { reaffirmBy: addDuration(from, every, await timeZone(tx)) };
}
