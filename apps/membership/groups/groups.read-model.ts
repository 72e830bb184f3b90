import type { Prerequisite as Asked } from '#domain';
import { Prerequisite, type MembershipPayloads } from '#events';
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

/** Somebody who runs a group, with what is on record of what the policy asks before the role counts. */
export interface RoleRow {
  readonly personId: string;
  readonly kind: string;
  readonly activatedAt: string | null;
  /** When the moderator was to be asked, or is, whether they go on. */
  readonly reaffirmBy: string | null;
  readonly met: readonly Asked[];
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
    'group_id uuid not null, person_id uuid not null, kind text not null, activated_at timestamptz, reaffirm_by timestamptz',
    'group_id, person_id',
    'person_id',
  ),
  tenantTable(
    'moderator_prerequisites',
    'group_id uuid not null, person_id uuid not null, prerequisite text not null, met_at timestamptz not null',
    'group_id, person_id, prerequisite',
  ),
  // When the consent service said that a group has every text it needs, and since when it lacks one again.
  tenantTable(
    'group_texts',
    'group_id uuid not null, complete_since timestamptz not null, incomplete_since timestamptz',
    'group_id',
  ),
];

export const groupProjections = [
  projection<MembershipPayloads>('groups', ['groupId'], {
    GroupRegistered: ({ data: { groupId, groupType, official, activityId, endsAt }, occurredAt }) => ({
      upsert: { groupId, groupType, official, activityId, endsAt, registeredAt: occurredAt },
    }),
    GroupStandingSettled: ({ data: { groupId, standing } }) => ({
      update: { groupId, official: standing === 'official' },
    }),
    GroupClosed: ({ data: { groupId }, occurredAt }) => ({ update: { groupId, closedAt: occurredAt } }),
  }),
  projection<MembershipPayloads>('moderators', ['groupId', 'personId'], {
    GroupRegistered: ({ data: { groupId, admins } }) =>
      admins.map((personId) => ({ upsert: { groupId, personId, kind: 'admin' } })),
    ModeratorAppointed: ({ data: { groupId, personId, kind } }) => ({ upsert: { groupId, personId, kind } }),
    ModeratorActivated: ({ data: { groupId, personId, reaffirmBy = null }, occurredAt }) => ({
      update: { groupId, personId, activatedAt: occurredAt, reaffirmBy },
    }),
    ModeratorReaffirmed: ({ data: { groupId, personId, reaffirmBy = null } }) => ({
      update: { groupId, personId, reaffirmBy },
    }),
    ModeratorStoodDown: ({ data: { groupId, personId } }) => ({ remove: { groupId, personId } }),
  }),
  projection<MembershipPayloads>('moderator_prerequisites', ['groupId', 'personId', 'prerequisite'], {
    ModeratorPrerequisiteMet: ({ data, occurredAt }) => ({ upsert: { ...data, metAt: occurredAt } }),
    ModeratorStoodDown: ({ data: { groupId, personId } }) =>
      Prerequisite.enum.map((prerequisite) => ({ remove: { groupId, personId, prerequisite } })),
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
export function listGroups(
  tx: Transaction,
  { after, limit }: { after: string | null; limit: number },
): Promise<GroupRow[]> {
  return tx.query<GroupRow>(
    `select ${COLUMNS} from groups g where tenant_id = $1 and ($2::uuid is null or group_id > $2) order by group_id limit $3`,
    [tx.tenantId, after, limit],
  );
}

/** Whether a group has ever had all the texts its policy asks for, as far as the consent service has told us. */
export async function hasTexts(tx: Transaction, groupId: string): Promise<boolean> {
  const rows = await tx.query('select 1 from group_texts where tenant_id = $1 and group_id = $2', [
    tx.tenantId,
    groupId,
  ]);
  return rows.length > 0;
}

/** Who runs a group, with what is on record of each. */
export function rolesIn(tx: Transaction, groupId: string): Promise<RoleRow[]> {
  return tx.query<RoleRow>(
    `select person_id as "personId", kind, activated_at as "activatedAt", reaffirm_by as "reaffirmBy",
       (select coalesce(json_agg(p.prerequisite order by p.prerequisite), '[]') from moderator_prerequisites p
        where p.tenant_id = $1 and p.group_id = m.group_id and p.person_id = m.person_id) as met
     from moderators m where tenant_id = $1 and group_id = $2 order by person_id`,
    [tx.tenantId, groupId],
  );
}

/** Groups that one of these people runs. */
export async function groupsRunBy(tx: Transaction, personIds: readonly string[]) {
  return tx.query<{ groupId: string; personId: string; kind: string }>(
    `select group_id as "groupId", person_id as "personId", kind from moderators where tenant_id = $1 and person_id = any($2)
     order by group_id, person_id`,
    [tx.tenantId, personIds],
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
