import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Who has which role, from membership's news. `scope` is the group's id, or the category of whoever works for the organisation. */
export const roleHoldersTable = tenantTable(
  'role_holders',
  'person_id uuid not null, role text not null, scope text not null, group_id uuid',
  'person_id, role, scope',
  'group_id',
);

/** What people last said about each document; `scope` is the group's id for a document of a group, or `organisation`. */
export const acknowledgementsTable = tenantTable(
  'acknowledgements',
  'person_id uuid not null, document text not null, scope text not null, version text not null, at timestamptz not null',
  'person_id, document, scope',
);

/** The organisation's own wordings, the devices people work on, and checks of understanding with their outcomes. */
export const otherTables = [
  tenantTable(
    'documents',
    'document text not null, version text not null, published_at timestamptz not null',
    'document',
  ),
  tenantTable('own_devices', 'person_id uuid not null, is_used boolean not null', 'person_id'),
  tenantTable(
    'comprehension_checks',
    'check_id uuid not null, role text not null, method text not null, started_at timestamptz not null',
    'check_id',
  ),
  tenantTable(
    'comprehension_outcomes',
    'check_id uuid not null, person_id uuid not null, outcome text not null, at timestamptz not null',
    'check_id, person_id',
  ),
];

export const acknowledgementProjections = [
  projection<ConsentPayloads>('acknowledgements', ['personId', 'document', 'scope'], {
    PolicyAcknowledged: ({ occurredAt, data: { personId, document, version, groupId } }) => ({
      upsert: { personId, document, version, scope: groupId ?? 'organisation', at: occurredAt },
    }),
  }),
  projection<ConsentPayloads>('documents', ['document'], {
    DocumentPublished: ({ occurredAt, data }) => ({ upsert: { ...data, publishedAt: occurredAt } }),
  }),
  projection<ConsentPayloads>('own_devices', ['personId'], { OwnDeviceDeclared: ({ data }) => ({ upsert: data }) }),
  projection<ConsentPayloads>('comprehension_checks', ['checkId'], {
    ComprehensionCheckStarted: ({ occurredAt, data }) => ({ upsert: { ...data, startedAt: occurredAt } }),
  }),
  projection<ConsentPayloads>('comprehension_outcomes', ['checkId', 'personId'], {
    ComprehensionChecked: ({ occurredAt, data }) => ({ upsert: { ...data, at: occurredAt } }),
  }),
];

/** A role of somebody, the type of the group it is in, and what they said about documents there or in the organisation. */
export interface HolderRow {
  readonly personId: string;
  readonly role: string;
  readonly scope: string;
  readonly groupId: string | null;
  readonly groupType: string | null;
  readonly usesOwnDevice: boolean;
  readonly said: Readonly<Record<string, { readonly version: string; readonly at: string }>>;
}

type Place = readonly [personId: string, role: string, scope: string];

/** Who has which role, by person, role and place, from after a given one on; keys of `said` are `document scope`. */
export function listHolders(
  tx: Transaction,
  find: { personId?: string; groupId?: string; after?: Place; limit: number },
): Promise<HolderRow[]> {
  return tx.query<HolderRow>(
    `select h.person_id as "personId", h.role, h.scope, h.group_id as "groupId", g.group_type as "groupType", coalesce(d.is_used, false) as "usesOwnDevice",
       coalesce((select json_object_agg(a.document || ' ' || a.scope, json_build_object('version', a.version, 'at', iso(a.at)))
         from acknowledgements a where a.tenant_id = $1 and a.person_id = h.person_id and a.scope in (h.scope, 'organisation')), '{}') as said
     from role_holders h left join known_groups g on g.tenant_id = $1 and g.group_id = h.group_id
       left join own_devices d on d.tenant_id = $1 and d.person_id = h.person_id
     where h.tenant_id = $1 and ($2::uuid is null or h.person_id = $2) and ($3::uuid is null or h.group_id = $3)
       and ($4::uuid is null or (h.person_id, h.role, h.scope) > ($4::uuid, $5::text, $6::text))
     order by h.person_id, h.role, h.scope limit $7`,
    [tx.tenantId, find.personId ?? null, find.groupId ?? null, ...(find.after ?? [null, null, null]), find.limit],
  );
}

/** Who is in a group as a participant, by id; those who have accepted the version are left out where one is named. */
export async function participantsOf(tx: Transaction, groupId: string, notYet: string | null): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select h.person_id as id from role_holders h
     where h.tenant_id = $1 and h.group_id = $2 and h.role = 'participant' and ($3::text is null or not exists (
       select from acceptances a where a.tenant_id = $1 and a.group_id = $2 and a.person_id = h.person_id and a.version = $3))
     order by h.person_id`,
    [tx.tenantId, groupId, notYet],
  );
  return rows.map(({ id }) => id);
}

/** Who runs a group, by id. */
export async function moderatorsOf(tx: Transaction, groupId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select person_id as id from role_holders where tenant_id = $1 and group_id = $2 and role = 'moderator' order by person_id`,
    [tx.tenantId, groupId],
  );
  return rows.map(({ id }) => id);
}

/** The version of the organisation's own wording of a document; undefined where it has published none. */
export async function ownVersion(tx: Transaction, document: string): Promise<string | undefined> {
  const [row] = await tx.query<{ version: string }>(
    'select version from documents where tenant_id = $1 and document = $2',
    [tx.tenantId, document],
  );
  return row?.version;
}

/** What people said they have read, by person, document and place. */
export function listAcknowledgements(
  tx: Transaction,
  find: { personId?: string; after?: Place; limit: number },
): Promise<{ personId: string; document: string; scope: string; version: string; at: string }[]> {
  return tx.query(
    `select person_id as "personId", document, scope, version, iso(at) as at from acknowledgements
     where tenant_id = $1 and ($2::uuid is null or person_id = $2)
       and ($3::uuid is null or (person_id, document, scope) > ($3::uuid, $4::text, $5::text))
     order by person_id, document, scope limit $6`,
    [tx.tenantId, find.personId ?? null, ...(find.after ?? [null, null, null]), find.limit],
  );
}

/** A check of understanding, and how many were tested with which outcome, of how many in the role. */
export interface CheckRow {
  readonly checkId: string;
  readonly role: string;
  readonly method: string;
  readonly startedAt: string;
  readonly understood: number;
  readonly notUnderstood: number;
  readonly declined: number;
  readonly open: number;
}

/** Checks of understanding, the latest first; the one of an id where it is named. */
export function listChecks(tx: Transaction, checkId?: string): Promise<CheckRow[]> {
  return tx.query<CheckRow>(
    `select c.check_id as "checkId", c.role, c.method, iso(c.started_at) as "startedAt",
       count(*) filter (where o.outcome = 'understood')::int as understood,
       count(*) filter (where o.outcome = 'not_understood')::int as "notUnderstood",
       count(*) filter (where o.outcome = 'declined')::int as declined,
       (select count(distinct h.person_id)::int from role_holders h where h.tenant_id = $1 and h.role = c.role and not exists (
          select from comprehension_outcomes x where x.tenant_id = $1 and x.check_id = c.check_id and x.person_id = h.person_id)) as open
     from comprehension_checks c left join comprehension_outcomes o on o.tenant_id = $1 and o.check_id = c.check_id
     where c.tenant_id = $1 and ($2::uuid is null or c.check_id = $2)
     group by c.check_id, c.role, c.method, c.started_at order by c.started_at desc, c.check_id limit 500`,
    [tx.tenantId, checkId ?? null],
  );
}
