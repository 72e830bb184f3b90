import type { MembershipPayloads, Rule } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const ORDER_STATES = ['open', 'overdue', 'done', 'cancelled'] as const;

/** An order to take somebody out of a group. Instants are ISO 8601 UTC; `openedAt` is when the owners could first know of it. */
export interface RemovalOrderRow {
  readonly taskId: string;
  readonly groupId: string;
  readonly personId: string;
  readonly trigger: string;
  readonly owners: readonly string[];
  readonly openedAt: string;
  readonly dueAt: string;
  readonly remindedAt: string | null;
  readonly overdueAt: string | null;
  readonly state: (typeof ORDER_STATES)[number];
  readonly closedAt: string | null;
  readonly outcome: string | null;
  readonly lateBySeconds: number | null;
  readonly alreadyOverdue: boolean;
  readonly rules: readonly Rule[];
}

export const removalOrderTable = tenantTable(
  'removal_orders',
  `task_id uuid not null, group_id uuid not null, person_id uuid not null, trigger text not null, owners uuid[] not null,
   opened_at timestamptz not null, due_at timestamptz not null, reminded_at timestamptz, overdue_at timestamptz, state text not null,
   closed_at timestamptz, outcome text, late_by_seconds integer, already_overdue boolean not null, rules json not null`,
  'task_id',
  'state, due_at, task_id',
  'group_id, due_at, task_id',
  'person_id, due_at, task_id',
);

export const removalOrders = projection<MembershipPayloads>('removal_orders', ['taskId'], {
  RemovalTaskOpened: ({ data, recordedAt, rules = [] }) => {
    const { taskId, groupId, personId, trigger, owners, dueAt, alreadyOverdue } = data;
    const task = { taskId, groupId, personId, trigger, owners, dueAt, alreadyOverdue };
    return { upsert: { ...task, openedAt: recordedAt, state: 'open', rules } };
  },
  RemovalBroughtForward: ({ data: { taskId, trigger, dueAt }, rules = [] }) => ({
    update: { taskId, trigger, dueAt, rules },
  }),
  RemovalReminderDue: ({ data: { taskId }, occurredAt }) => ({ update: { taskId, remindedAt: occurredAt } }),
  RemovalOverdue: ({ data: { taskId, dueAt } }) => ({ update: { taskId, overdueAt: dueAt, state: 'overdue' } }),
  RemovalTaskCancelled: ({ data: { taskId, reason }, occurredAt }) => ({
    update: { taskId, state: 'cancelled', closedAt: occurredAt, outcome: reason },
  }),
  MemberRemoved: ({ data: { taskId, evidence, lateBySeconds }, occurredAt }) =>
    taskId ? { update: { taskId, state: 'done', closedAt: occurredAt, outcome: evidence, lateBySeconds } } : [],
  MemberLeftByThemselves: ({ data: { taskId }, occurredAt }) =>
    taskId ? { update: { taskId, state: 'done', closedAt: occurredAt, outcome: 'left_by_themselves' } } : [],
});

const COLUMNS = `task_id as "taskId", group_id as "groupId", person_id as "personId", trigger, owners, opened_at as "openedAt", due_at as "dueAt",
  reminded_at as "remindedAt", overdue_at as "overdueAt", state, closed_at as "closedAt", outcome, late_by_seconds as "lateBySeconds",
  already_overdue as "alreadyOverdue", rules`;

/** Which orders are asked for; what is left out does not narrow. */
export interface OrderFilter {
  readonly state?: string | undefined;
  readonly groupId?: string | undefined;
  readonly personId?: string | undefined;
  readonly owner?: string | undefined;
}

/** Up to `limit` orders after this due time and id, the most urgent first. */
export function listRemovalOrders(
  tx: Transaction,
  { state, groupId, personId, owner }: OrderFilter,
  after: readonly [dueAt: string, taskId: string] | undefined,
  limit: number,
): Promise<RemovalOrderRow[]> {
  const conditions = ['tenant_id = $1'];
  const values: unknown[] = [tx.tenantId];
  const where = (sql: (parameter: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(sql(`$${values.length}`));
  };
  where((p) => `state = ${p}`, state);
  where((p) => `group_id = ${p}`, groupId);
  where((p) => `person_id = ${p}`, personId);
  where((p) => `${p} = any(owners)`, owner);
  if (after) {
    values.push(...after);
    conditions.push(`(due_at, task_id) > ($${values.length - 1}::timestamptz, $${values.length}::uuid)`);
  }
  values.push(limit);
  return tx.query<RemovalOrderRow>(
    `select ${COLUMNS} from removal_orders where ${conditions.join(' and ')} order by due_at, task_id limit $${values.length}`,
    values,
  );
}

/** One order; undefined when the organisation has none of this id. */
export async function findRemovalOrder(tx: Transaction, taskId: string): Promise<RemovalOrderRow | undefined> {
  const [row] = await tx.query<RemovalOrderRow>(
    `select ${COLUMNS} from removal_orders where tenant_id = $1 and task_id = $2`,
    [tx.tenantId, taskId],
  );
  return row;
}
