import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { retention, retentionRules, termsOf, type KeepingTerms, type ResolvedPolicy } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import type { Cause, Transaction } from '#eventsourcing';
import { activePolicies, ServiceKit, timeZone } from '#nest';
import { IS_OPEN } from '../items/items.read-model.js';
import { decidingPeriod, keepingTerms } from '../items/period.js';
import { holdTerms, standing } from '../schedules/schedules.read-model.js';
import { oweNotices, type Change } from './notices.js';

export const SCHEDULES = 'retention.schedules';
/** Items looked at and told in one statement. */
const PAGE = 1_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

interface Item {
  readonly itemId: string;
  readonly recordClass: string;
  readonly startsAt: string;
  readonly period: string;
  readonly periodGiven: string | null;
  readonly groupId: string | null;
  readonly personId: string;
}

/**
 * A schedule with other rules changes every open item they bear on, or bore on, each with an event, and every group concerned must
 * tell its members (BR-60). What no rule is left for goes back to the period stated with it, or to its group's policy.
 */
@Controller()
export class SchedulesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'ScheduleAdopted'), processorId(SCHEDULES))
  async adopted(
    @Payload() event: RecordedEvent<'ScheduleAdopted', RetentionPayloads['ScheduleAdopted']>,
    @Ctx() { tx }: Handling,
  ) {
    await holdTerms(tx);
    const policies = await activePolicies(tx);
    const { id: causationId, correlationId, occurredAt } = event;
    const cause = { actor: { kind: 'system' as const, id: SCHEDULES }, correlationId, causationId };
    const changes: Change[] = [];
    let items = await openItems(tx, FIRST);
    while (items.length > 0) {
      changes.push(...(await this.change(tx, cause, occurredAt, items, policies)));
      items = await openItems(tx, items.at(-1)!.itemId);
    }
    await oweNotices(this.kit, tx, cause, occurredAt, changes);
  }

  private async change(
    tx: Transaction,
    cause: Cause,
    occurredAt: string,
    items: readonly Item[],
    policies: ReadonlyMap<string, ResolvedPolicy>,
  ): Promise<Change[]> {
    const zone = await timeZone(tx);
    const { schedule, facts } = await standing(tx);
    const known = await facts(items);
    const wishes = items.flatMap((item, index) => {
      const { groupType = '' } = known[index]!;
      const policy = policies.get(groupType);
      const { recordClass, startsAt, periodGiven } = item;
      const asked = { recordClass, startsAt, ...(periodGiven ? { period: periodGiven } : {}) };
      const terms = keepingTerms(asked, schedule, known[index]!) ?? otherwise(item, policy);
      return terms
        ? [{ item, terms, period: decidingPeriod(terms, zone), rules: policy ? retentionRules(policy) : [] }]
        : [];
    });
    const outcomes = await this.kit.commands.execute(
      tx,
      retention,
      cause,
      wishes.map(({ item: { itemId }, terms, period, rules }) => ({
        id: itemId,
        command: { name: 'ChangePeriod', data: { itemId, period, terms, rules } },
        occurredAt,
      })),
    );
    return wishes.flatMap(({ item: { groupId, period: previously }, period, rules }, index) =>
      outcomes[index]!.events.length > 0 && groupId !== null && period !== previously
        ? [{ groupId, previously, period, rules }]
        : [],
    );
  }
}

/** What an item is kept by where no rule of the schedule bears on it; undefined where nobody says, and it stays as it is. */
function otherwise({ periodGiven, startsAt }: Item, policy: ResolvedPolicy | undefined): KeepingTerms | undefined {
  if (periodGiven !== null) return termsOf({ period: periodGiven, startsAt, byPolicy: false });
  const value = policy?.parameters.retention_period.value ?? 'UNSET';
  return value === 'schedule' || value === 'UNSET' ? undefined : termsOf({ period: value, startsAt, byPolicy: true });
}

/** Up to a page of items that have not come to their end, after this one. */
function openItems(tx: Transaction, after: string): Promise<Item[]> {
  return tx.query<Item>(
    `select item_id as "itemId", record_class as "recordClass", iso(starts_at) as "startsAt", period, period_given as "periodGiven",
       group_id as "groupId", coalesce(person_id, sender_id) as "personId"
     from retention_items where tenant_id = $1 and item_id > $2 and ${IS_OPEN} order by item_id limit ${PAGE}`,
    [tx.tenantId, after],
  );
}
