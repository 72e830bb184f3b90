import type { HoldScope } from '#domain';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What must be kept, and until when somebody looks at it again. Why is in the vault. */
export const holdsTable = tenantTable(
  'holds',
  'hold_id uuid not null, scope json not null, state text not null, placed_at timestamptz not null, review_at timestamptz not null, released_at timestamptz, release_reason text',
  'hold_id',
  'placed_at, hold_id',
);

export const holdsProjection = projection<RetentionPayloads>('holds', ['holdId'], {
  HoldPlaced: ({ occurredAt, data }) => ({ upsert: { ...data, state: 'in_force', placedAt: occurredAt } }),
  HoldReviewDue: ({ data: { holdId } }) => ({ update: { holdId, state: 'review_due' } }),
  HoldReviewed: ({ data }) => ({ update: { ...data, state: 'in_force' } }),
  HoldReleased: ({ occurredAt, data: { holdId, reason } }) => ({
    update: { holdId, state: 'released', releasedAt: occurredAt, releaseReason: reason ?? null },
  }),
});

/** One hold; times are ISO 8601 UTC. */
export interface HoldRow {
  readonly holdId: string;
  readonly scope: HoldScope;
  readonly state: 'in_force' | 'review_due' | 'released';
  readonly placedAt: string;
  readonly reviewAt: string;
  readonly releasedAt: string | null;
  readonly releaseReason: RetentionPayloads['HoldReleased']['reason'] | null;
  /** How many items it covers. */
  readonly items: number;
}

const columns = `hold_id as "holdId", scope, state, iso(placed_at) as "placedAt", iso(review_at) as "reviewAt", iso(released_at) as "releasedAt", release_reason as "releaseReason",
  (select count(*)::integer from item_holds i where i.tenant_id = h.tenant_id and i.hold_id = h.hold_id) as items`;

/** One hold by its id; undefined when the organisation has none. */
export async function findHold(tx: Transaction, holdId: string): Promise<HoldRow | undefined> {
  const [row] = await tx.query<HoldRow>(`select ${columns} from holds h where tenant_id = $1 and hold_id = $2`, [
    tx.tenantId,
    holdId,
  ]);
  return row;
}

/** Holds by the time they were placed, from after a given one on. */
export function listHolds(
  tx: Transaction,
  {
    state = null,
    after = [null, null],
    limit,
  }: { state?: string | null; after?: readonly [string, string] | [null, null]; limit: number },
): Promise<HoldRow[]> {
  return tx.query<HoldRow>(
    `select ${columns} from holds h
     where tenant_id = $1 and ($2::text is null or state = $2) and ($3::timestamptz is null or (placed_at, hold_id) > ($3::timestamptz, $4::uuid))
     order by placed_at, hold_id limit $5`,
    [tx.tenantId, state, ...after, limit],
  );
}

const HOLDS = "hashtextextended('rollcall.holds.' || $1::text, 0)";

/**
 * The holds that are not released. Until this transaction ends no hold can be placed: an item that is being taken in and a hold
 * that is being placed could otherwise miss each other.
 */
export async function holdsInForce(tx: Transaction): Promise<{ holdId: string; scope: HoldScope }[]> {
  await tx.query(`select pg_advisory_xact_lock_shared(${HOLDS})`, [tx.tenantId]);
  return tx.query('select hold_id as "holdId", scope from holds where tenant_id = $1 and state <> $2', [
    tx.tenantId,
    'released',
  ]);
}

/** The items a scope covers that are not gone, in order, with the type of their group. Until this transaction ends none can be added. */
export async function itemsCovered(
  tx: Transaction,
  { groupId = null, personId = null, incidentId = null, from = null, to = null }: Nullable<HoldScope>,
): Promise<{ itemId: string; groupType: string | null }[]> {
  await tx.query(`select pg_advisory_xact_lock(${HOLDS})`, [tx.tenantId]);
  return tx.query(
    `select i.item_id as "itemId", g.group_type as "groupType"
     from retention_items i left join known_groups g on g.tenant_id = i.tenant_id and g.group_id = i.group_id
     where i.tenant_id = $1 and i.state not in ('attested', 'not_possible', 'transferred') and ($2::uuid is null or i.group_id = $2)
       and ($3::uuid is null or i.owner_id = $3 or i.person_id = $3) and ($4::uuid is null or i.incident_id = $4)
       and ($5::timestamptz is null or i.starts_at >= $5) and ($6::timestamptz is null or i.starts_at <= $6)
     order by i.item_id`,
    [tx.tenantId, groupId, personId, incidentId, from, to],
  );
}
type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** The items a hold covers, in order, with the type of their group. */
export function itemsUnder(tx: Transaction, holdId: string): Promise<{ itemId: string; groupType: string | null }[]> {
  return tx.query(
    `select h.item_id as "itemId", g.group_type as "groupType"
     from item_holds h join retention_items i on i.tenant_id = h.tenant_id and i.item_id = h.item_id
     left join known_groups g on g.tenant_id = i.tenant_id and g.group_id = i.group_id
     where h.tenant_id = $1 and h.hold_id = $2 order by h.item_id`,
    [tx.tenantId, holdId],
  );
}
