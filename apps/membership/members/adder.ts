import { liveCategories, person, type AddingRole, type Adder } from '#domain';
import { idOf, type Call, type ServiceKit } from '#nest';
import { type Moderation } from '../moderation/moderation.js';

/**
 * On whose behalf somebody is let in. A key of the organisation's own systems speaks for the organisation unless it names a person;
 * any other key has to name one. A person counts by what they are now: an active moderator of the group, of the committee, of the staff.
 */
export async function adderOf(
  kit: ServiceKit,
  { tx, cause, principal }: Pick<Call, 'tx' | 'cause' | 'principal'>,
  { moderators }: Moderation,
  joining: string,
): Promise<Adder> {
  const named = cause.actor.onBehalfOf;
  if (named === undefined) return { is: principal.scopes.includes('admin') ? 'organisation' : 'unnamed' };
  const personId = idOf(named);
  const { state } = (await kit.commands.states(tx, person, [personId])).get(personId)!;
  const live = liveCategories(state, tx.now);
  const role = moderators.find((one) => one.personId === personId);
  const isActive = role?.isActive ?? false;
  const roles: readonly [AddingRole, boolean][] = [
    ['group_admin', isActive],
    ['committee', live.includes('committee') || (isActive && role?.kind === 'committee')],
    ['staff', live.includes('staff')],
  ];
  return {
    is: 'person',
    roles: roles.filter(([, holds]) => holds).map(([name]) => name),
    isJoining: personId === joining,
  };
}
