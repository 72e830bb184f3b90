import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { retention, retentionRules, type Trigger } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import { writeRows, type Transaction } from '#eventsourcing';
import { findPolicy, ServiceKit } from '#nest';
import { holdTerms, NOBODY } from './schedules.read-model.js';

export const TRIGGERS = 'retention.triggers';
const triggers = processorId(TRIGGERS);
const KEY = ['trigger', 'subjectId', 'personId'];

type Heard<Name extends keyof MembershipPayloads> = RecordedEvent<Name, MembershipPayloads[Name]>;

/** Starts the time of what is kept from something on, when it has happened, and remembers it for what arrives later. */
@Controller()
export class TriggersProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), triggers)
  async registered(@Payload() { data: { groupId, activityId } }: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    if (activityId) await writeRows(tx, 'group_activities', ['groupId'], [{ upsert: { groupId, activityId } }]);
  }

  @EventPattern<string>(typeOf('membership', 'GroupClosed'), triggers)
  async closed(@Payload() event: Heard<'GroupClosed'>, @Ctx() { tx }: Handling) {
    const { groupId } = event.data;
    await this.happened(tx, event, 'group_closed', groupId, event.occurredAt, [groupId]);
  }

  @EventPattern<string>(typeOf('membership', 'ActivityEnded'), triggers)
  async ended(@Payload() event: Heard<'ActivityEnded'>, @Ctx() { tx }: Handling) {
    const { activityId, endedAt } = event.data;
    const rows = await tx.query<{ groupId: string }>(
      'select group_id as "groupId" from group_activities where tenant_id = $1 and activity_id = $2',
      [tx.tenantId, activityId],
    );
    const groups = rows.map(({ groupId }) => groupId);
    await this.happened(tx, event, 'activity_ended', activityId, endedAt, groups);
  }

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), triggers)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    const { groupId, personId } = event.data;
    await this.happened(tx, event, 'person_left', groupId, event.occurredAt, [groupId], personId);
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), triggers)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    const { groupId, personId } = event.data;
    await this.happened(tx, event, 'person_left', groupId, event.occurredAt, [groupId], personId);
  }

  /** Whoever is back leaves again some day; what waits for it waits for that. */
  @EventPattern<string>(typeOf('membership', 'MemberAdded'), triggers)
  async back(@Payload() { data: { groupId, personId } }: Heard<'MemberAdded'>, @Ctx() { tx }: Handling) {
    await writeRows(tx, 'retention_triggers', KEY, [
      { remove: { trigger: 'person_left', subjectId: groupId, personId } },
    ]);
  }

  private async happened(
    tx: Transaction,
    { id: causationId, correlationId, occurredAt }: RecordedEvent,
    trigger: Trigger,
    subjectId: string,
    at: string,
    groups: readonly string[],
    personId = NOBODY,
  ): Promise<void> {
    await holdTerms(tx);
    await writeRows(tx, 'retention_triggers', KEY, [{ upsert: { trigger, subjectId, personId, at } }]);
    const items = await tx.query<{ itemId: string; groupId: string }>(
      `select item_id as "itemId", group_id as "groupId" from retention_items
       where tenant_id = $1 and state = 'awaiting' and group_id = any($2::uuid[]) and ($3::uuid is null or coalesce(person_id, sender_id) = $3)
       order by item_id`,
      [tx.tenantId, groups, personId === NOBODY ? null : personId],
    );
    const policies = new Map(
      await Promise.all(groups.map(async (groupId) => [groupId, await findPolicy(tx, groupId)] as const)),
    );
    for (let from = 0; from < items.length; from += PAGE)
      await this.kit.commands.execute(
        tx,
        retention,
        { actor: { kind: 'system', id: TRIGGERS }, correlationId, causationId },
        items.slice(from, from + PAGE).map(({ itemId, groupId }) => {
          const policy = policies.get(groupId);
          const data = { itemId, trigger, startedAt: at, rules: policy ? retentionRules(policy) : [] };
          return { id: itemId, command: { name: 'StartClock', data }, occurredAt };
        }),
      );
  }
}

/** Items told in one statement. */
const PAGE = 1_000;
