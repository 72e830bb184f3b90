import type { RetentionPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Who has to delete what by when, and what they said of it. */
export const deletionTasksTable = tenantTable(
  'deletion_tasks',
  `task_id uuid not null, item_id uuid not null, kind text not null, owner_id uuid not null, state text not null, opened_at timestamptz not null,
   due_at timestamptz not null, remind_at timestamptz, reminded_at timestamptz, overdue_at timestamptz, already_overdue boolean not null,
   scope text, impossible_because text, decision text, decided_because text, attested_by uuid, attested_at timestamptz, late_by_seconds bigint`,
  'task_id',
  'state, due_at, task_id',
  'owner_id, due_at, task_id',
);

type Opened = { occurredAt: string; data: RetentionPayloads['DeletionTaskOpened'] };
/** Opened anew, after a hold or a review, it is as if nothing had been said of it. */
const opened =
  (kind: 'delete' | 'review' | 'transfer') =>
  ({ occurredAt, data }: Opened) => ({
    upsert: {
      ...data,
      kind,
      remindAt: data.remindAt ?? null,
      state: 'open',
      openedAt: occurredAt,
      remindedAt: null,
      overdueAt: null,
      attestedBy: null,
      attestedAt: null,
      lateBySeconds: null,
    },
  });

export const deletionTasksProjection = projection<RetentionPayloads>('deletion_tasks', ['taskId'], {
  DeletionTaskOpened: opened('delete'),
  ReviewOpened: opened('review'),
  TransferOpened: opened('transfer'),
  ReviewDecided: ({ occurredAt, data: { taskId, decision, reason, decidedBy, lateBySeconds } }) => ({
    update: {
      taskId,
      state: 'decided',
      decision,
      decidedBecause: reason,
      attestedBy: decidedBy,
      attestedAt: occurredAt,
      lateBySeconds,
    },
  }),
  ItemTransferred: ({ occurredAt, data: { taskId, transferredBy, lateBySeconds } }) => ({
    update: { taskId, state: 'transferred', attestedBy: transferredBy, attestedAt: occurredAt, lateBySeconds },
  }),
  DeletionBlockedByHold: ({ data: { taskId } }) => (taskId ? { update: { taskId, state: 'on_hold' } } : []),
  DeletionTaskCancelled: ({ data: { taskId } }) => ({ update: { taskId, state: 'cancelled' } }),
  ItemOwnerReplaced: ({ data: { taskId, ownerId } }) => ({ update: { taskId, ownerId } }),
  DeletionNotPossible: ({ occurredAt, data: { taskId, reason, statedBy, lateBySeconds } }) => ({
    update: {
      taskId,
      state: 'not_possible',
      impossibleBecause: reason,
      attestedBy: statedBy,
      attestedAt: occurredAt,
      lateBySeconds,
    },
  }),
  DeletionReminderDue: ({ occurredAt, data: { taskId } }) => ({ update: { taskId, remindedAt: occurredAt } }),
  DeletionOverdue: ({ occurredAt, data: { taskId } }) => ({
    update: { taskId, state: 'overdue', overdueAt: occurredAt },
  }),
  /** Never "deleted": nobody can know more than the owner's word (BR-35). */
  DeletionAttested: ({ occurredAt, data: { taskId, scope, attestedBy, lateBySeconds } }) => ({
    update: { taskId, state: 'attested', scope, attestedBy, attestedAt: occurredAt, lateBySeconds },
  }),
});

/** One task with what its item says; times are ISO 8601 UTC. `openedAt` is when deletion became owed. */
export interface TaskRow {
  readonly taskId: string;
  readonly itemId: string;
  readonly recordClass: string;
  readonly groupId: string | null;
  /** What its owner is asked for at the end of the item's time. */
  readonly kind: 'delete' | 'review' | 'transfer';
  readonly ownerId: string;
  readonly state:
    | 'open'
    | 'overdue'
    | 'on_hold'
    | 'cancelled'
    | 'decided'
    | 'attested'
    | 'not_possible'
    | 'transferred';
  readonly openedAt: string;
  readonly dueAt: string;
  readonly remindAt: string | null;
  readonly remindedAt: string | null;
  readonly overdueAt: string | null;
  readonly alreadyOverdue: boolean;
  readonly scope: string | null;
  readonly impossibleBecause: string | null;
  /** What was decided when it was reviewed, and for what kind of reason. */
  readonly decision: 'delete' | 'keep' | null;
  readonly decidedBecause: string | null;
  /** Whose word it is, that it is gone or that it cannot go. */
  readonly attestedBy: string | null;
  readonly attestedAt: string | null;
  readonly lateBySeconds: number | null;
}

const tasks = `select t.task_id as "taskId", t.item_id as "itemId", i.record_class as "recordClass", i.group_id as "groupId", t.kind,
    t.decision, t.decided_because as "decidedBecause", t.owner_id as "ownerId", t.state, iso(t.opened_at) as "openedAt", iso(t.due_at) as "dueAt", iso(t.remind_at) as "remindAt",
    iso(t.reminded_at) as "remindedAt", iso(t.overdue_at) as "overdueAt", t.already_overdue as "alreadyOverdue", t.scope, t.impossible_because as "impossibleBecause",
    t.attested_by as "attestedBy", iso(t.attested_at) as "attestedAt", t.late_by_seconds::float8 as "lateBySeconds"
  from deletion_tasks t join retention_items i on i.tenant_id = t.tenant_id and i.item_id = t.item_id`;

/** One task by its id; undefined while it is not open, and when the organisation has none. */
export async function findTask(tx: Transaction, taskId: string): Promise<TaskRow | undefined> {
  const [row] = await tx.query<TaskRow>(`${tasks} where t.tenant_id = $1 and t.task_id = $2`, [tx.tenantId, taskId]);
  return row;
}

/** Tasks by due time, from after a given one on. `dueBefore`: due at this instant at the latest. */
export function listTasks(
  tx: Transaction,
  find: {
    state?: string;
    kind?: string;
    ownerId?: string;
    groupId?: string;
    dueBefore?: string;
    after?: readonly [string, string];
    limit: number;
  },
): Promise<TaskRow[]> {
  const {
    state = null,
    kind = null,
    ownerId = null,
    groupId = null,
    dueBefore = null,
    after = [null, null],
    limit,
  } = find;
  return tx.query<TaskRow>(
    `${tasks}
     where t.tenant_id = $1 and ($2::text is null or t.state = $2) and ($3::uuid is null or t.owner_id = $3) and ($4::uuid is null or i.group_id = $4)
       and ($5::timestamptz is null or t.due_at <= $5) and ($6::timestamptz is null or (t.due_at, t.task_id) > ($6::timestamptz, $7::uuid))
       and ($9::text is null or t.kind = $9)
     order by t.due_at, t.task_id limit $8`,
    [tx.tenantId, state, ownerId, groupId, dueBefore, ...after, limit, kind],
  );
}
