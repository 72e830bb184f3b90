import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Which groups' members must be told of a changed time, by when, and when they were. */
export const noticesTable = tenantTable(
  'retention_notices',
  `notice_id uuid not null, group_id uuid not null, previously text not null, period text not null, owed_at timestamptz not null,
   due_at timestamptz not null, state text not null, told_at timestamptz, late_by_seconds bigint`,
  'notice_id',
  'due_at, notice_id',
);

export const noticesProjection = projection<RetentionPayloads>('retention_notices', ['noticeId'], {
  RetentionNoticeOwed: ({ occurredAt, data }) => ({ upsert: { ...data, owedAt: occurredAt, state: 'owed' } }),
  RetentionNoticeOverdue: ({ data: { noticeId } }) => ({ update: { noticeId, state: 'overdue' } }),
  RetentionChangeNotified: ({ occurredAt, data: { noticeId, lateBySeconds } }) => ({
    update: { noticeId, state: 'told', toldAt: occurredAt, lateBySeconds },
  }),
});

/** One notice; times are ISO 8601 UTC. */
export interface NoticeRow {
  readonly noticeId: string;
  readonly groupId: string;
  readonly previously: string;
  readonly period: string;
  readonly owedAt: string;
  readonly dueAt: string;
  readonly state: 'owed' | 'overdue' | 'told';
  readonly toldAt: string | null;
  readonly lateBySeconds: number | null;
}

const columns = `notice_id as "noticeId", group_id as "groupId", previously, period, iso(owed_at) as "owedAt", iso(due_at) as "dueAt", state,
  iso(told_at) as "toldAt", late_by_seconds::float8 as "lateBySeconds"`;

/** Notices by due time, from after a given one on. */
export function listNotices(
  tx: Transaction,
  find: { state?: string; groupId?: string; noticeId?: string; after?: readonly [string, string]; limit: number },
): Promise<NoticeRow[]> {
  const { state = null, groupId = null, noticeId = null, after = [null, null], limit } = find;
  return tx.query<NoticeRow>(
    `select ${columns} from retention_notices
     where tenant_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or group_id = $3) and ($4::uuid is null or notice_id = $4)
       and ($5::timestamptz is null or (due_at, notice_id) > ($5::timestamptz, $6::uuid))
     order by due_at, notice_id limit $7`,
    [tx.tenantId, state, groupId, noticeId, ...after, limit],
  );
}
