import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** A group as the read model has it; its name and purpose are in the vault. Instants are ISO 8601 UTC. */
export interface GroupRow {
  readonly groupId: string;
  readonly groupType: string;
  readonly official: boolean;
  readonly activityId: string | null;
  readonly endsAt: string | null;
  readonly registeredAt: string;
  readonly closedAt: string | null;
  readonly moderators: readonly { readonly personId: string; readonly kind: string }[];
}

export const groupTables = [
  tenantTable(
    'groups',
    `group_id uuid not null, group_type text not null, official boolean not null, activity_id uuid, ends_at timestamptz,
     registered_at timestamptz not null, closed_at timestamptz`,
    'group_id',
    'activity_id',
  ),
  tenantTable(
    'moderators',
    'group_id uuid not null, person_id uuid not null, kind text not null',
    'group_id, person_id',
    'person_id',
  ),
];

export const groupProjections = [
  projection<MembershipPayloads>('groups', ['groupId'], {
    GroupRegistered: ({ data: { groupId, groupType, official, activityId, endsAt }, occurredAt }) => ({
      upsert: { groupId, groupType, official, activityId, endsAt, registeredAt: occurredAt },
    }),
    GroupClosed: ({ data: { groupId }, occurredAt }) => ({ update: { groupId, closedAt: occurredAt } }),
  }),
  projection<MembershipPayloads>('moderators', ['groupId', 'personId'], {
    GroupRegistered: ({ data: { groupId, admins } }) =>
      admins.map((personId) => ({ upsert: { groupId, personId, kind: 'admin' } })),
    ModeratorAppointed: ({ data: { groupId, personId, kind } }) => ({ upsert: { groupId, personId, kind } }),
    ModeratorStoodDown: ({ data: { groupId, personId } }) => ({ remove: { groupId, personId } }),
  }),
];

const COLUMNS = `group_id as "groupId", group_type as "groupType", official, activity_id as "activityId", ends_at as "endsAt",
  registered_at as "registeredAt", closed_at as "closedAt",
  (select coalesce(json_agg(json_build_object('personId', m.person_id, 'kind', m.kind) order by m.person_id), '[]')
   from moderators m where m.tenant_id = $1 and m.group_id = g.group_id) as moderators`;

/** These groups, by id; those unknown to the organisation are left out. */
export async function findGroups(tx: Transaction, groupIds: readonly string[]): Promise<Map<string, GroupRow>> {
  const rows = await tx.query<GroupRow>(
    `select ${COLUMNS} from groups g where tenant_id = $1 and group_id = any($2::uuid[])`,
    [tx.tenantId, groupIds],
  );
  return new Map(rows.map((row) => [row.groupId, row]));
}

/** Up to `limit` groups after this id, in order of their ids. */
export function listGroups(tx: Transaction, after: string | null, limit: number): Promise<GroupRow[]> {
  return tx.query<GroupRow>(
    `select ${COLUMNS} from groups g where tenant_id = $1 and ($2::uuid is null or group_id > $2) order by group_id limit $3`,
    [tx.tenantId, after, limit],
  );
}

/** Types of the groups that belong to an activity, or have guests who do. */
export async function groupTypesOfActivity(tx: Transaction, activityId: string): Promise<string[]> {
  const rows = await tx.query<{ group_type: string }>(
    `select distinct group_type from groups where tenant_id = $1 and (activity_id = $2 or group_id in
       (select group_id from participations where tenant_id = $1 and activity_id = $2 and present))`,
    [tx.tenantId, activityId],
  );
  return rows.map((row) => row.group_type);
}
