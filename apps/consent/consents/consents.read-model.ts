import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What each person said last in each group; what they said before is in the stream. */
export const consentsTable = tenantTable(
  'consents',
  `group_id uuid not null, person_id uuid not null, state text not null default 'unasked', since timestamptz, scope text[], purpose text,
   method text, notice_version text, recorded_by uuid, reason text, notice_presented text, notice_presented_at timestamptz,
   agreement_version text, expires_at timestamptz, activity_id uuid`,
  'group_id, person_id',
  'person_id, group_id',
);

export const consentsProjection = projection<ConsentPayloads>('consents', ['groupId', 'personId'], {
  NoticePresented: ({ occurredAt, data: { groupId, personId, noticeVersion } }) => ({
    upsert: { groupId, personId, noticePresented: noticeVersion, noticePresentedAt: occurredAt },
  }),
  ConsentGiven: ({ occurredAt, data }) => ({
    upsert: {
      agreementVersion: null,
      expiresAt: null,
      activityId: null,
      ...data,
      state: 'given',
      since: occurredAt,
      reason: null,
    },
  }),
  /** The agreement that ended stays beside its end. */
  ConsentRefused: ({ occurredAt, data }) => ({ upsert: { ...data, state: 'refused', since: occurredAt } }),
  ConsentWithdrawn: ({ occurredAt, data }) => ({ upsert: { ...data, state: 'withdrawn', since: occurredAt } }),
  ConsentExpired: ({ data: { groupId, personId, because, expiredAt } }) => ({
    upsert: { groupId, personId, state: 'expired', since: expiredAt, reason: because },
  }),
});

/** A person's standing in a group: `since` is when they said it, `scope` to `recordedBy` are of the latest agreement. Times are ISO 8601 UTC. */
export interface ConsentRow {
  readonly groupId: string;
  readonly personId: string;
  readonly state: 'unasked' | 'given' | 'refused' | 'withdrawn' | 'expired';
  readonly since: string | null;
  readonly scope: string[] | null;
  readonly purpose: string | null;
  readonly method: string | null;
  readonly noticeVersion: string | null;
  readonly recordedBy: string | null;
  readonly reason: string | null;
  readonly noticePresented: string | null;
  readonly noticePresentedAt: string | null;
  /** Of the group's agreement, where one was shown and agreed to with the notice. */
  readonly agreementVersion: string | null;
  /** The end stated for the latest agreement, and the activity it is for, if any. */
  readonly expiresAt: string | null;
  readonly activityId: string | null;
}

/** Rows by group and person, from after a given one on. */
export function listConsents(
  tx: Transaction,
  find: { personId?: string; groupId?: string; after?: readonly [string, string]; limit: number },
): Promise<ConsentRow[]> {
  return tx.query<ConsentRow>(
    `select group_id as "groupId", person_id as "personId", state, iso(since) as since, scope, purpose, method, notice_version as "noticeVersion",
       recorded_by as "recordedBy", reason, notice_presented as "noticePresented", iso(notice_presented_at) as "noticePresentedAt",
       agreement_version as "agreementVersion", iso(expires_at) as "expiresAt", activity_id as "activityId"
     from consents
     where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::uuid is null or person_id = $3)
       and ($4::uuid is null or (group_id, person_id) > ($4::uuid, $5::uuid))
     order by group_id, person_id limit $6`,
    [tx.tenantId, find.groupId ?? null, find.personId ?? null, ...(find.after ?? [null, null]), find.limit],
  );
}
