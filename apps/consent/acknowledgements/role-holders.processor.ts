import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import { writeRows, type RowChange, type Transaction } from '#eventsourcing';

export const ROLE_HOLDERS = 'consent.role-holders';
const processor = processorId(ROLE_HOLDERS);
type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type InGroup = { readonly groupId: string; readonly personId: string };

/** Those who work for the organisation, in whatever form (CN-05). */
const STAFF: readonly string[] = ['staff', 'agent'];

/** Keeps who has which role, so that it can be told who owes which acknowledgement. */
@Controller()
export class RoleHoldersProcessor {
  @EventPattern<string>(typeOf('membership', 'MemberAdded'), processor)
  async added(@Payload() { data }: Heard<'MemberAdded'>, @Ctx() { tx }: Handling) {
    await write(tx, { upsert: inGroup('participant', data) });
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), processor)
  async removed(@Payload() { data }: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await write(tx, { remove: inGroup('participant', data) });
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), processor)
  async left(@Payload() { data }: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await write(tx, { remove: inGroup('participant', data) });
  }

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), processor)
  async registered(@Payload() { data: { groupId, admins } }: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    await write(tx, ...admins.map((personId) => ({ upsert: inGroup('moderator', { groupId, personId }) })));
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorAppointed'), processor)
  async appointed(@Payload() { data }: Heard<'ModeratorAppointed'>, @Ctx() { tx }: Handling) {
    await write(tx, { upsert: inGroup('moderator', data) });
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorStoodDown'), processor)
  async stoodDown(@Payload() { data }: Heard<'ModeratorStoodDown'>, @Ctx() { tx }: Handling) {
    await write(tx, { remove: inGroup('moderator', data) });
  }

  @EventPattern<string>(typeOf('membership', 'PersonStatusSynced'), processor)
  async synced(@Payload() { data }: Heard<'PersonStatusSynced'>, @Ctx() { tx }: Handling) {
    const { personId, category, status } = data;
    if (STAFF.includes(category)) await write(tx, atWork(personId, category, status === 'active'));
  }

  @EventPattern<string>(typeOf('membership', 'LeaverDetected'), processor)
  async leaver(@Payload() { data: { personId, category } }: Heard<'LeaverDetected'>, @Ctx() { tx }: Handling) {
    if (STAFF.includes(category)) await write(tx, atWork(personId, category, false));
  }

  @EventPattern<string>(typeOf('membership', 'EligibilityRestored'), processor)
  async restored(@Payload() { data: { personId, category } }: Heard<'EligibilityRestored'>, @Ctx() { tx }: Handling) {
    if (STAFF.includes(category)) await write(tx, atWork(personId, category, true));
  }
}

function inGroup(role: string, { groupId, personId }: InGroup) {
  return { personId, role, scope: groupId, groupId };
}

function atWork(personId: string, category: string, isActive: boolean): RowChange {
  const row = { personId, role: 'staff', scope: category, groupId: null };
  return isActive ? { upsert: row } : { remove: row };
}

async function write(tx: Transaction, ...changes: readonly RowChange[]): Promise<void> {
  await writeRows(tx, 'role_holders', ['personId', 'role', 'scope'], changes);
}
