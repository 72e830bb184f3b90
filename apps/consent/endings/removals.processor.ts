import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent, refusalTerms } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import { tenantTable, writeRows, type Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit } from '#nest';
import { consentId } from '../consents/consent-stream.js';

export const REMOVALS = 'consent.removals';
const removals = processorId(REMOVALS);

type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;
type Trigger = MembershipPayloads['RemovalTaskOpened']['trigger'];

/** Why a person last had to leave a group: MemberLeftByThemselves names its order and not the reason. */
export const removalTriggersTable = tenantTable(
  'removal_triggers',
  'group_id uuid not null, person_id uuid not null, trigger text not null',
  'group_id, person_id',
);

/**
 * Whoever is out of a group has no consent there any more: to come back they are asked again (LD-09). Those who are out
 * by their own wish must go on being reached (LD-13); those who had to leave, for a reason of the organisation's, need not.
 */
@Controller()
export class RemovalsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'RemovalTaskOpened'), removals)
  async opened(@Payload() { data }: Heard<'RemovalTaskOpened'>, @Ctx() { tx }: Handling) {
    await keepTrigger(tx, data);
  }

  @EventPattern<string>(typeOf('membership', 'RemovalBroughtForward'), removals)
  async broughtForward(@Payload() { data }: Heard<'RemovalBroughtForward'>, @Ctx() { tx }: Handling) {
    await keepTrigger(tx, data);
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), removals)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    await this.withdraw(tx, event, 'removed', event.data.trigger === 'on_request');
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), removals)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    const { taskId, groupId, personId } = event.data;
    const trigger = taskId && (await findTrigger(tx, groupId, personId));
    await this.withdraw(tx, event, 'left', trigger === undefined || trigger === 'on_request');
  }

  private async withdraw(
    tx: Transaction,
    {
      id: causationId,
      correlationId,
      occurredAt,
      data: { groupId, personId },
    }: Heard<'MemberRemoved' | 'MemberLeftByThemselves'>,
    reason: 'removed' | 'left',
    isByOwnWish: boolean,
  ): Promise<void> {
    const policy = await findPolicy(tx, groupId);
    // The group and its policy come on other streams: the message is tried again, and set aside in the end, rather than judged without.
    if (!policy) throw new Error('The group of this removal, or the policy of its type, is not known here yet');
    const { needsAlternative, rules } = refusalTerms(policy);
    const data = { groupId, personId, reason, rules, needsAlternative: needsAlternative && isByOwnWish };
    const cause = { actor: { kind: 'system', id: REMOVALS } as const, correlationId, causationId };
    await this.kit.commands.execute(tx, consent, cause, [
      { id: consentId(groupId, personId), command: { name: 'WithdrawConsent', data }, occurredAt },
    ]);
  }
}

async function keepTrigger(
  tx: Transaction,
  { groupId, personId, trigger }: { groupId: string; personId: string; trigger: Trigger },
): Promise<void> {
  await writeRows(tx, 'removal_triggers', ['groupId', 'personId'], [{ upsert: { groupId, personId, trigger } }]);
}

async function findTrigger(tx: Transaction, groupId: string, personId: string): Promise<Trigger | undefined> {
  const [row] = await tx.query<{ trigger: Trigger }>(
    'select trigger from removal_triggers where tenant_id = $1 and group_id = $2 and person_id = $3',
    [tx.tenantId, groupId, personId],
  );
  return row?.trigger;
}
