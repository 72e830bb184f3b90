import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Business messages that are owed to a system of record, and those that have got there. Their words are in the vault. */
export const recordsTable = tenantTable(
  'business_records',
  `record_id uuid not null, group_id uuid not null, person_id uuid, sent_at timestamptz not null, due_at timestamptz not null, state text not null,
   topic text, system text, record_class text, item_id uuid, captured_at timestamptz, late_by_seconds bigint, version integer not null`,
  'record_id',
  'due_at, record_id',
  'group_id, due_at, record_id',
  'person_id',
  'item_id',
);

export const recordsProjection = projection<RetentionPayloads>('business_records', ['recordId'], {
  BusinessRecordDue: ({ version, data: { alreadyOverdue, ...data } }) => ({
    upsert: { ...data, state: alreadyOverdue ? 'overdue' : 'owed', version },
  }),
  ImproperUseNoted: ({ version, data: { recordId, topic } }) => ({ update: { recordId, topic, version } }),
  BusinessRecordOverdue: ({ version, data: { recordId } }) => ({ update: { recordId, state: 'overdue', version } }),
  BusinessRecordCaptured: ({ version, occurredAt: capturedAt, data }) => ({
    update: { ...data, state: 'captured', capturedAt, version },
  }),
});

/** The systems that count as one of record. */
export const systemsTable = tenantTable(
  'record_systems',
  'system text not null, approved_at timestamptz not null',
  'system',
);
export const systemsProjection = projection<RetentionPayloads>('record_systems', ['system'], {
  RecordSystemApproved: ({ occurredAt, data: { system } }) => ({ upsert: { system, approvedAt: occurredAt } }),
  RecordSystemWithdrawn: ({ data }) => ({ remove: data }),
});

/** One business message; times are ISO 8601 UTC. */
export interface RecordRow {
  readonly recordId: string;
  readonly groupId: string;
  readonly personId: string | null;
  readonly sentAt: string;
  readonly dueAt: string;
  readonly state: 'owed' | 'overdue' | 'captured';
  readonly topic: string | null;
  readonly system: string | null;
  readonly recordClass: string | null;
  readonly itemId: string | null;
  readonly capturedAt: string | null;
  readonly lateBySeconds: number | null;
  readonly version: number;
}

const columns = `record_id as "recordId", group_id as "groupId", person_id as "personId", iso(sent_at) as "sentAt", iso(due_at) as "dueAt", state, topic,
  system, record_class as "recordClass", item_id as "itemId", iso(captured_at) as "capturedAt", late_by_seconds::float8 as "lateBySeconds", version`;

/** One message by its id; undefined when the organisation has noted none such. */
export async function findRecord(tx: Transaction, recordId: string): Promise<RecordRow | undefined> {
  const [row] = await tx.query<RecordRow>(
    `select ${columns} from business_records where tenant_id = $1 and record_id = $2`,
    [tx.tenantId, recordId],
  );
  return row;
}

/** The business message that this item is the record of; undefined for other items. */
export async function recordOfItem(tx: Transaction, itemId: string): Promise<string | undefined> {
  const [row] = await tx.query<{ recordId: string }>(
    'select record_id as "recordId" from business_records where tenant_id = $1 and item_id = $2',
    [tx.tenantId, itemId],
  );
  return row?.recordId;
}

/** Messages by the time they are owed by, from after a given one on. */
export function listRecords(
  tx: Transaction,
  find: { state?: string; groupId?: string; after?: readonly [string, string] | undefined; limit: number },
): Promise<RecordRow[]> {
  const { state = null, groupId = null, after = [null, null], limit } = find;
  return tx.query<RecordRow>(
    `select ${columns} from business_records
     where tenant_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or group_id = $3)
       and ($4::timestamptz is null or (due_at, record_id) > ($4::timestamptz, $5::uuid))
     order by due_at, record_id limit $6`,
    [tx.tenantId, state, groupId, ...after, limit],
  );
}

/** The approved systems by name. */
export function listSystems(tx: Transaction): Promise<{ system: string; approvedAt: string }[]> {
  return tx.query(
    'select system, iso(approved_at) as "approvedAt" from record_systems where tenant_id = $1 order by system',
    [tx.tenantId],
  );
}
