import type { ConsentPayloads, MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** One person in one group. */
export interface Pair {
  readonly groupId: string;
  readonly personId: string;
}

/** Somebody in a group now. `capacity` is null for one a roster shows and nobody let in; instants are ISO 8601 UTC. */
export interface ParticipationRow extends Pair {
  readonly capacity: 'member' | 'guest' | null;
  readonly joinedFor: 'work' | 'private' | null;
  readonly isAdmitted: boolean;
  readonly since: string;
  readonly guestUntil: string | null;
  readonly activityId: string | null;
  readonly removalTaskId: string | null;
}

export const participationTables = [
  tenantTable(
    'participations',
    `group_id uuid not null, person_id uuid not null, present boolean not null, capacity text, joined_for text, is_admitted boolean not null default false,
     admitted_at timestamptz, found_at timestamptz, guest_until timestamptz, activity_id uuid, removal_task_id uuid`,
    'group_id, person_id',
    'person_id',
    'activity_id',
  ),
  // What the consent service has told us, also of consents that hold no more.
  tenantTable(
    'known_consents',
    'group_id uuid not null, person_id uuid not null, scope json not null, since timestamptz not null, withdrawn_at timestamptz, reason text',
    'group_id, person_id',
  ),
];

const gone = { present: false, capacity: null, joinedFor: null, isAdmitted: false, admittedAt: null, foundAt: null };
const noGuest = { guestUntil: null, activityId: null };

export const participations = projection<MembershipPayloads>('participations', ['groupId', 'personId'], {
  MemberAdded: ({ data: { groupId, personId, capacity, joinedFor }, occurredAt }) => ({
    upsert: {
      groupId,
      personId,
      capacity,
      joinedFor: joinedFor ?? null,
      present: true,
      isAdmitted: true,
      admittedAt: occurredAt,
      foundAt: null,
      ...noGuest,
    },
  }),
  MemberFoundInGroup: ({ data: { groupId, personId }, occurredAt }) => ({
    upsert: { groupId, personId, present: true, isAdmitted: false, foundAt: occurredAt },
  }),
  GuestAccessGranted: ({ data: { groupId, personId, until, activityId } }) => ({
    update: { groupId, personId, guestUntil: until, activityId },
  }),
  GuestAccessExtended: ({ data: { groupId, personId, until } }) => ({
    update: { groupId, personId, guestUntil: until },
  }),
  GuestAccessExpired: ({ data: { groupId, personId, until } }) => ({
    update: { groupId, personId, guestUntil: until },
  }),
  RemovalTaskOpened: ({ data: { groupId, personId, taskId } }) => ({
    update: { groupId, personId, removalTaskId: taskId },
  }),
  RemovalTaskCancelled: ({ data: { groupId, personId } }) => ({ update: { groupId, personId, removalTaskId: null } }),
  MemberRemoved: ({ data: { groupId, personId } }) => ({
    update: { groupId, personId, ...gone, ...noGuest, removalTaskId: null },
  }),
  MemberLeftByThemselves: ({ data: { groupId, personId } }) => ({
    update: { groupId, personId, ...gone, ...noGuest, removalTaskId: null },
  }),
});

const COLUMNS = `group_id as "groupId", person_id as "personId", capacity, joined_for as "joinedFor", is_admitted as "isAdmitted",
  coalesce(admitted_at, found_at) as since, guest_until as "guestUntil", activity_id as "activityId", removal_task_id as "removalTaskId"`;

/** Who is in a group now, up to `limit` people after this id, in order of their ids. */
export function listMembers(
  tx: Transaction,
  groupId: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<ParticipationRow[]> {
  return tx.query<ParticipationRow>(
    `select ${COLUMNS} from participations where tenant_id = $1 and group_id = $2 and present and ($3::uuid is null or person_id > $3)
     order by person_id limit $4`,
    [tx.tenantId, groupId, after, limit],
  );
}

/** Everybody in a group now. */
export async function membersOf(tx: Transaction, groupId: string): Promise<string[]> {
  const rows = await tx.query<{ person_id: string }>(
    'select person_id from participations where tenant_id = $1 and group_id = $2 and present',
    [tx.tenantId, groupId],
  );
  return rows.map((row) => row.person_id);
}

/** One person's place in a group; undefined when they are not in it. */
export async function findMember(tx: Transaction, { groupId, personId }: Pair): Promise<ParticipationRow | undefined> {
  const [row] = await tx.query<ParticipationRow>(
    `select ${COLUMNS} from participations where tenant_id = $1 and group_id = $2 and person_id = $3 and present`,
    [tx.tenantId, groupId, personId],
  );
  return row;
}

/** Everybody who is in a group now and is one of these people, is a guest of one of these activities, or is in one of these groups. */
export async function presentAmong(
  tx: Transaction,
  among: {
    readonly personIds: readonly string[];
    readonly activityIds: readonly string[];
    readonly groupIds: readonly string[];
  },
): Promise<ParticipationRow[]> {
  if (Object.values(among).every((ids) => ids.length === 0)) return [];
  return tx.query<ParticipationRow>(
    `select ${COLUMNS} from participations where tenant_id = $1 and present
       and (person_id = any($2::uuid[]) or activity_id = any($3::uuid[]) or group_id = any($4::uuid[])) order by group_id, person_id`,
    [tx.tenantId, among.personIds, among.activityIds, among.groupIds],
  );
}

/** A consent as last heard of: it holds unless it was withdrawn or has run out. Instants are ISO 8601 UTC. */
export interface ConsentRow extends Pair {
  readonly withdrawnAt: string | null;
  readonly reason: ConsentPayloads['ConsentWithdrawn']['reason'] | 'expired' | null;
}

/** What is known of these people's consents to be in these groups; nothing for those who never gave one. */
export async function consentsOf(
  tx: Transaction,
  pairs: readonly Pair[],
): Promise<(pair: Pair) => ConsentRow | undefined> {
  const rows = await tx.query<ConsentRow>(
    `select group_id as "groupId", person_id as "personId", withdrawn_at as "withdrawnAt", reason from known_consents
     join (select distinct * from unnest($2::uuid[], $3::uuid[])) as asked (group_id, person_id) using (group_id, person_id)
     where tenant_id = $1`,
    [tx.tenantId, pairs.map(({ groupId }) => groupId), pairs.map(({ personId }) => personId)],
  );
  const found = new Map(rows.map((row) => [`${row.groupId}:${row.personId}`, row]));
  return ({ groupId, personId }) => found.get(`${groupId}:${personId}`);
}
