import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Exceptions and sign-offs: who asked, who said what, and until when it holds. The words are in the vault. */
export const approvalsTable = tenantTable(
  'approvals',
  `approval_id uuid not null, kind text not null, group_id uuid not null, subject text not null, asked_by uuid not null, responsible_id uuid,
   asked_at timestamptz not null, ends_at timestamptz, state text not null, decided_by uuid, decided_at timestamptz, ended_at timestamptz`,
  'approval_id',
  'asked_at, approval_id',
  'group_id, asked_at, approval_id',
  'state, asked_at, approval_id',
  'kind, asked_at, approval_id',
);

export const approvalsProjection = projection<RetentionPayloads>('approvals', ['approvalId'], {
  ApprovalAsked: ({ data: { responsibleId = null, endsAt = null, ...asked }, occurredAt }) => ({
    upsert: { ...asked, responsibleId, endsAt, askedAt: occurredAt, state: 'asked' },
  }),
  ApprovalGiven: ({ data: { approvalId, givenBy }, occurredAt }) => ({
    update: { approvalId, state: 'given', decidedBy: givenBy, decidedAt: occurredAt },
  }),
  ApprovalDeclined: ({ data: { approvalId, declinedBy }, occurredAt }) => ({
    update: { approvalId, state: 'declined', decidedBy: declinedBy, decidedAt: occurredAt },
  }),
  ApprovalEnded: ({ data: { approvalId }, occurredAt }) => ({
    update: { approvalId, state: 'ended', endedAt: occurredAt },
  }),
});

/** One of them; times are ISO 8601 UTC. */
export interface ApprovalRow {
  readonly approvalId: string;
  readonly askedAt: string;
  readonly state: 'asked' | 'given' | 'declined' | 'ended';
}

const columns = `approval_id as "approvalId", kind, group_id as "groupId", subject, asked_by as "askedBy", responsible_id as "responsibleId",
  iso(asked_at) as "askedAt", iso(ends_at) as "endsAt", state, decided_by as "decidedBy", iso(decided_at) as "decidedAt", iso(ended_at) as "endedAt"`;

/** Approvals by the time they were asked for, from after a given one on. */
export function listApprovals(
  tx: Transaction,
  find: {
    approvalId?: string;
    state?: string;
    kind?: string;
    groupId?: string;
    after?: readonly [string, string] | undefined;
    limit: number;
  },
): Promise<ApprovalRow[]> {
  const { approvalId = null, state = null, kind = null, groupId = null, after = [null, null], limit } = find;
  return tx.query<ApprovalRow>(
    `select ${columns} from approvals
     where tenant_id = $1 and ($2::uuid is null or approval_id = $2) and ($3::text is null or state = $3) and ($4::text is null or kind = $4)
       and ($5::uuid is null or group_id = $5) and ($6::timestamptz is null or (asked_at, approval_id) > ($6::timestamptz, $7::uuid))
     order by asked_at, approval_id limit $8`,
    [tx.tenantId, approvalId, state, kind, groupId, ...after, limit],
  );
}
