/** How long one item is kept, what keeps it longer, and the word of its owner on how it ended. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';

type Schedule = RetentionPayloads['RetentionScheduled'];
type Task = RetentionPayloads['DeletionTaskOpened'];
type Scope = RetentionPayloads['DeletionAttested']['scope'];
type Impossible = RetentionPayloads['DeletionNotPossible']['reason'];
type RetentionEvents = Pick<
  RetentionPayloads,
  | 'RetentionScheduled'
  | 'RetentionPeriodChanged'
  | 'RetentionExpired'
  | 'ItemHeld'
  | 'ItemHoldLifted'
  | 'ItemOwnerReplaced'
  | 'DeletionBlockedByHold'
  | 'DeletionTaskOpened'
  | 'DeletionTaskCancelled'
  | 'DeletionReminderDue'
  | 'DeletionOverdue'
  | 'DeletionAttested'
  | 'DeletionAttestationRefused'
  | 'DeletionNotPossible'
>;
type TaskRef = { readonly itemId: string; readonly taskId: string };
type Ending = { readonly rules: readonly Rule[] };

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
  AttestDeletion: { readonly scope: Scope; readonly attestedBy: string } & Ending;
  /** The owner's word that it cannot be deleted, and why. */
  DeclareNotPossible: { readonly reason: Impossible; readonly statedBy: string } & Ending;
  /** A hold covers the item from now on. */
  ApplyHold: { readonly itemId: string; readonly holdId: string } & Ending;
  /** It does no longer. Where nothing else keeps the item, deletion is owed from the moment's `occurredAt`. */
  LiftHold: { readonly itemId: string; readonly holdId: string } & Ending;
  /** The organisation keeps such items for another time. */
  ChangePeriod: { readonly itemId: string; readonly period: string } & Ending;
  /** The owner has gone; `ownerId` takes over. */
  ReplaceOwner: { readonly itemId: string; readonly ownerId: string } & Ending;
};

interface Kept {
  readonly schedule: Schedule;
  /** The holds that cover the item; while there is one, nothing is to be deleted (BR-61). */
  readonly holds: readonly string[];
}
type State =
  | { readonly status: 'unscheduled' }
  | ({ readonly status: 'scheduled' } & Kept)
  /** The time is over and nobody is told to delete it. */
  | ({ readonly status: 'expired' } & Kept)
  | ({
      readonly status: 'taskOpen';
      readonly task: Task;
      readonly isReminded: boolean;
      readonly isOverdue: boolean;
    } & Kept)
  /** The owner's word, never proof: what was sent is beyond recall (BR-35). */
  | ({ readonly status: 'attested'; readonly task: Task; readonly scope: Scope } & Kept)
  | ({ readonly status: 'notPossible'; readonly task: Task } & Kept);
type Open = Extract<State, { readonly status: 'scheduled' | 'expired' | 'taskOpen' }>;

export const retention: Decider<State, RetentionCommands, RetentionEvents> = {
  category: 'item',
  initial: { status: 'unscheduled' },
  decide: {
    Schedule: scheduleItem,
    /** A deadline that fires again, or after an attestation overtook it, finds nothing left to do. */
    Expire: (_, state, { now }) =>
      state.status === 'scheduled' && isPast(state.schedule.retainUntil, now) ? expire(state, now) : nothing,
    Remind: ({ taskId }, state) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isReminded && !state.isOverdue
        ? [record('DeletionReminderDue', { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt })]
        : nothing,
    DeclareOverdue: ({ taskId }, state, { now }) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isOverdue && isPast(state.task.dueAt, now)
        ? [record('DeletionOverdue', { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt })]
        : nothing,
    AttestDeletion: attestDeletion,
    DeclareNotPossible: declareNotPossible,
    ApplyHold: applyHold,
    LiftHold: liftHold,
    ChangePeriod: changePeriod,
    ReplaceOwner: ({ ownerId, rules }, state) => {
      if (!isOpen(state) || ownerOf(state) === ownerId) return nothing;
      const { itemId, deletion } = state.schedule;
      const { taskId } = state.status === 'taskOpen' ? state.task : deletion;
      return [record('ItemOwnerReplaced', { itemId, taskId, previousOwnerId: ownerOf(state), ownerId }, ...rules)];
    },
  },
  evolve: {
    RetentionScheduled: (_, data) => ({ status: 'scheduled', schedule: data, holds: [] }),
    RetentionPeriodChanged: (state, { period, retainUntil, isOver }) =>
      isOpen(state)
        ? {
            ...(isOver ? state : { status: 'scheduled' as const, holds: state.holds }),
            schedule: { ...state.schedule, period, retainUntil },
          }
        : state,
    RetentionExpired: (state) => (state.status === 'scheduled' ? { ...state, status: 'expired' } : state),
    ItemHeld: (state, { holdId }) => (isOpen(state) ? { ...state, holds: [...state.holds, holdId] } : state),
    ItemHoldLifted: (state, { holdId }) =>
      isOpen(state) ? { ...state, holds: state.holds.filter((hold) => hold !== holdId) } : state,
    ItemOwnerReplaced: (state, { ownerId }) =>
      isOpen(state)
        ? {
            ...state,
            schedule: { ...state.schedule, ownerId },
            ...(state.status === 'taskOpen' ? { task: { ...state.task, ownerId } } : {}),
          }
        : state,
    /** A task that is open already is off until the last hold is lifted, which opens it anew. */
    DeletionBlockedByHold: (state) =>
      isOpen(state) ? { status: 'expired', schedule: state.schedule, holds: state.holds } : state,
    DeletionTaskOpened: (state, task) =>
      state.status === 'expired' ? { ...state, status: 'taskOpen', task, isReminded: false, isOverdue: false } : state,
    DeletionTaskCancelled: (state) => state,
    DeletionReminderDue: (state) => (state.status === 'taskOpen' ? { ...state, isReminded: true } : state),
    DeletionOverdue: (state) => (state.status === 'taskOpen' ? { ...state, isOverdue: true } : state),
    DeletionAttested: (state, { scope }) =>
      state.status === 'taskOpen' || state.status === 'attested'
        ? { status: 'attested', schedule: state.schedule, holds: state.holds, task: state.task, scope }
        : state,
    DeletionAttestationRefused: (state) => state,
    DeletionNotPossible: (state) =>
      state.status === 'taskOpen'
        ? { status: 'notPossible', schedule: state.schedule, holds: state.holds, task: state.task }
        : state,
  },
  deadlines: {
    RetentionScheduled: ({ itemId, retainUntil }) => [expiry(itemId, retainUntil)],
    RetentionPeriodChanged: ({ itemId, retainUntil, isOver }) => (isOver ? [] : [expiry(itemId, retainUntil)]),
    RetentionExpired: () => [{ cancel: 'expire' }],
    DeletionTaskOpened: ({ itemId, taskId, dueAt, remindAt }) => [
      ...(remindAt
        ? [{ schedule: 'remind', dueAt: remindAt, command: { name: 'Remind', data: { itemId, taskId } } }]
        : []),
      { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data: { itemId, taskId } } },
    ],
    DeletionBlockedByHold: () => endOfTask,
    DeletionTaskCancelled: () => endOfTask,
    DeletionOverdue: () => [{ cancel: 'remind' }],
    DeletionAttested: () => endOfTask,
    DeletionNotPossible: () => endOfTask,
  },
};

const endOfTask = [{ cancel: 'remind' }, { cancel: 'overdue' }];
const expiry = (itemId: string, dueAt: string) => ({
  schedule: 'expire',
  dueAt,
  command: { name: 'Expire', data: { itemId } },
});

function isOpen(state: State): state is Open {
  return state.status === 'scheduled' || state.status === 'expired' || state.status === 'taskOpen';
}

function ownerOf(state: Exclude<State, { readonly status: 'unscheduled' }>): string {
  return 'task' in state ? state.task.ownerId : state.schedule.ownerId;
}

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

/** The time to keep is over (BR-57), recorded also under a hold (BR-61); what follows from it is an event of its own. */
function expire({ schedule, holds }: Kept, now: string) {
  const { itemId, retainUntil } = schedule;
  return [
    record('RetentionExpired', { itemId, retainUntil }),
    holds.length > 0
      ? record('DeletionBlockedByHold', { itemId, holdIds: [...holds] })
      : record('DeletionTaskOpened', deletionTask(schedule, retainUntil, now)),
  ];
}

/** The order to the owner to delete (BR-58, BR-59), timed from the instant deletion became owed, not from its discovery. */
function deletionTask({ itemId, ownerId, timeZone, deletion }: Schedule, owedFrom: string, now: string): Task {
  const dueAt = addDuration(owedFrom, deletion.within, timeZone);
  const alreadyOverdue = isPast(dueAt, now);
  const reminder =
    deletion.remindAfter && !alreadyOverdue ? { remindAt: addDuration(owedFrom, deletion.remindAfter, timeZone) } : {};
  return { itemId, taskId: deletion.taskId, ownerId, dueAt, ...reminder, alreadyOverdue };
}

/**
 * A hold beats every deadline (BR-61), one that has passed while nobody looked as well: the end of the time is then
 * recorded after the hold, and no task follows. An order to delete that is out already is called back. What is gone is gone.
 */
function applyHold({ itemId, holdId, rules }: RetentionCommands['ApplyHold'], state: State): Decision<RetentionEvents> {
  if (!isOpen(state) || state.holds.includes(holdId)) return nothing;
  const held = record('ItemHeld', { itemId, holdId }, ...rules);
  if (state.status !== 'taskOpen') return [held];
  const { taskId } = state.task;
  return [held, record('DeletionBlockedByHold', { itemId, holdIds: [...state.holds, holdId], taskId }, ...rules)];
}

/** The end of a hold deletes nothing: where it was the last one and the time is over, the owner is told to, with the full time to do it. */
function liftHold(
  { itemId, holdId, rules }: RetentionCommands['LiftHold'],
  state: State,
  { occurredAt, now }: Moment,
): Decision<RetentionEvents> {
  if (!isOpen(state) || !state.holds.includes(holdId)) return nothing;
  const lifted = record('ItemHoldLifted', { itemId, holdId }, ...rules);
  const isLast = state.holds.length === 1;
  const isOver = state.status !== 'scheduled' || isPast(state.schedule.retainUntil, occurredAt);
  if (!isLast || !isOver) return [lifted];
  const overtaken = state.status === 'scheduled' ? expire(state, now) : [];
  // An item has one task; a later round of it is the same order given anew.
  const task = deletionTask(state.schedule, occurredAt, now);
  return [...overtaken, lifted, record('DeletionTaskOpened', task, ...rules)];
}

/**
 * Another time to keep (BR-60), counted from the item's own time as before. Where it is not over under the new one, an
 * order to delete is called back: longer keeping beats shorter. Where it is over under both, the order stands.
 */
function changePeriod(
  { itemId, period, rules }: RetentionCommands['ChangePeriod'],
  state: State,
  { now }: Moment,
): Decision<RetentionEvents> {
  if (!isOpen(state) || state.schedule.period === period) return nothing;
  const { startsAt, timeZone, period: previously } = state.schedule;
  const retainUntil = addDuration(startsAt, period, timeZone);
  const isOver = state.status !== 'scheduled' && isPast(retainUntil, now);
  const changed = record('RetentionPeriodChanged', { itemId, previously, period, retainUntil, isOver }, ...rules);
  if (state.status !== 'taskOpen' || isOver) return [changed];
  const { taskId } = state.task;
  return [record('DeletionTaskCancelled', { itemId, taskId, reason: 'period_changed' as const }, ...rules), changed];
}

/** Why a word on the item's end does not count, with its evidence; undefined where it does. */
function shut(
  state: Exclude<State, { readonly status: 'unscheduled' }>,
  by: string,
  scope: Scope,
  { rules }: Ending,
  now: string,
) {
  const no = (reason: 'NotTheOwner' | 'NotYetExpired' | 'UnderHold', because: string) => {
    const { itemId } = state.schedule;
    const evidence = record('DeletionAttestationRefused', { itemId, scope, attestedBy: by, reason }, ...rules);
    return refuse<RetentionEvents>(reason, because, rules, [evidence]);
  };
  if (by !== ownerOf(state)) return no('NotTheOwner', 'Only the owner of the item can say that it is deleted.');
  if (isOpen(state) && state.holds.length > 0)
    return no('UnderHold', 'A hold covers the item: it must be kept until the hold is released.');
  if (state.status === 'expired')
    return refuse<RetentionEvents>('NoDeletionTask', 'Nobody has been told to delete the item.', rules);
  if (state.status === 'scheduled' && !isPast(state.schedule.retainUntil, now))
    return no('NotYetExpired', `The item is to be kept until ${state.schedule.retainUntil}.`);
  return undefined;
}

/**
 * The owner says that the item is gone (BR-59). Before the time is over, and under a hold, this is refused and kept as
 * evidence: the item should still exist (BR-57, BR-61). Where the deadline has yet to catch up with the time, the
 * attestation does not wait for it. "Everyone" adds to an earlier "own device"; nothing takes an attestation back.
 */
function attestDeletion(
  { scope, attestedBy, ...ending }: RetentionCommands['AttestDeletion'],
  state: State,
  { occurredAt, now }: Moment,
): Decision<RetentionEvents> {
  if (state.status === 'unscheduled') return refuse('ItemUnknown', 'No item of this id is kept.', ending.rules);
  const refusal = shut(state, attestedBy, scope, ending, now);
  if (refusal) return refusal;
  if (state.status === 'notPossible') return nothing;
  if (state.status === 'attested' && (state.scope === scope || state.scope === 'everyone')) return nothing;
  const [overtaken, { itemId, taskId, dueAt }] = taskOf(state, now);
  const lateBySeconds = secondsLate(dueAt, occurredAt);
  return [
    ...overtaken,
    record('DeletionAttested', { itemId, taskId, scope, attestedBy, lateBySeconds }, ...ending.rules),
  ];
}

/** The owner says that it cannot be deleted, and why (BR-59): an end as well, and told as what it is (BR-35). */
function declareNotPossible(
  { reason, statedBy, ...ending }: RetentionCommands['DeclareNotPossible'],
  state: State,
  { occurredAt, now }: Moment,
): Decision<RetentionEvents> {
  if (state.status === 'unscheduled') return refuse('ItemUnknown', 'No item of this id is kept.', ending.rules);
  const refusal = shut(state, statedBy, 'everyone', ending, now);
  if (refusal) return refusal;
  if (!isOpen(state)) return nothing;
  const [overtaken, { itemId, taskId, dueAt }] = taskOf(state, now);
  const lateBySeconds = secondsLate(dueAt, occurredAt);
  return [
    ...overtaken,
    record('DeletionNotPossible', { itemId, taskId, reason, statedBy, lateBySeconds }, ...ending.rules),
  ];
}

/** The item's task; with the events that open it where the deadline has yet to. */
function taskOf(
  state: Exclude<State, { readonly status: 'unscheduled' }>,
  now: string,
): [NewEventOf<RetentionEvents>[], Task] {
  if ('task' in state) return [[], state.task];
  const { schedule } = state;
  return [expire(state, now), deletionTask(schedule, schedule.retainUntil, now)];
}

function isPast(instant: string, now: string): boolean {
  return compareInstants(instant, now) <= 0;
}
