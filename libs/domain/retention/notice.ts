/** What a group's members are owed when their messages are kept for another time than they were told (BR-60). */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, nothing, record, refuse } from '../decider.js';

type NoticeEvents = Pick<
  RetentionPayloads,
  'RetentionNoticeOwed' | 'RetentionNoticeOverdue' | 'RetentionChangeNotified'
>;
type Owed = NoticeEvents['RetentionNoticeOwed'];

/** The guidance gives no number: a week is the product's own reading, as for deletion. */
const WITHIN = 'P7D';

/** One stream for each notice; `noticeId` names one change for one group. */
export type NoticeCommands = {
  OweNotice: Omit<Owed, 'dueAt'> & { readonly timeZone: string; readonly rules: readonly Rule[] };
  /** The deadline at `dueAt`. */
  DeclareOverdue: NoticeEvents['RetentionNoticeOverdue'];
  /** The moment's `occurredAt` is when the members were told. */
  AttestNotice: { readonly noticeId: string };
};

type State =
  | { readonly status: 'none' }
  | { readonly status: 'owed'; readonly owed: Owed; readonly isOverdue: boolean }
  | { readonly status: 'told' };

export const retentionNotice: Decider<State, NoticeCommands, NoticeEvents> = {
  category: 'notice',
  initial: { status: 'none' },
  decide: {
    OweNotice: ({ timeZone, rules, ...owed }, state, { occurredAt }) =>
      state.status === 'none'
        ? [record('RetentionNoticeOwed', { ...owed, dueAt: addDuration(occurredAt, WITHIN, timeZone) }, ...rules)]
        : nothing,
    DeclareOverdue: (data, state, { now }) =>
      state.status === 'owed' && !state.isOverdue && compareInstants(data.dueAt, now) <= 0
        ? [record('RetentionNoticeOverdue', data)]
        : nothing,
    AttestNotice: (_, state, { occurredAt }) => {
      if (state.status === 'none') return refuse('NoticeUnknown', 'No notice of this id is owed.');
      if (state.status === 'told') return nothing;
      const { groupId, noticeId, dueAt } = state.owed;
      return [record('RetentionChangeNotified', { groupId, noticeId, lateBySeconds: secondsLate(dueAt, occurredAt) })];
    },
  },
  evolve: {
    RetentionNoticeOwed: (_, owed) => ({ status: 'owed', owed, isOverdue: false }),
    RetentionNoticeOverdue: (state) => (state.status === 'owed' ? { ...state, isOverdue: true } : state),
    RetentionChangeNotified: () => ({ status: 'told' }),
  },
  deadlines: {
    RetentionNoticeOwed: ({ groupId, noticeId, dueAt }) => [
      { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data: { groupId, noticeId, dueAt } } },
    ],
    RetentionNoticeOverdue: () => [{ cancel: 'overdue' }],
    RetentionChangeNotified: () => [{ cancel: 'overdue' }],
  },
};
