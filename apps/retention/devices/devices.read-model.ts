import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const DEVICE_STATES = ['in_use', 'lost', 'retired'] as const;

/** What people have the groups on, whether it may be searched, and what is done about one that is lost. What tells it apart is in the vault. */
export const devicesTable = tenantTable(
  'devices',
  `device_id uuid not null, person_id uuid not null, kind text not null, registered_at timestamptz not null, state text not null, search text not null,
   lost_at timestamptz, due_at timestamptz, overdue_at timestamptz, group_ids uuid[]`,
  'device_id',
  'person_id, device_id',
);
/** What has to be done about a lost device. */
export const deviceTasksTable = tenantTable(
  'device_tasks',
  'device_id uuid not null, task text not null, done_by uuid, done_at timestamptz, late_by_seconds bigint',
  'device_id, task',
);

export const devicesProjection = projection<RetentionPayloads>('devices', ['deviceId'], {
  DeviceRegistered: ({ data, occurredAt }) => ({
    upsert: { ...data, registeredAt: occurredAt, state: 'in_use', search: 'not_asked' },
  }),
  DeviceSearchAnswered: ({ data: { deviceId, isAllowed } }) => ({
    update: { deviceId, search: isAllowed ? 'allowed' : 'refused' },
  }),
  DeviceRetired: ({ data: { deviceId } }) => ({ update: { deviceId, state: 'retired' } }),
  DeviceLost: ({ data: { deviceId, groupIds, dueAt }, occurredAt }) => ({
    update: { deviceId, groupIds, dueAt, state: 'lost', lostAt: occurredAt, overdueAt: null },
  }),
  DeviceTasksOverdue: ({ data: { deviceId, dueAt } }) => ({ update: { deviceId, overdueAt: dueAt } }),
  DeviceFound: ({ data: { deviceId } }) => ({
    update: { deviceId, state: 'in_use', lostAt: null, dueAt: null, overdueAt: null, groupIds: null },
  }),
});

export const deviceTasksProjection = projection<RetentionPayloads>('device_tasks', ['deviceId', 'task'], {
  DeviceLost: ({ data: { deviceId, tasks } }) =>
    tasks.map((task) => ({ upsert: { deviceId, task, doneBy: null, doneAt: null, lateBySeconds: null } })),
  DeviceTaskDone: ({ data: { deviceId, task, doneBy, lateBySeconds }, occurredAt }) => ({
    update: { deviceId, task, doneBy, doneAt: occurredAt, lateBySeconds },
  }),
});

/** One device; times are ISO 8601 UTC. `groupIds` are those its owner was in when it was lost. */
export interface DeviceRow {
  readonly deviceId: string;
  readonly personId: string;
  readonly kind: 'own' | 'issued';
  readonly registeredAt: string;
  readonly state: (typeof DEVICE_STATES)[number];
  readonly search: 'not_asked' | 'allowed' | 'refused';
  readonly lostAt: string | null;
  readonly dueAt: string | null;
  readonly overdueAt: string | null;
  readonly groupIds: readonly string[] | null;
}

/** Something to be done about a lost device; empty where nobody has. */
export interface DeviceTaskRow {
  readonly task: string;
  readonly doneBy: string | null;
  readonly doneAt: string | null;
  readonly lateBySeconds: number | null;
}

const columns = `device_id as "deviceId", person_id as "personId", kind, iso(registered_at) as "registeredAt", state, search,
  iso(lost_at) as "lostAt", iso(due_at) as "dueAt", iso(overdue_at) as "overdueAt", group_ids as "groupIds"`;

/** Devices in the order of their ids, from after a given one on. */
export function listDevices(
  tx: Transaction,
  find: {
    deviceId?: string;
    personId?: string;
    kind?: string;
    state?: string;
    search?: string;
    after?: string | null;
    limit: number;
  },
): Promise<DeviceRow[]> {
  const { deviceId = null, personId = null, kind = null, state = null, search = null, after = null, limit } = find;
  return tx.query<DeviceRow>(
    `select ${columns} from devices
     where tenant_id = $1 and ($2::uuid is null or device_id = $2) and ($3::uuid is null or person_id = $3) and ($4::text is null or kind = $4)
       and ($5::text is null or state = $5) and ($6::text is null or search = $6) and ($7::uuid is null or device_id > $7)
     order by device_id limit $8`,
    [tx.tenantId, deviceId, personId, kind, state, search, after, limit],
  );
}

/** What has to be done about a device that is or was lost. */
export function tasksAbout(tx: Transaction, deviceId: string): Promise<DeviceTaskRow[]> {
  return tx.query<DeviceTaskRow>(
    `select task, done_by as "doneBy", iso(done_at) as "doneAt", late_by_seconds::float8 as "lateBySeconds" from device_tasks
     where tenant_id = $1 and device_id = $2 order by task`,
    [tx.tenantId, deviceId],
  );
}
