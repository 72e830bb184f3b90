import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Messages of chats that are records. */
export const keptTable = tenantTable(
  'kept_messages',
  `item_id uuid not null, group_id uuid not null, capture_id uuid not null, person_id uuid, sent_at timestamptz not null, commitment text not null,
   attachments bigint not null`,
  'item_id',
  'group_id, sent_at, item_id',
  'person_id',
);
export const keptProjection = projection<RetentionPayloads>('kept_messages', ['itemId'], {
  ChatMessageKept: ({ data }) => ({ upsert: data }),
});

/** One message of a chat that is a record. */
export interface KeptRow {
  readonly itemId: string;
  readonly groupId: string;
  readonly captureId: string;
  readonly personId: string | null;
  readonly sentAt: string;
  readonly commitment: string;
  readonly attachments: number;
}

const keptColumns = `item_id as "itemId", group_id as "groupId", capture_id as "captureId", person_id as "personId", iso(sent_at) as "sentAt", commitment,
  attachments::float8 as attachments`;

/** One kept message; undefined when the organisation keeps none such. */
export async function findKept(tx: Transaction, itemId: string): Promise<KeptRow | undefined> {
  const [row] = await tx.query<KeptRow>(
    `select ${keptColumns} from kept_messages where tenant_id = $1 and item_id = $2`,
    [tx.tenantId, itemId],
  );
  return row;
}

/** The kept messages of a group by the time they were sent, from after a given one on. */
export function listKept(
  tx: Transaction,
  {
    groupId = null,
    after = [null, null],
    limit,
  }: { groupId?: string | null; after?: readonly [string, string] | readonly [null, null] | undefined; limit: number },
): Promise<KeptRow[]> {
  return tx.query<KeptRow>(
    `select ${keptColumns} from kept_messages where tenant_id = $1 and ($2::uuid is null or group_id = $2)
       and ($3::timestamptz is null or (sent_at, item_id) > ($3::timestamptz, $4::uuid)) order by sent_at, item_id limit $5`,
    [tx.tenantId, groupId, ...after, limit],
  );
}
