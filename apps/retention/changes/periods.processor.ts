import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { retention, retentionRules, type ResolvedPolicy } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { IS_OPEN } from '../items/items.read-model.js';
import { oweNotices } from './notices.js';

export const PERIODS = 'retention.periods';
/** Items told in one statement. */
const PAGE = 1_000;

interface Affected {
  readonly itemId: string;
  readonly groupId: string;
  readonly period: string;
}

/**
 * A policy that names another time to keep changes every open item whose time it set, each with an event, and every group concerned
 * must tell its members (BR-60). Items with a time of their own keep it.
 */
@Controller()
export class PeriodsProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), processorId(PERIODS))
  async activated(
    @Payload() event: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
    @Ctx() { tx }: Handling,
  ) {
    for (const [groupType, policy] of Object.entries(event.data.groupTypes))
      await this.change(tx, event, groupType, policy as ResolvedPolicy);
  }

  private async change(
    tx: Transaction,
    { id: causationId, correlationId, occurredAt }: RecordedEvent,
    groupType: string,
    policy: ResolvedPolicy,
  ): Promise<void> {
    const { value: period } = policy.parameters.retention_period;
    if (period === null || period === 'schedule' || period === 'UNSET') return;
    const items = await affectedBy(tx, groupType, period);
    if (items.length === 0) return;
    const cause = { actor: { kind: 'system' as const, id: PERIODS }, correlationId, causationId };
    const rules = retentionRules(policy);
    for (let from = 0; from < items.length; from += PAGE)
      await this.kit.commands.execute(
        tx,
        retention,
        cause,
        items.slice(from, from + PAGE).map(({ itemId }) => ({
          id: itemId,
          command: { name: 'ChangePeriod', data: { itemId, period, rules } },
          occurredAt,
        })),
      );
    const changes = items.map(({ groupId, period: previously }) => ({ groupId, previously, period, rules }));
    await oweNotices(this.kit, tx, cause, occurredAt, changes);
  }
}

/** The open items of groups of this type whose time was the policy's, and is another one now. */
function affectedBy(tx: Transaction, groupType: string, period: string): Promise<Affected[]> {
  return tx.query<Affected>(
    `select i.item_id as "itemId", i.group_id as "groupId", i.period
     from retention_items i join known_groups g on g.tenant_id = i.tenant_id and g.group_id = i.group_id
     where i.tenant_id = $1 and g.group_type = $2 and i.by_policy and i.period <> $3 and ${IS_OPEN}
     order by i.item_id`,
    [tx.tenantId, groupType, period],
  );
}
