/** How long one item is kept, and the word of its owner that it is gone. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';

type Schedule = RetentionPayloads['RetentionScheduled'];
type Task = RetentionPayloads['DeletionTaskOpened'];
type Scope = RetentionPayloads['DeletionAttested']['scope'];
type RetentionEvents = Pick<
  RetentionPayloads,
  | 'RetentionScheduled'
  | 'RetentionExpired'
  | 'DeletionTaskOpened'
  | 'DeletionReminderDue'
  | 'DeletionOverdue'
  | 'DeletionAttested'
  | 'DeletionAttestationRefused'
>;
type TaskRef = { readonly itemId: string; readonly taskId: string };

/** One stream for each item. */
export type RetentionCommands = {
  /** `period` and `deletion.within` are ISO 8601 durations on the calendar of `timeZone`; `startsAt` is the item's own time. */
  Schedule: Omit<Schedule, 'retainUntil'> & { readonly rules: readonly Rule[] };
  /** The deadline at `retainUntil`. */
  Expire: { readonly itemId: string };
  /** The deadline at the task's `remindAt`. */
  Remind: TaskRef;
  /** The deadline at the task's `dueAt`. */
  DeclareOverdue: TaskRef;
  /** The moment's `occurredAt` is when the owner deleted it. */
  AttestDeletion: { readonly scope: Scope; readonly attestedBy: string; readonly rules: readonly Rule[] };
};

type State =
  | { readonly status: 'unscheduled' }
  | { readonly status: 'scheduled'; readonly schedule: Schedule }
  /** The time is over and nobody has been told to delete it. */
  | { readonly status: 'expired'; readonly schedule: Schedule }
  | {
      readonly status: 'taskOpen';
      readonly schedule: Schedule;
      readonly task: Task;
      readonly isReminded: boolean;
      readonly isOverdue: boolean;
    }
  /** The owner's word, never proof: what was sent is beyond recall (BR-35). */
  | { readonly status: 'attested'; readonly schedule: Schedule; readonly task: Task; readonly scope: Scope };

export const retention: Decider<State, RetentionCommands, RetentionEvents> = {
  category: 'item',
  initial: { status: 'unscheduled' },
  decide: {
    Schedule: scheduleItem,
    /** A deadline that fires again, or after an attestation overtook it, finds nothing left to do. */
    Expire: (_, state, { now }) =>
      state.status === 'scheduled' && isPast(state.schedule.retainUntil, now) ? expire(state.schedule, now) : nothing,
    Remind: ({ taskId }, state) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isReminded && !state.isOverdue
        ? [record('DeletionReminderDue', { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt })]
        : nothing,
    DeclareOverdue: ({ taskId }, state, { now }) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isOverdue && isPast(state.task.dueAt, now)
        ? [record('DeletionOverdue', { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt })]
        : nothing,
    AttestDeletion: attestDeletion,
  },
  evolve: {
    RetentionScheduled: (_, data) => ({ status: 'scheduled', schedule: data }),
    RetentionExpired: (state) =>
      state.status === 'scheduled' ? { status: 'expired', schedule: state.schedule } : state,
    DeletionTaskOpened: (state, task) =>
      state.status === 'expired'
        ? { status: 'taskOpen', schedule: state.schedule, task, isReminded: false, isOverdue: false }
        : state,
    DeletionReminderDue: (state) => (state.status === 'taskOpen' ? { ...state, isReminded: true } : state),
    DeletionOverdue: (state) => (state.status === 'taskOpen' ? { ...state, isOverdue: true } : state),
    DeletionAttested: (state, { scope }) =>
      state.status === 'taskOpen' || state.status === 'attested'
        ? { status: 'attested', schedule: state.schedule, task: state.task, scope }
        : state,
    DeletionAttestationRefused: (state) => state,
  },
  deadlines: {
    RetentionScheduled: ({ itemId, retainUntil }) => [
      { schedule: 'expire', dueAt: retainUntil, command: { name: 'Expire', data: { itemId } } },
    ],
    RetentionExpired: () => [{ cancel: 'expire' }],
    DeletionTaskOpened: ({ itemId, taskId, dueAt, remindAt }) => [
      ...(remindAt
        ? [{ schedule: 'remind', dueAt: remindAt, command: { name: 'Remind', data: { itemId, taskId } } }]
        : []),
      { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data: { itemId, taskId } } },
    ],
    DeletionOverdue: () => [{ cancel: 'remind' }],
    DeletionAttested: () => [{ cancel: 'remind' }, { cancel: 'overdue' }],
  },
};

/**
 * Keeps the item for its period from its own time (BR-57). One that is past its limit already is scheduled all the
 * same: its deadline is due at once and opens the task with the due times the item should have had. The time of a
 * scheduled item is not changed this way: a change of period owes the members a notice (BR-60).
 */
function scheduleItem({ rules, ...item }: RetentionCommands['Schedule'], state: State): Decision<RetentionEvents> {
  const retainUntil = addDuration(item.startsAt, item.period, item.timeZone);
  if (state.status === 'unscheduled') return [record('RetentionScheduled', { ...item, retainUntil }, ...rules)];
  const isSame = (['recordClass', 'startsAt', 'period', 'ownerId'] as const).every(
    (field) => state.schedule[field] === item[field],
  );
  return isSame ? nothing : refuse('AlreadyScheduled', 'The item is kept under another schedule already.', rules);
}

/**
 * The time to keep is over (BR-57), recorded for itself; what follows from it comes after: whatever keeps the item
 * longer belongs between the two events.
 */
function expire(schedule: Schedule, now: string) {
  const { itemId, retainUntil } = schedule;
  return [
    record('RetentionExpired', { itemId, retainUntil }),
    record('DeletionTaskOpened', deletionTask(schedule, retainUntil, now)),
  ];
}

/** The order to the owner to delete (BR-58, BR-59), timed from the instant deletion became owed, not from its discovery. */
function deletionTask({ itemId, ownerId, timeZone, deletion }: Schedule, owedFrom: string, now: string): Task {
  const { taskId, within, remindAfter } = deletion;
  const dueAt = addDuration(owedFrom, within, timeZone);
  const alreadyOverdue = isPast(dueAt, now);
  const reminder = remindAfter && !alreadyOverdue ? { remindAt: addDuration(owedFrom, remindAfter, timeZone) } : {};
  return { itemId, taskId, ownerId, dueAt, ...reminder, alreadyOverdue };
}

/**
 * The owner says that the item is gone (BR-59). Before the time is over this is refused and kept as evidence: the
 * item should still exist (BR-57). Where the deadline has yet to catch up with the time, the attestation does not
 * wait for it. "Everyone" adds to an earlier "own device"; nothing takes an attestation back.
 */
function attestDeletion(
  { scope, attestedBy, rules }: RetentionCommands['AttestDeletion'],
  state: State,
  { occurredAt, now }: Moment,
): Decision<RetentionEvents> {
  if (state.status === 'unscheduled') return refuse('ItemUnknown', 'No item of this id is kept.', rules);
  const no = (reason: 'NotTheOwner' | 'NotYetExpired', because: string) => {
    const { itemId } = state.schedule;
    const evidence = record('DeletionAttestationRefused', { itemId, scope, attestedBy, reason }, ...rules);
    return refuse<RetentionEvents>(reason, because, rules, [evidence]);
  };
  const owner = 'task' in state ? state.task.ownerId : state.schedule.ownerId;
  if (attestedBy !== owner) return no('NotTheOwner', 'Only the owner of the item can say that it is deleted.');
  if (state.status === 'expired') return refuse('NoDeletionTask', 'Nobody has been told to delete the item.', rules);
  if (state.status === 'attested' && (state.scope === scope || state.scope === 'everyone')) return nothing;
  if (state.status === 'scheduled' && !isPast(state.schedule.retainUntil, now))
    return no('NotYetExpired', `The item is to be kept until ${state.schedule.retainUntil}.`);
  const overtaken = state.status === 'scheduled' ? expire(state.schedule, now) : [];
  const task = 'task' in state ? state.task : deletionTask(state.schedule, state.schedule.retainUntil, now);
  return [...overtaken, attested(task, scope, occurredAt, rules)];
}

function attested(task: Task, scope: Scope, at: string, rules: readonly Rule[]): NewEventOf<RetentionEvents> {
  const { itemId, taskId, ownerId, dueAt } = task;
  const lateBySeconds = Math.max(0, Math.floor((Date.parse(at) - Date.parse(dueAt)) / 1000));
  return record('DeletionAttested', { itemId, taskId, scope, attestedBy: ownerId, lateBySeconds }, ...rules);
}

function isPast(instant: string, now: string): boolean {
  return compareInstants(instant, now) <= 0;
}
