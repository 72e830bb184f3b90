import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What is kept, until when, and how far its deletion is. What it is, is in the vault. */
export const itemsTable = tenantTable(
  'retention_items',
  `item_id uuid not null, record_class text not null, starts_at timestamptz not null, period text not null, retain_until timestamptz not null,
   owner_id uuid not null, group_id uuid, person_id uuid, incident_id uuid, by_policy boolean, time_zone text not null, task_id uuid not null, state text not null, version integer not null`,
  'item_id',
  'retain_until, item_id',
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

type State = 'scheduled' | 'held' | 'deletion_due' | 'attested' | 'not_possible';
const becomes =
  (state: State) =>
  ({ version, data: { itemId } }: { version: number; data: { itemId: string } }) => ({
    update: { itemId, state, version },
  });
const stays = ({ version, data: { itemId } }: { version: number; data: { itemId: string } }) => ({
  update: { itemId, version },
});

export const itemsProjection = projection<RetentionPayloads>('retention_items', ['itemId'], {
  RetentionScheduled: ({ version, data: { deletion, byPolicy = false, ...data } }) => ({
    upsert: { ...data, byPolicy, taskId: deletion.taskId, state: 'scheduled', version },
  }),
  RetentionPeriodChanged: ({ version, data: { itemId, period, retainUntil, isOver } }) => ({
    update: { itemId, period, retainUntil, version, ...(isOver ? {} : { state: 'scheduled' }) },
  }),
  ItemOwnerReplaced: ({ version, data: { itemId, ownerId } }) => ({ update: { itemId, ownerId, version } }),
  /** The time is over, and the item stays for the holds that cover it. */
  DeletionBlockedByHold: becomes('held'),
  DeletionTaskOpened: becomes('deletion_due'),
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
  readonly retainUntil: string;
  readonly ownerId: string;
  readonly groupId: string | null;
  readonly personId: string | null;
  readonly incidentId: string | null;
  readonly holdIds: readonly string[];
  readonly taskId: string;
  readonly state: State;
  readonly version: number;
}

const columns = `item_id as "itemId", record_class as "recordClass", iso(starts_at) as "startsAt", period, iso(retain_until) as "retainUntil",
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
       and ($5::timestamptz is null or retain_until <= $5) and ($6::timestamptz is null or (retain_until, item_id) > ($6::timestamptz, $7::uuid))
     order by retain_until, item_id limit $8`,
    [tx.tenantId, state, ownerId, groupId, dueBefore, ...after, limit],
  );
}
