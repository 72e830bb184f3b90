import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** The agreement of each group, when it last went round and when it has to go round again. */
export const agreementsTable = tenantTable(
  'agreements',
  'group_id uuid not null, version text not null, published_at timestamptz not null, circulated_at timestamptz, circulate_by timestamptz, state text not null',
  'group_id',
);

/** Who accepted which version, when and how. */
export const acceptancesTable = tenantTable(
  'acceptances',
  'group_id uuid not null, person_id uuid not null, version text not null, accepted_at timestamptz not null, how text not null',
  'group_id, person_id, version',
);

/** What newcomers, and groups that start, are owed or were sent. `recipient` is the person's id, or `group` for a group's start. */
export const briefingsTable = tenantTable(
  'briefings',
  `group_id uuid not null, recipient text not null, state text not null, owed text[] not null, due_at timestamptz not null, sent_at timestamptz,
   channel text, welcome_version text, agreement_version text, parts text[], late_by_seconds integer`,
  'group_id, recipient',
  'state, due_at',
);

export const agreementsProjection = projection<ConsentPayloads>('agreements', ['groupId'], {
  AgreementPublished: ({ occurredAt, data: { groupId, version, circulateBy = null } }) => ({
    upsert: { groupId, version, publishedAt: occurredAt, circulateBy, state: 'current' },
  }),
  AgreementCirculated: ({ occurredAt, data: { groupId, circulateBy = null } }) => ({
    update: { groupId, circulatedAt: occurredAt, circulateBy, state: 'current' },
  }),
  AgreementCirculationDue: ({ data: { groupId } }) => ({ update: { groupId, state: 'due' } }),
  AgreementEnded: ({ data: { groupId } }) => ({ update: { groupId, state: 'ended', circulateBy: null } }),
});

export const acceptancesProjection = projection<ConsentPayloads>('acceptances', ['groupId', 'personId', 'version'], {
  AgreementAccepted: ({ occurredAt, data }) => ({ upsert: { ...data, acceptedAt: occurredAt } }),
});

const recipientOf = ({ groupId, personId = 'group' }: { groupId: string; personId?: string }) => ({
  groupId,
  recipient: personId,
});

const NOT_SENT = {
  sentAt: null,
  channel: null,
  welcomeVersion: null,
  agreementVersion: null,
  parts: null,
  lateBySeconds: null,
};

export const briefingsProjection = projection<ConsentPayloads>('briefings', ['groupId', 'recipient'], {
  WelcomeDue: ({ data }) => ({
    upsert: { ...recipientOf(data), state: 'owed', owed: data.owed, dueAt: data.dueAt, ...NOT_SENT },
  }),
  WelcomeOverdue: ({ data }) => ({ update: { ...recipientOf(data), state: 'overdue' } }),
  WelcomeSent: ({ occurredAt, data: { groupId, personId, ...sent } }) => ({
    update: {
      ...NOT_SENT,
      ...sent,
      groupId,
      recipient: personId ?? 'group',
      state: 'sent',
      sentAt: occurredAt,
    },
  }),
  WelcomeNoLongerDue: ({ data }) => ({ update: { ...recipientOf(data), state: 'called_off' } }),
});

/** An agreement: `due` when it should have gone round again. Times are ISO 8601 UTC. */
export interface AgreementRow {
  readonly groupId: string;
  readonly textVersion: string;
  readonly state: 'current' | 'due' | 'ended';
  readonly publishedAt: string;
  readonly circulatedAt: string | null;
  readonly circulateBy: string | null;
}

/** The agreements of the organisation by group, or the one of a group. */
export function listAgreements(
  tx: Transaction,
  find: { groupId?: string; state?: string; after?: string; limit: number },
): Promise<AgreementRow[]> {
  return tx.query<AgreementRow>(
    `select group_id as "groupId", version as "textVersion", state, iso(published_at) as "publishedAt", iso(circulated_at) as "circulatedAt",
       iso(circulate_by) as "circulateBy"
     from agreements where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::text is null or state = $3)
       and ($4::uuid is null or group_id > $4) order by group_id limit $5`,
    [tx.tenantId, find.groupId ?? null, find.state ?? null, find.after ?? null, find.limit],
  );
}

/** The version of the agreement that holds in a group; undefined where none was published. */
export async function agreementVersion(tx: Transaction, groupId: string): Promise<string | undefined> {
  return (await listAgreements(tx, { groupId, limit: 1 }))[0]?.textVersion;
}

/** Somebody's acceptance of a version. */
export interface AcceptanceRow {
  readonly groupId: string;
  readonly personId: string;
  readonly textVersion: string;
  readonly acceptedAt: string;
  readonly how: string;
}

/** Who accepted what in a group, by person and version. */
export function listAcceptances(
  tx: Transaction,
  find: { groupId: string; personId?: string; after?: readonly [string, string]; limit: number },
): Promise<AcceptanceRow[]> {
  return tx.query<AcceptanceRow>(
    `select group_id as "groupId", person_id as "personId", version as "textVersion", iso(accepted_at) as "acceptedAt", how
     from acceptances where tenant_id = $1 and group_id = $2 and ($3::uuid is null or person_id = $3)
       and ($4::uuid is null or (person_id, version) > ($4::uuid, $5::text))
     order by person_id, version limit $6`,
    [tx.tenantId, find.groupId, find.personId ?? null, ...(find.after ?? [null, null]), find.limit],
  );
}

/** What is owed to, or was sent to, a person; to the group at its start where there is no person. */
export interface BriefingRow {
  readonly groupId: string;
  readonly recipient: string;
  readonly state: 'owed' | 'overdue' | 'sent' | 'called_off';
  readonly owed: string[];
  readonly dueAt: string;
  readonly sentAt: string | null;
  readonly channel: string | null;
  readonly welcomeVersion: string | null;
  readonly agreementVersion: string | null;
  readonly parts: string[] | null;
  readonly lateBySeconds: number | null;
}

/** Briefings by due time. */
export function listBriefings(
  tx: Transaction,
  find: {
    groupId?: string;
    recipient?: string;
    state?: string;
    after?: readonly [string, string, string];
    limit: number;
  },
): Promise<BriefingRow[]> {
  return tx.query<BriefingRow>(
    `select group_id as "groupId", recipient, state, owed, iso(due_at) as "dueAt", iso(sent_at) as "sentAt", channel,
       welcome_version as "welcomeVersion", agreement_version as "agreementVersion", parts, late_by_seconds as "lateBySeconds"
     from briefings where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::text is null or recipient = $3)
       and ($4::text is null or state = $4)
       and ($5::timestamptz is null or (due_at, group_id, recipient) > ($5::timestamptz, $6::uuid, $7::text))
     order by due_at, group_id, recipient limit $8`,
    [
      tx.tenantId,
      find.groupId ?? null,
      find.recipient ?? null,
      find.state ?? null,
      ...(find.after ?? [null, null, null]),
      find.limit,
    ],
  );
}
