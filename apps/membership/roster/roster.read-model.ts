import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** The newest roster of a group. Instants are ISO 8601 UTC. */
export interface RosterRow {
  readonly groupId: string;
  readonly snapshotId: string;
  readonly takenAt: string;
  readonly seen: readonly string[];
  readonly unknown: number;
}

/** A participant nobody could name; how they look is in the vault while that is open. */
export interface DiscrepancyRow {
  readonly groupId: string;
  readonly entryId: string;
  readonly snapshotId: string;
  readonly foundAt: string;
  readonly dueAt: string;
  readonly state: 'open' | 'overdue' | 'closed';
  readonly overdueAt: string | null;
  readonly closedAt: string | null;
  readonly outcome: 'identified' | 'gone' | null;
  readonly personId: string | null;
}

export const rosterTables = [
  tenantTable(
    'rosters',
    'group_id uuid not null, snapshot_id uuid not null, taken_at timestamptz not null, seen uuid[] not null, unknown integer not null',
    'group_id',
  ),
  tenantTable(
    'roster_discrepancies',
    `group_id uuid not null, entry_id uuid not null, snapshot_id uuid not null, found_at timestamptz not null, due_at timestamptz not null,
     state text not null, overdue_at timestamptz, closed_at timestamptz, outcome text, person_id uuid`,
    'group_id, entry_id',
    'group_id, due_at, entry_id',
  ),
];

const open = { state: 'open', overdueAt: null, closedAt: null, outcome: null, personId: null };

export const rosterProjections = [
  projection<MembershipPayloads>('rosters', ['groupId'], {
    RosterSnapshotRecorded: ({ data: { groupId, snapshotId, takenAt, seen, unknown } }) => ({
      upsert: { groupId, snapshotId, takenAt, seen, unknown },
    }),
  }),
  projection<MembershipPayloads>('roster_discrepancies', ['groupId', 'entryId'], {
    RosterDiscrepancyFound: ({ data: { groupId, entryId, snapshotId, dueAt }, occurredAt }) => ({
      upsert: { groupId, entryId, snapshotId, dueAt, foundAt: occurredAt, ...open },
    }),
    RosterDiscrepancyOverdue: ({ data: { groupId, entryId, dueAt } }) => ({
      update: { groupId, entryId, state: 'overdue', overdueAt: dueAt },
    }),
    RosterDiscrepancyClosed: ({ data: { groupId, entryId, outcome, personId }, occurredAt }) => ({
      update: { groupId, entryId, state: 'closed', closedAt: occurredAt, outcome, personId },
    }),
  }),
];

/** The newest roster of a group; undefined before the first. */
export async function latestRoster(tx: Transaction, groupId: string): Promise<RosterRow | undefined> {
  const [row] = await tx.query<RosterRow>(
    `select group_id as "groupId", snapshot_id as "snapshotId", taken_at as "takenAt", seen, unknown
     from rosters where tenant_id = $1 and group_id = $2`,
    [tx.tenantId, groupId],
  );
  return row;
}

const COLUMNS = `group_id as "groupId", entry_id as "entryId", snapshot_id as "snapshotId", found_at as "foundAt", due_at as "dueAt", state,
  overdue_at as "overdueAt", closed_at as "closedAt", outcome, person_id as "personId"`;

/** Up to `limit` of a group's unknown participants after this due time and id, the most urgent first. */
export function listDiscrepancies(
  tx: Transaction,
  groupId: string,
  find: { state?: string; after?: readonly [dueAt: string, entryId: string]; limit: number },
): Promise<DiscrepancyRow[]> {
  const { state = null, after = [null, null], limit } = find;
  return tx.query<DiscrepancyRow>(
    `select ${COLUMNS} from roster_discrepancies where tenant_id = $1 and group_id = $2 and ($3::text is null or state = $3)
       and ($4::timestamptz is null or (due_at, entry_id) > ($4, $5::uuid)) order by due_at, entry_id limit $6`,
    [tx.tenantId, groupId, state, ...after, limit],
  );
}

/** One of them; undefined when no roster of the group has shown it. */
export async function findDiscrepancy(
  tx: Transaction,
  groupId: string,
  entryId: string,
): Promise<DiscrepancyRow | undefined> {
  const [row] = await tx.query<DiscrepancyRow>(
    `select ${COLUMNS} from roster_discrepancies where tenant_id = $1 and group_id = $2 and entry_id = $3`,
    [tx.tenantId, groupId, entryId],
  );
  return row;
}
