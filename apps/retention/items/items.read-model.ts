import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What waits has no end yet and comes last. */
export const NEVER = '2200-12-31T00:00:00.000Z';
const END = "coalesce(retain_until, '2200-12-31 00:00:00+00'::timestamptz)";

/** What is kept, until when, and how far its deletion is. What it is, is in the vault. */
export const itemsTable = tenantTable(
  'retention_items',
  `item_id uuid not null, record_class text not null, starts_at timestamptz not null, period text not null, retain_until timestamptz,
   owner_id uuid not null, sender_id uuid not null, group_id uuid, person_id uuid, incident_id uuid, by_policy boolean, period_given text, schedule json, time_zone text not null, task_id uuid not null, state text not null, version integer not null`,
  'item_id',
  `(${END}), item_id`,
  'owner_id, retain_until, item_id',
  'group_id, retain_until, item_id',
  'task_id',
);

/** Which holds cover which items. */
export const itemHoldsTable = tenantTable(
  'item_holds',
  'item_id uuid not null, hold_id uuid not null',
  'item_id, hold_id',
  'hold_id, item_id',
);
export const itemHoldsProjection = projection<RetentionPayloads>('item_holds', ['itemId', 'holdId'], {
  ItemHeld: ({ data }) => ({ upsert: data }),
  ItemHoldLifted: ({ data }) => ({ remove: data }),
});

type State =
  | 'awaiting'
  | 'scheduled'
  | 'held'
  | 'deletion_due'
  | 'review_due'
  | 'transfer_due'
  | 'attested'
  | 'not_possible'
  | 'transferred';
/** Of items that have not come to their end; for the where of a query. */
export const IS_OPEN = "state not in ('attested', 'not_possible', 'transferred')";
const becomes =
  (state: State) =>
  ({ version, data: { itemId } }: { version: number; data: { itemId: string } }) => ({
    update: { itemId, state, version },
  });
const stays = ({ version, data: { itemId } }: { version: number; data: { itemId: string } }) => ({
  update: { itemId, version },
});

type Taken = RetentionPayloads['RetentionAwaited'] | RetentionPayloads['RetentionScheduled'];
/** A new item; the period stated with it is what remains its own when the rules of a schedule change. */
const taken =
  (state: State) =>
  ({ version, data: { deletion, byPolicy = false, terms, ...data } }: { version: number; data: Taken }) => ({
    upsert: {
      ...data,
      // Whoever owned it first: what runs from their leaving does so whoever takes it over.
      senderId: data.ownerId,
      byPolicy,
      periodGiven: terms
        ? (terms.rules.find(({ from }) => from === 'item')?.period ?? null)
        : byPolicy
          ? null
          : data.period,
      schedule: terms?.schedule ?? null,
      taskId: deletion.taskId,
      state,
      version,
    },
  });
/** Its time, where it is known; where it is not, it waits. */
const isTimed = (retainUntil: string | undefined) => ({
  retainUntil: retainUntil ?? null,
  state: retainUntil === undefined ? ('awaiting' as const) : ('scheduled' as const),
});

export const itemsProjection = projection<RetentionPayloads>('retention_items', ['itemId'], {
  RetentionScheduled: taken('scheduled'),
  RetentionAwaited: taken('awaiting'),
  RetentionClockStarted: ({ version, data: { itemId, period, retainUntil } }) => ({
    update: { itemId, period, ...isTimed(retainUntil), version },
  }),
  RetentionPeriodChanged: ({ version, data: { itemId, period, retainUntil, isOver, terms } }) => ({
    update: {
      itemId,
      period,
      schedule: terms?.schedule ?? null,
      byPolicy: terms?.rules.some(({ from }) => from === 'policy') ?? true,
      version,
      ...(isOver ? { retainUntil } : isTimed(retainUntil)),
    },
  }),
  ItemOwnerReplaced: ({ version, data: { itemId, ownerId } }) => ({ update: { itemId, ownerId, version } }),
  /** The time is over, and the item stays for the holds that cover it. */
  DeletionBlockedByHold: becomes('held'),
  DeletionTaskOpened: becomes('deletion_due'),
  ReviewOpened: becomes('review_due'),
  TransferOpened: becomes('transfer_due'),
  ReviewDecided: ({ version, data: { itemId, keepUntil } }) => ({
    update: { itemId, version, ...(keepUntil ? isTimed(keepUntil) : {}) },
  }),
  ItemTransferred: becomes('transferred'),
  DeletionAttested: becomes('attested'),
  DeletionNotPossible: becomes('not_possible'),
  RetentionExpired: stays,
  ItemHeld: stays,
  ItemHoldLifted: stays,
  DeletionTaskCancelled: stays,
  DeletionReminderDue: stays,
  DeletionOverdue: stays,
  DeletionAttestationRefused: stays,
});

/** One item; times are ISO 8601 UTC. `taskId` is the task its deletion will be, whether it is open yet or not. */
export interface ItemRow {
  readonly itemId: string;
  readonly recordClass: string;
  readonly startsAt: string;
  readonly period: string;
  /** Empty while it waits for what its time runs from. */
  readonly retainUntil: string | null;
  readonly schedule: { readonly number: number; readonly contentVersion: string } | null;
  readonly ownerId: string;
  readonly groupId: string | null;
  readonly personId: string | null;
  readonly incidentId: string | null;
  readonly holdIds: readonly string[];
  readonly taskId: string;
  readonly state: State;
  readonly version: number;
}

const columns = `item_id as "itemId", record_class as "recordClass", iso(starts_at) as "startsAt", period, iso(retain_until) as "retainUntil", schedule,
  owner_id as "ownerId", group_id as "groupId", person_id as "personId", incident_id as "incidentId",
  array(select h.hold_id::text from item_holds h where h.tenant_id = i.tenant_id and h.item_id = i.item_id order by h.hold_id) as "holdIds",
  task_id as "taskId", state, version`;

/** One item by its id; undefined when the organisation has none. */
export async function findItem(tx: Transaction, itemId: string): Promise<ItemRow | undefined> {
  const [row] = await tx.query<ItemRow>(
    `select ${columns} from retention_items i where tenant_id = $1 and item_id = $2`,
    [tx.tenantId, itemId],
  );
  return row;
}

/** The item that a deletion task is about, open or not; undefined when the organisation has none. */
export async function findItemOfTask(tx: Transaction, taskId: string): Promise<ItemRow | undefined> {
  const [row] = await tx.query<ItemRow>(
    `select ${columns} from retention_items i where tenant_id = $1 and task_id = $2`,
    [tx.tenantId, taskId],
  );
  return row;
}

/** Items by the end of their time, from after a given one on. `dueBefore`: that end is at this instant at the latest. */
export function listItems(
  tx: Transaction,
  find: {
    state?: string;
    ownerId?: string;
    groupId?: string;
    dueBefore?: string;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<ItemRow[]> {
  const { state = null, ownerId = null, groupId = null, dueBefore = null, after = [null, null], limit } = find;
  return tx.query<ItemRow>(
    `select ${columns} from retention_items i
     where tenant_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or owner_id = $3) and ($4::uuid is null or group_id = $4)
       and ($5::timestamptz is null or retain_until <= $5)
       and ($6::timestamptz is null or (${END}, item_id) > ($6::timestamptz, $7::uuid))
     order by ${END}, item_id limit $8`,
    [tx.tenantId, state, ownerId, groupId, dueBefore, ...after, limit],
  );
}
