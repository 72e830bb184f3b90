import type { KeepingRule, ScheduleRule, Trigger } from '#domain';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Every version of an organisation's schedule. */
export const schedulesTable = tenantTable(
  'retention_schedules',
  'number integer not null, schedule_id uuid not null, content_version text not null, adopted_at timestamptz not null, rules json not null',
  'number',
);
export const schedulesProjection = projection<RetentionPayloads>('retention_schedules', ['number'], {
  ScheduleAdopted: ({ occurredAt, data }) => ({ upsert: { ...data, adoptedAt: occurredAt } }),
});

/** What has happened to a group or to somebody in it that a time to keep may run from; the activity a group belongs to. */
export const happenedTables = [
  tenantTable(
    'retention_triggers',
    'trigger text not null, subject_id uuid not null, person_id uuid not null, at timestamptz not null',
    'trigger, subject_id, person_id',
  ),
  tenantTable('group_activities', 'group_id uuid not null, activity_id uuid not null', 'group_id', 'activity_id'),
];
/** In place of a person where something happened to a group as a whole. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

/** One version; times are ISO 8601 UTC. */
export interface ScheduleRow {
  readonly number: number;
  readonly scheduleId: string;
  readonly contentVersion: string;
  readonly adoptedAt: string;
  readonly rules: readonly ScheduleRule[];
}

const columns =
  'number, schedule_id as "scheduleId", content_version as "contentVersion", iso(adopted_at) as "adoptedAt", rules';

/** The schedule in force; undefined where none was adopted. */
export async function currentSchedule(tx: Transaction): Promise<ScheduleRow | undefined> {
  const [row] = await listSchedules(tx, { limit: 1 });
  return row;
}

/** Versions from the newest to the oldest, before a given one. */
export function listSchedules(tx: Transaction, { before, limit }: { before?: number | undefined; limit: number }) {
  return tx.query<ScheduleRow>(
    `select ${columns} from retention_schedules where tenant_id = $1 and ($2::bigint is null or number < $2) order by number desc limit $3`,
    [tx.tenantId, before ?? null, limit],
  );
}

const TERMS = "hashtextextended('rollcall.terms.' || $1::text, 0)";

/** Until this transaction ends nobody counts the time of an item who could miss what is being recorded here, and nobody else records. */
export async function holdTerms(tx: Transaction): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${TERMS})`, [tx.tenantId]);
}

/** What an item is about, as far as its time may run from it. `personId`: whom it is about, else its first owner. */
export interface Concerned {
  readonly groupId?: string | null;
  readonly personId: string;
}

/**
 * What has happened already that the time of an item may run from, and what ever can; the schedule in force. Until this
 * transaction ends nothing is added to it: an item that is being taken in and what happens meanwhile could otherwise miss each other.
 */
export async function standing(tx: Transaction) {
  await tx.query(`select pg_advisory_xact_lock_shared(${TERMS})`, [tx.tenantId]);
  return { schedule: await currentSchedule(tx), facts: (of: readonly Concerned[]) => factsOf(tx, of) };
}

export interface Facts {
  readonly groupType: string | undefined;
  readonly canHappen: readonly Trigger[];
  readonly happened: Readonly<Partial<Record<Trigger, string>>>;
}

/** The facts for each item, in the order asked for. */
async function factsOf(tx: Transaction, items: readonly Concerned[]): Promise<Facts[]> {
  const groups = [...new Set(items.flatMap(({ groupId }) => groupId ?? []))];
  if (groups.length === 0) return items.map(() => ({ groupType: undefined, canHappen: ALONE, happened: {} }));
  const known = await tx.query<{ groupId: string; groupType: string; activityId: string | null }>(
    `select g.group_id as "groupId", g.group_type as "groupType", a.activity_id as "activityId"
     from known_groups g left join group_activities a on a.tenant_id = g.tenant_id and a.group_id = g.group_id
     where g.tenant_id = $1 and g.group_id = any($2::uuid[])`,
    [tx.tenantId, groups],
  );
  const byGroup = new Map(known.map((row) => [row.groupId, row]));
  const subjects = [...groups, ...known.flatMap(({ activityId }) => activityId ?? [])];
  const rows = await tx.query<{ trigger: Trigger; subjectId: string; personId: string; at: string }>(
    `select trigger, subject_id as "subjectId", person_id as "personId", iso(at) as at from retention_triggers
     where tenant_id = $1 and subject_id = any($2::uuid[])`,
    [tx.tenantId, subjects],
  );
  const at = new Map(rows.map((row) => [`${row.trigger} ${row.subjectId} ${row.personId}`, row.at]));
  return items.map(({ groupId, personId }) => {
    const { groupType, activityId = null } = byGroup.get(groupId ?? '') ?? {};
    const when = {
      group_closed: at.get(`group_closed ${groupId} ${NOBODY}`),
      activity_ended: at.get(`activity_ended ${activityId} ${NOBODY}`),
      person_left: at.get(`person_left ${groupId} ${personId}`),
    };
    const happened = Object.fromEntries(Object.entries(when).filter(([, instant]) => instant !== undefined));
    const inGroup: Trigger[] = groupId ? ['group_closed', 'person_left'] : [];
    return {
      groupType,
      canHappen: [...ALONE, ...inGroup, ...(activityId ? (['activity_ended'] as const) : [])],
      happened,
    };
  });
}
const ALONE: readonly Trigger[] = ['sent', 'captured', 'inquiry_ended'];

/** The rules with the instant each one's time began; those whose fact has not happened have none. */
export function begun(
  rules: readonly Omit<KeepingRule, 'startedAt'>[],
  startsAt: string,
  happened: Facts['happened'],
): KeepingRule[] {
  return rules.map((rule) => {
    if (rule.trigger === 'sent' || rule.trigger === 'captured') return { ...rule, startedAt: startsAt };
    const at = happened[rule.trigger];
    // What comes into being after the group closed, or the person left, has its time from then on.
    return at === undefined ? rule : { ...rule, startedAt: at > startsAt ? at : startsAt };
  });
}
