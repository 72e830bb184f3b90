/** How long one item is kept, what keeps it longer, and the word of its owner on how it ended. */
import type { Rule } from '#events';
import { type Decider, nothing, record } from '../decider.js';
import { explain, type Reason } from '../schedule/explain.js';
import { begin } from '../schedule/precedence.js';
import { attestDeletion, attestTransfer, decideReview, declareNotPossible, endOfTime } from './ending.js';
import {
  amended,
  isOpen,
  isPast,
  type Kept,
  type Open,
  ownerOf,
  type RetentionCommands,
  type RetentionEvents,
  type State,
  type Task,
  termsOf,
  type Timed,
  type UnderTask,
} from './item.js';
import { applyHold, changePeriod, liftHold, scheduleItem, startClock } from './keeping.js';

export { termsOf, type RetentionCommands } from './item.js';

export const retention: Decider<State, RetentionCommands, RetentionEvents> = {
  category: 'item',
  initial: { status: 'unscheduled' },
  decide: {
    Schedule: scheduleItem,
    StartClock: startClock,
    /** A deadline that fires again, or after an attestation overtook it, finds nothing left to do. */
    Expire: (_, state, { now }) =>
      state.status === 'scheduled' && isPast(state.retainUntil, now) ? endOfTime(state, now) : nothing,
    Remind: ({ taskId }, state) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isReminded && !state.isOverdue
        ? [
            record(
              'DeletionReminderDue',
              { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt },
              ...state.rules,
            ),
          ]
        : nothing,
    DeclareOverdue: ({ taskId }, state, { now }) =>
      state.status === 'taskOpen' && state.task.taskId === taskId && !state.isOverdue && isPast(state.task.dueAt, now)
        ? [record('DeletionOverdue', { itemId: state.task.itemId, taskId, dueAt: state.task.dueAt }, ...state.rules)]
        : nothing,
    AttestDeletion: attestDeletion,
    DeclareNotPossible: declareNotPossible,
    DecideReview: decideReview,
    AttestTransfer: attestTransfer,
    ApplyHold: applyHold,
    LiftHold: liftHold,
    ChangePeriod: changePeriod,
    ReplaceOwner: ({ ownerId, rules }, state) => {
      if (!isOpen(state) || ownerOf(state) === ownerId) return nothing;
      const { itemId, deletion } = state.item;
      const { taskId } = state.status === 'taskOpen' ? state.task : deletion;
      return [record('ItemOwnerReplaced', { itemId, taskId, previousOwnerId: ownerOf(state), ownerId }, ...rules)];
    },
  },
  evolve: {
    RetentionScheduled: (_, { retainUntil, terms, ...item }, { rules }) => ({
      status: 'scheduled',
      item,
      terms: termsOf({ ...item, ...(terms ? { terms } : {}) }),
      retainUntil,
      ...unheld(rules),
    }),
    RetentionAwaited: (_, { terms, ...item }, { rules }) => ({ status: 'awaiting', item, terms, ...unheld(rules) }),
    RetentionClockStarted: (state, { trigger, startedAt, period, retainUntil }, { rules }) =>
      isOpen(state)
        ? timed({ ...kept(state, rules), terms: begin(state.terms, trigger, startedAt) }, period, retainUntil)
        : state,
    RetentionPeriodChanged: (state, { period, retainUntil, isOver, terms }, { rules }) => {
      if (!isOpen(state)) return state;
      const next = { ...kept(state, rules), terms: terms ?? termsOf({ ...state.item, period }) };
      if (!isOver || state.status === 'awaiting') return timed(next, period, retainUntil);
      return { ...state, ...next, item: { ...state.item, period }, retainUntil: retainUntil! };
    },
    RetentionExpired: (state) => (state.status === 'scheduled' ? { ...state, status: 'expired' } : state),
    ItemHeld: (state, { holdId }, { rules }) =>
      isOpen(state) ? { ...state, holds: [...state.holds, holdId], holdRules: amended(state.holdRules, rules) } : state,
    ItemHoldLifted: (state, { holdId }, { occurredAt }) =>
      isOpen(state)
        ? { ...state, holds: state.holds.filter((hold) => hold !== holdId), releasedAt: occurredAt }
        : state,
    ItemOwnerReplaced: (state, { ownerId }) =>
      isOpen(state)
        ? {
            ...state,
            item: { ...state.item, ownerId },
            ...(state.status === 'taskOpen' ? { task: { ...state.task, ownerId } } : {}),
          }
        : state,
    /** A task that is open already is off until the last hold is lifted, which opens it anew. */
    DeletionBlockedByHold: (state) =>
      isOpen(state) && state.status !== 'awaiting'
        ? { status: 'expired', ...kept(state), retainUntil: state.retainUntil }
        : state,
    DeletionTaskOpened: (state, task) => ordered(state, 'delete', task),
    ReviewOpened: (state, task) => ordered(state, 'review', task),
    TransferOpened: (state, task) => ordered(state, 'transfer', task),
    DeletionTaskCancelled: (state) => state,
    DeletionReminderDue: (state) => (state.status === 'taskOpen' ? { ...state, isReminded: true } : state),
    DeletionOverdue: (state) => (state.status === 'taskOpen' ? { ...state, isOverdue: true } : state),
    ReviewDecided: (state, { keepUntil }) => {
      if (state.status !== 'taskOpen') return state;
      const { retainUntil } = state;
      return keepUntil === undefined
        ? { status: 'expired', ...kept(state), retainUntil }
        : { status: 'scheduled', ...kept(state), keptUntil: keepUntil, retainUntil: keepUntil };
    },
    DeletionAttested: (state, { scope }) =>
      state.status === 'taskOpen' || state.status === 'attested'
        ? { status: 'attested', ...ended(state), scope }
        : state,
    DeletionAttestationRefused: (state) => state,
    DeletionNotPossible: (state) => (state.status === 'taskOpen' ? { status: 'notPossible', ...ended(state) } : state),
    ItemTransferred: (state) => (state.status === 'taskOpen' ? { status: 'transferred', ...ended(state) } : state),
  },
  deadlines: {
    RetentionScheduled: ({ itemId, retainUntil }) => [expiry(itemId, retainUntil)],
    RetentionClockStarted: ({ itemId, retainUntil }) => endsAt(itemId, retainUntil),
    RetentionPeriodChanged: ({ itemId, retainUntil, isOver }) => (isOver ? [] : endsAt(itemId, retainUntil)),
    RetentionExpired: () => [{ cancel: 'expire' }],
    DeletionTaskOpened: deadlinesOf,
    ReviewOpened: deadlinesOf,
    TransferOpened: deadlinesOf,
    DeletionBlockedByHold: () => endOfTask,
    DeletionTaskCancelled: () => endOfTask,
    DeletionOverdue: () => [{ cancel: 'remind' }],
    ReviewDecided: ({ itemId, keepUntil }) => [...endOfTask, ...(keepUntil ? [expiry(itemId, keepUntil)] : [])],
    DeletionAttested: () => endOfTask,
    DeletionNotPossible: () => endOfTask,
    ItemTransferred: () => endOfTask,
  },
};

const endOfTask = [{ cancel: 'remind' }, { cancel: 'overdue' }];
const expiry = (itemId: string, dueAt: string) => ({
  schedule: 'expire',
  dueAt,
  command: { name: 'Expire', data: { itemId } },
});
const endsAt = (itemId: string, retainUntil: string | undefined) => [
  retainUntil === undefined ? { cancel: 'expire' } : expiry(itemId, retainUntil),
];

function deadlinesOf({ itemId, taskId, dueAt, remindAt }: Task) {
  return [
    ...(remindAt
      ? [{ schedule: 'remind', dueAt: remindAt, command: { name: 'Remind', data: { itemId, taskId } } }]
      : []),
    { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data: { itemId, taskId } } },
  ];
}

const unheld = (rules: readonly Rule[] = []) => ({ holds: [], rules, holdRules: [] });

/** What is known of the item whatever its status; with the rules that an event on how long it is kept was decided under. */
const kept = ({ item, terms, holds, rules, holdRules, keptUntil, releasedAt }: Kept, now?: readonly Rule[]): Kept => ({
  item,
  terms,
  holds,
  rules: amended(rules, now),
  holdRules,
  ...(keptUntil ? { keptUntil } : {}),
  ...(releasedAt ? { releasedAt } : {}),
});
const ended = (state: Timed & { readonly task: Task }) => ({
  ...kept(state),
  retainUntil: state.retainUntil,
  task: state.task,
});

/** The item with a period and the end of its time; waiting where there is none. */
function timed(next: Kept, period: string, retainUntil: string | undefined): Open {
  const item = { ...next.item, period };
  return retainUntil === undefined
    ? { ...next, status: 'awaiting', item }
    : { ...next, status: 'scheduled', item, retainUntil };
}

function ordered(state: State, to: UnderTask['to'], task: Task): State {
  return state.status === 'expired'
    ? { ...state, status: 'taskOpen', to, task, isReminded: false, isOverdue: false }
    : state;
}

/** Why an item is kept as long as it is, in words: every hold and rule that bears on it. Empty for one that is gone or unknown. */
export function whyKept(state: State): Reason[] {
  if (!isOpen(state)) return [];
  return explain(state.terms, state.holds, state.item.timeZone, state.keptUntil);
}

/** The rules an item is kept and deleted under; empty for one that is unknown or belongs to no group. */
export function rulesOf(state: State): readonly Rule[] {
  return state.status === 'unscheduled' ? [] : state.rules;
}
