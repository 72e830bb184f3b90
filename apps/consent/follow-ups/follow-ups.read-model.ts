import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Everything that was to be followed up, and what became of it. */
export const followUpsTable = tenantTable(
  'follow_ups',
  `follow_up_id uuid not null, group_id uuid not null, trigger text not null, channels text[] not null, person_id uuid, mailbox text,
   is_own_word boolean not null default false, since timestamptz not null, due_at timestamptz, state text not null, confirmed_at timestamptz,
   channel text, confirmed_by uuid, reference text, late_by_seconds integer`,
  'follow_up_id',
  'state, follow_up_id',
  'group_id, follow_up_id',
);

export const followUpsProjection = projection<ConsentPayloads>('follow_ups', ['followUpId'], {
  FollowUpDue: ({ occurredAt, data }) => ({ upsert: { ...data, since: occurredAt, state: 'open' } }),
  FollowUpOverdue: ({ data: { followUpId } }) => ({ update: { followUpId, state: 'overdue' } }),
  FollowUpConfirmed: ({ occurredAt, data }) => ({
    update: { ...data, confirmedAt: occurredAt, state: 'confirmed' },
  }),
});

/** One of them; times are ISO 8601 UTC. `personId` is who has to be reached, or to know it. */
export interface FollowUpRow {
  readonly followUpId: string;
  readonly groupId: string;
  readonly trigger: string;
  readonly channels: string[];
  readonly personId: string | null;
  readonly mailbox: string | null;
  readonly isOwnWord: boolean;
  readonly since: string;
  readonly dueAt: string | null;
  readonly state: 'open' | 'overdue' | 'confirmed';
  readonly confirmedAt: string | null;
  readonly channel: string | null;
  readonly confirmedBy: string | null;
  readonly reference: string | null;
  readonly lateBySeconds: number | null;
}

export interface FollowUpFilter {
  readonly followUpId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly personId?: string | undefined;
  readonly trigger?: string | undefined;
  readonly state?: string | undefined;
  readonly after: string | null;
  readonly limit: number;
}

/** Rows by id, from after a given one on. */
export function listFollowUps(tx: Transaction, find: FollowUpFilter): Promise<FollowUpRow[]> {
  return tx.query<FollowUpRow>(
    `select follow_up_id as "followUpId", group_id as "groupId", trigger, channels, person_id as "personId", mailbox, is_own_word as "isOwnWord",
       iso(since) as since, iso(due_at) as "dueAt", state, iso(confirmed_at) as "confirmedAt", channel, confirmed_by as "confirmedBy", reference,
       late_by_seconds as "lateBySeconds"
     from follow_ups
     where tenant_id = $1 and ($2::uuid is null or follow_up_id = $2) and ($3::uuid is null or group_id = $3)
       and ($4::uuid is null or person_id = $4) and ($5::text is null or trigger = $5) and ($6::text is null or state = $6)
       and ($7::uuid is null or follow_up_id > $7)
     order by follow_up_id limit $8`,
    [
      tx.tenantId,
      find.followUpId ?? null,
      find.groupId ?? null,
      find.personId ?? null,
      find.trigger ?? null,
      find.state ?? null,
      find.after,
      find.limit,
    ],
  );
}
