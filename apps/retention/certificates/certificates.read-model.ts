import type { CertificateContent, DisposedItem } from '#domain';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';
import { IS_OPEN } from '../items/items.read-model.js';

/** Certificates as they were issued; nothing in them changes. */
export const certificatesTable = tenantTable(
  'disposal_certificates',
  'certificate_id uuid not null, issued_at timestamptz not null, content json not null, content_hash text not null',
  'certificate_id',
  'issued_at, certificate_id',
);
export const certificatesProjection = projection<RetentionPayloads>('disposal_certificates', ['certificateId'], {
  CertificateIssued: ({ data: { certificateId, content, contentHash } }) => ({
    upsert: { certificateId, issuedAt: content.issuedAt, content, contentHash },
  }),
});

/** One certificate; times are ISO 8601 UTC. */
export interface CertificateRow {
  readonly certificateId: string;
  readonly issuedAt: string;
  readonly content: CertificateContent;
  readonly contentHash: string;
}

/** Certificates by the time they were issued, from after a given one on; or the one of an id. */
export function listCertificates(
  tx: Transaction,
  find: { certificateId?: string; after?: readonly [string, string]; limit: number },
): Promise<CertificateRow[]> {
  const { certificateId = null, after = [null, null], limit } = find;
  return tx.query<CertificateRow>(
    `select certificate_id as "certificateId", iso(issued_at) as "issuedAt", content, content_hash as "contentHash" from disposal_certificates
     where tenant_id = $1 and ($2::uuid is null or certificate_id = $2) and ($3::timestamptz is null or (issued_at, certificate_id) > ($3::timestamptz, $4::uuid))
     order by issued_at, certificate_id limit $5`,
    [tx.tenantId, certificateId, ...after, limit],
  );
}

/** What a certificate is asked for: items, their tasks, or what ended in a group from one instant to another, that one left out. */
export interface Batch {
  readonly itemIds?: readonly string[];
  readonly taskIds?: readonly string[];
  readonly groupId?: string;
  readonly from?: string;
  readonly to?: string;
}

type Ended = Omit<DisposedItem, 'groupId' | 'schedule' | 'scope' | 'reason'> & {
  readonly isOpen: boolean;
  readonly groupId: string | null;
  readonly schedule: DisposedItem['schedule'] | null;
  readonly scope: DisposedItem['scope'] | null;
  readonly reason: string | null;
};

/** The items of a batch, in order of their ids, with how each ended. Those still open are told apart by `isOpen`. */
export function itemsOf(tx: Transaction, batch: Batch, limit: number): Promise<Ended[]> {
  const { itemIds = null, taskIds = null, groupId = null, from = null, to = null } = batch;
  return tx.query<Ended>(
    `select i.item_id as "itemId", i.task_id as "taskId", i.record_class as "recordClass", i.group_id as "groupId", i.${IS_OPEN} as "isOpen",
       iso(i.starts_at) as "startsAt", iso(i.retain_until) as "expiredAt", i.schedule, i.state as outcome,
       t.scope, t.impossible_because as reason, t.attested_by as "saidBy", iso(t.attested_at) as "saidAt", t.late_by_seconds::float8 as "lateBySeconds"
     from retention_items i left join deletion_tasks t on t.tenant_id = i.tenant_id and t.task_id = i.task_id
     where i.tenant_id = $1 and ($2::uuid[] is null or i.item_id = any($2)) and ($3::uuid[] is null or i.task_id = any($3))
       and ($4::uuid is null or (i.group_id = $4 and not i.${IS_OPEN} and t.attested_at >= $5 and t.attested_at < $6))
     order by i.item_id limit $7`,
    [tx.tenantId, itemIds, taskIds, groupId, from, to, limit],
  );
}

/** An ended item as a certificate names it. */
export function disposed(row: Ended): DisposedItem {
  const { itemId, taskId, recordClass, groupId, startsAt, expiredAt, schedule, outcome, scope, reason } = row;
  const { saidBy, saidAt, lateBySeconds } = row;
  return {
    itemId,
    taskId,
    recordClass,
    startsAt,
    expiredAt,
    outcome,
    saidBy,
    saidAt,
    lateBySeconds,
    ...(groupId ? { groupId } : {}),
    ...(schedule ? { schedule } : {}),
    ...(scope && outcome === 'attested' ? { scope } : {}),
    ...(reason && outcome === 'not_possible' ? { reason } : {}),
  };
}
