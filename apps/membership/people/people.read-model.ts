import type { MembershipPayloads } from '#events';
import { projection, tenantTable, textArray, type Transaction } from '#eventsourcing';

/**
 * Whom each outside identifier names, by commitment: the value itself is nowhere. The second key is the rule that one
 * identifier names one person, also when two registrations meet.
 */
const linkTable = tenantTable(
  'identity_links',
  `kind text not null, commitment text not null, person_id uuid not null, source text not null, confidence text not null,
   unique (tenant_id, kind, commitment)`,
  'kind, commitment, person_id',
  'person_id',
);
/** The newest statement of each source about each category of a person. */
const statusTable = tenantTable(
  'person_statuses',
  `person_id uuid not null, category text not null, source text not null, status text not null,
   status_from timestamptz not null, reported_at timestamptz not null`,
  'person_id, category, source',
);
/** Categories a person will leave or has left, until taken back. */
const leaveTable = tenantTable(
  'person_leaves',
  'person_id uuid not null, category text not null, leaves_at timestamptz not null, source text not null, is_announced boolean not null',
  'person_id, category',
);
const membershipTable = tenantTable(
  'person_groups',
  'person_id uuid not null, group_id uuid not null, since timestamptz not null',
  'person_id, group_id',
);
export const peopleTables = [linkTable, statusTable, leaveTable, membershipTable];

const links = projection<MembershipPayloads>('identity_links', ['kind', 'commitment', 'personId'], {
  PersonLinked: ({ data }) => ({ upsert: data }),
});

const statuses = projection<MembershipPayloads>('person_statuses', ['personId', 'category', 'source'], {
  PersonStatusSynced: ({ data: { from, ...data } }) => ({ upsert: { ...data, statusFrom: from } }),
});

const leaves = projection<MembershipPayloads>('person_leaves', ['personId', 'category'], {
  LeaverAnnounced: ({ data: { personId, category, leavesAt, source } }) => ({
    upsert: { personId, category, leavesAt, source, isAnnounced: true },
  }),
  LeaverDetected: ({ data: { personId, category, leftAt, source } }) => ({
    upsert: { personId, category, leavesAt: leftAt, source, isAnnounced: false },
  }),
  LeaverRescinded: ({ data: { personId, category } }) => ({ remove: { personId, category } }),
  EligibilityRestored: ({ data: { personId, category } }) => ({ remove: { personId, category } }),
});

const groups = projection<MembershipPayloads>('person_groups', ['personId', 'groupId'], {
  MemberAdded: ({ data: { personId, groupId }, occurredAt }) => ({ upsert: { personId, groupId, since: occurredAt } }),
  MemberFoundInGroup: ({ data: { personId, groupId }, occurredAt }) => ({
    upsert: { personId, groupId, since: occurredAt },
  }),
  MemberRemoved: ({ data: { personId, groupId } }) => ({ remove: { personId, groupId } }),
  MemberLeftByThemselves: ({ data: { personId, groupId } }) => ({ remove: { personId, groupId } }),
});
export const peopleProjections = [links, statuses, leaves, groups];

/** An identifier as it is looked up: its kind and the commitment to its value. */
export interface CommittedLink {
  readonly kind: MembershipPayloads['PersonLinked']['kind'];
  readonly commitment: string;
}

/** Whom an identifier names, and how sure that is. */
export interface Holder {
  readonly personId: string;
  readonly confidence: MembershipPayloads['PersonLinked']['confidence'];
}

/** One text for an identifier, to look it up in `holdersOf`. */
export const linkKey = ({ kind, commitment }: CommittedLink): string => `${kind} ${commitment}`;

/**
 * Whom each of these identifiers names, by `linkKey`; those that name nobody are not in it. Each is looked up by itself: as a plain join, of
 * many at once, it would be planned to read every identifier that the organisation has.
 */
export async function holdersOf(tx: Transaction, wanted: readonly CommittedLink[]): Promise<Map<string, Holder>> {
  const rows = await tx.query<{ nr: string; person_id: string; confidence: Holder['confidence'] }>(
    `select w.nr, l.person_id, l.confidence from unnest($2::text[], $3::text[]) with ordinality as w (kind, commitment, nr)
     cross join lateral (
       select x.person_id, x.confidence from identity_links x
       where x.tenant_id = $1 and x.kind = w.kind and x.commitment = w.commitment offset 0) l`,
    [tx.tenantId, textArray(wanted.map(({ kind }) => kind)), textArray(wanted.map(({ commitment }) => commitment))],
  );
  return new Map(
    rows.map(({ nr, person_id, confidence }) => [
      linkKey(wanted[Number(nr) - 1]!),
      { personId: person_id, confidence },
    ]),
  );
}

/** How a person is known, by which source; the identifiers themselves are not kept. */
export function linksOf(tx: Transaction, personIds: readonly string[]) {
  return tx.query<{ personId: string; kind: string; source: string; confidence: string }>(
    `select person_id as "personId", kind, source, confidence from identity_links
     where tenant_id = $1 and person_id = any($2) order by person_id, kind, commitment`,
    [tx.tenantId, personIds],
  );
}

export interface StatusRow {
  readonly personId: string;
  readonly category: MembershipPayloads['PersonStatusSynced']['category'];
  readonly status: 'active' | 'ended';
  readonly from: string;
  readonly reportedAt: string;
  readonly source: string;
}

/** What each source last said of these people's categories. */
export function statusesOf(tx: Transaction, personIds: readonly string[]): Promise<StatusRow[]> {
  return tx.query<StatusRow>(
    `select person_id as "personId", category, status, status_from as "from", reported_at as "reportedAt", source
     from person_statuses where tenant_id = $1 and person_id = any($2) order by person_id, category, source`,
    [tx.tenantId, personIds],
  );
}

/** The categories these people will leave (`isAnnounced`) or have left. */
export function leavesOf(tx: Transaction, personIds: readonly string[]) {
  return tx.query<{ personId: string; category: string; leavesAt: string; source: string; isAnnounced: boolean }>(
    `select person_id as "personId", category, leaves_at as "leavesAt", source, is_announced as "isAnnounced"
     from person_leaves where tenant_id = $1 and person_id = any($2) order by person_id, category`,
    [tx.tenantId, personIds],
  );
}

/** The groups a person is in, as far as somebody said or saw. */
export function groupsOf(tx: Transaction, personId: string) {
  return tx.query<{ groupId: string; since: string }>(
    'select group_id as "groupId", since from person_groups where tenant_id = $1 and person_id = $2 order by group_id',
    [tx.tenantId, personId],
  );
}
