import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const REVIEW_STATES = ['upcoming', 'due', 'overdue'] as const;
export const REVIEW_SUBJECTS = ['policy', 'schedule', 'hold', 'item'] as const;

/** The rules and the times to keep things that are looked at again, by whom and when. */
export const reviewsTable = tenantTable(
  'reviews',
  `review_id uuid not null, subject text not null, profile text not null, policy_version integer not null, owner text, every text not null,
   due_at timestamptz not null, state text not null, reviewed_at timestamptz, reviewed_by uuid, outcome text, late_by_seconds bigint`,
  'review_id',
  'due_at, review_id',
);

export const reviewsProjection = projection<RetentionPayloads>('reviews', ['reviewId'], {
  ReviewScheduled: ({ data: { reviewId, subject, profile, policyVersion, owner, every, dueAt } }) => ({
    upsert: { reviewId, subject, profile, policyVersion, owner: owner ?? null, every, dueAt, state: 'upcoming' },
  }),
  PolicyReviewDue: ({ data: { reviewId } }) => ({ update: { reviewId, state: 'due' } }),
  PolicyReviewOverdue: ({ data: { reviewId } }) => ({ update: { reviewId, state: 'overdue' } }),
  PolicyReviewed: ({ data: { reviewId, owner, dueAt, reviewedBy, outcome, lateBySeconds }, occurredAt }) => ({
    update: {
      reviewId,
      owner: owner ?? null,
      dueAt,
      reviewedBy,
      outcome,
      lateBySeconds,
      state: 'upcoming',
      reviewedAt: occurredAt,
    },
  }),
  ReviewDropped: ({ data: { reviewId } }) => ({ remove: { reviewId } }),
});

/** Something that is to be looked at; times are ISO 8601 UTC. `id` is the review’s, the hold’s or the item’s; what a kind does not have is empty. */
export interface ReviewRow {
  readonly id: string;
  readonly subject: (typeof REVIEW_SUBJECTS)[number];
  readonly state: (typeof REVIEW_STATES)[number];
  readonly dueAt: string;
  readonly profile: string | null;
  readonly policyVersion: number | null;
  readonly owner: string | null;
  readonly every: string | null;
  readonly reviewedAt: string | null;
  readonly reviewedBy: string | null;
  readonly outcome: string | null;
  readonly lateBySeconds: number | null;
}

/** Whatever has to be looked at, of whatever kind: rules and times, holds in force, and items whose end asks for a look. */
const everything = `
  select review_id as id, subject, state, due_at, profile, policy_version, owner, every, reviewed_at, reviewed_by, outcome, late_by_seconds
    from reviews where tenant_id = $1
  union all
  select hold_id, 'hold', case state when 'review_due' then 'due' else 'upcoming' end, review_at, null, null, null, null, null, null, null, null
    from holds where tenant_id = $1 and state <> 'released'
  union all
  select item_id, 'item', 'due', retain_until, null, null, null, null, null, null, null, null
    from retention_items where tenant_id = $1 and state = 'review_due'`;

/** Everything that is to be looked at by due time, from after a given one on. */
export function listReviews(
  tx: Transaction,
  find: { id?: string; state?: string; subject?: string; after?: readonly [string, string]; limit: number },
): Promise<ReviewRow[]> {
  const { id = null, state = null, subject = null, after = [null, null], limit } = find;
  return tx.query<ReviewRow>(
    `select id, subject, state, iso(due_at) as "dueAt", profile, policy_version as "policyVersion", owner, every,
       iso(reviewed_at) as "reviewedAt", reviewed_by as "reviewedBy", outcome, late_by_seconds::float8 as "lateBySeconds"
     from (${everything}) r
     where ($2::uuid is null or id = $2) and ($3::text is null or state = $3) and ($4::text is null or subject = $4)
       and ($5::timestamptz is null or (due_at, id) > ($5::timestamptz, $6::uuid))
     order by due_at, id limit $7`,
    [tx.tenantId, id, state, subject, ...after, limit],
  );
}
