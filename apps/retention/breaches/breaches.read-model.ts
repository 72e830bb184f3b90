import { covers, type HoldScope } from '#domain';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const BREACH_STATES = ['suggested', 'dismissed', 'open', 'closed'] as const;

/** Breaches and what may be one. How each stands in full follows from its events; what happened, in words, is in the vault. */
export const breachesTable = tenantTable(
  'breaches',
  `breach_id uuid not null, category text not null, state text not null, basis text, group_ids uuid[] not null, person_ids uuid[] not null,
   item_ids uuid[] not null, noticed_at timestamptz not null, as_of timestamptz, due_at timestamptz not null, overdue_at timestamptz,
   closed_at timestamptz, outcome text`,
  'breach_id',
  'noticed_at, breach_id',
);

export const breachesProjection = projection<RetentionPayloads>('breaches', ['breachId'], {
  BreachSuggested: ({ data, recordedAt }) => {
    const { breachId, category, basis, groupIds, personIds, itemIds, decideBy } = data;
    const row = { breachId, category, basis, groupIds, personIds, itemIds };
    return { upsert: { ...row, state: 'suggested', noticedAt: recordedAt, dueAt: decideBy } };
  },
  BreachSuggestionUndecided: ({ data: { breachId, dueAt } }) => ({ update: { breachId, overdueAt: dueAt } }),
  BreachSuggestionDismissed: ({ data: { breachId, reason }, occurredAt }) => ({
    update: { breachId, state: 'dismissed', outcome: reason, closedAt: occurredAt },
  }),
  BreachReported: ({ data }) => {
    const { breachId, category, groupIds, personIds, itemIds, awareAt, happenedAt, dueAt } = data;
    const row = { breachId, category, groupIds, personIds, itemIds, dueAt };
    return {
      upsert: {
        ...row,
        state: 'open',
        noticedAt: awareAt,
        asOf: happenedAt ?? awareAt,
        overdueAt: null,
        closedAt: null,
      },
    };
  },
  RegulatorClockPassed: ({ data: { breachId, dueAt } }) => ({ update: { breachId, overdueAt: dueAt } }),
  BreachClosed: ({ data: { breachId, outcome }, occurredAt }) => ({
    update: { breachId, outcome, state: 'closed', closedAt: occurredAt },
  }),
});

/** One breach, or what may be one; times are ISO 8601 UTC. `dueAt` is the end of the regulator's clock, or of the time to decide on a suggestion. */
export interface BreachRow {
  readonly breachId: string;
  readonly category: RetentionPayloads['BreachReported']['category'];
  readonly state: (typeof BREACH_STATES)[number];
  readonly basis: string | null;
  readonly groupIds: readonly string[];
  readonly personIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly noticedAt: string;
  /** The time for which it is asked who was in the groups; empty for a suggestion. */
  readonly asOf: string | null;
  readonly dueAt: string;
  readonly overdueAt: string | null;
  readonly closedAt: string | null;
  readonly outcome: string | null;
}

const columns = `breach_id as "breachId", category, state, basis, group_ids as "groupIds", person_ids as "personIds", item_ids as "itemIds",
  iso(noticed_at) as "noticedAt", iso(as_of) as "asOf", iso(due_at) as "dueAt", iso(overdue_at) as "overdueAt", iso(closed_at) as "closedAt", outcome`;

/** Breaches by the time they were noticed, from after a given one on. */
export function listBreaches(
  tx: Transaction,
  find: {
    breachId?: string;
    state?: string;
    category?: string;
    groupId?: string;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<BreachRow[]> {
  const { breachId = null, state = null, category = null, groupId = null, after = [null, null], limit } = find;
  return tx.query<BreachRow>(
    `select ${columns} from breaches
     where tenant_id = $1 and ($2::uuid is null or breach_id = $2) and ($3::text is null or state = $3)
       and ($4::text is null or category = $4) and ($5::uuid is null or $5 = any(group_ids))
       and ($6::timestamptz is null or (noticed_at, breach_id) > ($6::timestamptz, $7::uuid))
     order by noticed_at, breach_id limit $8`,
    [tx.tenantId, breachId, state, category, groupId, ...after, limit],
  );
}

/** The open breaches whose recipients a step into or out of a group at this instant (UTC) may change. */
export function breachesSeeing(
  tx: Transaction,
  groupId: string,
  at: string,
): Promise<{ breachId: string; asOf: string }[]> {
  return tx.query(
    `select breach_id as "breachId", iso(as_of) as "asOf" from breaches
     where tenant_id = $1 and state = 'open' and $2 = any(group_ids) and as_of >= $3::timestamptz order by breach_id`,
    [tx.tenantId, groupId, at],
  );
}

/** Which of these items the organisation does not keep. */
export async function unknownItems(tx: Transaction, itemIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ itemId: string }>(
    'select item_id as "itemId" from retention_items where tenant_id = $1 and item_id = any($2::uuid[])',
    [tx.tenantId, itemIds],
  );
  const known = new Set(rows.map(({ itemId }) => itemId));
  return itemIds.filter((id) => !known.has(id));
}

/** The holds in force that cover what a breach is about: one of its items, or by their scope its groups, people and time (BR-61). */
export async function holdsOver(
  tx: Transaction,
  { breachId, groupIds, personIds, itemIds, asOf, noticedAt }: BreachRow,
): Promise<string[]> {
  const onItems = await tx.query<{ holdId: string }>(
    'select distinct hold_id as "holdId" from item_holds where tenant_id = $1 and item_id = any($2::uuid[])',
    [tx.tenantId, itemIds],
  );
  const inForce = await tx.query<{ holdId: string; scope: HoldScope }>(
    'select hold_id as "holdId", scope from holds where tenant_id = $1 and state <> $2',
    [tx.tenantId, 'released'],
  );
  const places = groupIds.length > 0 ? groupIds : [null];
  const about = { people: personIds, incidentId: breachId, startsAt: asOf ?? noticedAt };
  const byScope = inForce.filter(({ scope }) => places.some((groupId) => covers(scope, { ...about, groupId })));
  return [...new Set([...onItems, ...byScope].map(({ holdId }) => holdId))].toSorted();
}
