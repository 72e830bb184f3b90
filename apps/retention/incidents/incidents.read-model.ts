import type { MatterName } from '#domain';
import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What people told us of that is no breach: to whom it goes, by when, and what was done. The words are in the vault. */
export const incidentsTable = tenantTable(
  'incidents',
  `incident_id uuid not null, category text not null, matter text, group_id uuid, person_ids uuid[] not null, recipients text[] not null, steps text[] not null,
   in_order boolean not null, reported_at timestamptz not null, due_at timestamptz not null, overdue_at timestamptz, act_due_at timestamptz, unattended_at timestamptz,
   state text not null, closed_at timestamptz, outcome text`,
  'incident_id',
  'due_at, incident_id',
);
/** Whom of its recipients an incident has reached, and which of its steps were taken; a step left out is not `taken`. */
export const incidentSteps = tenantTable(
  'incident_steps',
  'incident_id uuid not null, name text not null, kind text not null, by_id uuid not null, at timestamptz not null, late_by_seconds bigint',
  'incident_id, kind, name',
);

export const incidentsProjection = projection<RetentionPayloads>('incidents', ['incidentId'], {
  IncidentReported: ({ data, occurredAt }) => {
    const { matter = null, groupId = null, actBy: actDueAt = null, ...reported } = data;
    const row = { ...reported, matter, groupId, actDueAt };
    return { upsert: { ...row, reportedAt: occurredAt, state: 'open' } };
  },
  IncidentOverdue: ({ data: { incidentId, dueAt } }) => ({ update: { incidentId, overdueAt: dueAt } }),
  IncidentUnattended: ({ data: { incidentId, dueAt } }) => ({ update: { incidentId, unattendedAt: dueAt } }),
  IncidentClosed: ({ data: { incidentId, outcome }, occurredAt }) => ({
    update: { incidentId, outcome, state: 'closed', closedAt: occurredAt },
  }),
});

export const incidentStepsProjection = projection<RetentionPayloads>('incident_steps', ['incidentId', 'kind', 'name'], {
  IncidentPassedOn: ({ data: { incidentId, recipient, toldBy, lateBySeconds }, occurredAt }) => ({
    upsert: { incidentId, kind: 'told', name: recipient, byId: toldBy, at: occurredAt, lateBySeconds },
  }),
  IncidentStepTaken: ({ data: { incidentId, step, takenBy, skipped }, occurredAt }) => [
    ...skipped.map((name) => ({
      upsert: { incidentId, kind: 'left_out', name, byId: takenBy, at: occurredAt, lateBySeconds: null },
    })),
    { upsert: { incidentId, kind: 'taken', name: step, byId: takenBy, at: occurredAt, lateBySeconds: null } },
  ],
});

/** One incident; times are ISO 8601 UTC. */
export interface IncidentRow {
  readonly incidentId: string;
  readonly category: string;
  readonly matter: MatterName | null;
  readonly groupId: string | null;
  readonly personIds: readonly string[];
  readonly recipients: readonly string[];
  readonly steps: readonly string[];
  readonly inOrder: boolean;
  readonly reportedAt: string;
  readonly dueAt: string;
  readonly overdueAt: string | null;
  readonly actBy: string | null;
  readonly unattendedAt: string | null;
  readonly state: 'open' | 'closed';
  readonly closedAt: string | null;
  readonly outcome: string | null;
}

/** Somebody told, or a step taken or left out; `byId` is whose word it is. */
export interface DoneRow {
  readonly kind: 'told' | 'taken' | 'left_out';
  readonly name: string;
  readonly byId: string;
  readonly at: string;
  readonly lateBySeconds: number | null;
}

const columns = `incident_id as "incidentId", category, matter, group_id as "groupId", person_ids as "personIds", recipients, steps, in_order as "inOrder",
  iso(reported_at) as "reportedAt", iso(due_at) as "dueAt", iso(overdue_at) as "overdueAt", iso(act_due_at) as "actBy", iso(unattended_at) as "unattendedAt", state, iso(closed_at) as "closedAt", outcome`;

/** Incidents by due time, from after a given one on. */
export function listIncidents(
  tx: Transaction,
  find: {
    incidentId?: string;
    state?: string;
    category?: string;
    groupId?: string;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<IncidentRow[]> {
  const { incidentId = null, state = null, category = null, groupId = null, after = [null, null], limit } = find;
  return tx.query<IncidentRow>(
    `select ${columns} from incidents
     where tenant_id = $1 and ($2::uuid is null or incident_id = $2) and ($3::text is null or state = $3)
       and ($4::text is null or category = $4) and ($5::uuid is null or group_id = $5)
       and ($6::timestamptz is null or (due_at, incident_id) > ($6::timestamptz, $7::uuid))
     order by due_at, incident_id limit $8`,
    [tx.tenantId, incidentId, state, category, groupId, ...after, limit],
  );
}

/** What was done about an incident, in the order of time. */
export function doneAbout(tx: Transaction, incidentId: string): Promise<DoneRow[]> {
  return tx.query<DoneRow>(
    `select kind, name, by_id as "byId", iso(at) as at, late_by_seconds::float8 as "lateBySeconds" from incident_steps
     where tenant_id = $1 and incident_id = $2 order by at, kind, name`,
    [tx.tenantId, incidentId],
  );
}
