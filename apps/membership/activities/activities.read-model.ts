import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** An activity as the read model has it; its name is in the vault. `endsAt` is the planned end, `endedAt` the real one (UTC). */
export interface ActivityRow {
  readonly activityId: string;
  readonly kind: string;
  readonly startsAt: string;
  readonly endsAt: string | null;
  readonly endedAt: string | null;
}

export const activityTable = tenantTable(
  'activities',
  `activity_id uuid not null, kind text not null, starts_at timestamptz not null, ends_at timestamptz, ended_at timestamptz`,
  'activity_id',
);

export const activityProjection = projection<MembershipPayloads>('activities', ['activityId'], {
  ActivityStarted: ({ data: { activityId, kind, startsAt, endsAt } }) => ({
    upsert: { activityId, kind, startsAt, endsAt },
  }),
  ActivityExtended: ({ data: { activityId, endsAt } }) => ({ update: { activityId, endsAt } }),
  ActivityEnded: ({ data: { activityId, endedAt } }) => ({ update: { activityId, endedAt } }),
});

/** These activities, by id; those unknown to the organisation are left out. */
export async function findActivities(
  tx: Transaction,
  activityIds: readonly string[],
): Promise<Map<string, ActivityRow>> {
  const rows = await tx.query<ActivityRow>(
    `select activity_id as "activityId", kind, starts_at as "startsAt", ends_at as "endsAt", ended_at as "endedAt"
     from activities where tenant_id = $1 and activity_id = any($2::uuid[])`,
    [tx.tenantId, activityIds],
  );
  return new Map(rows.map((row) => [row.activityId, row]));
}

/** One activity; undefined when the organisation has none of this id. */
export async function findActivity(tx: Transaction, activityId: string): Promise<ActivityRow | undefined> {
  return (await findActivities(tx, [activityId])).get(activityId);
}
