/** How long an item is kept: its time, what it waits for, what keeps it longer. */
import { compareInstants } from '../calendar/calendar.js';
import { type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { begin, byPrecedence, hasSameRules, type KeepingTerms } from '../schedule/precedence.js';
import { endOfTime, openOrder } from './ending.js';
import {
  isOpen,
  isPast,
  type Kept,
  type Open,
  type RetentionCommands,
  type RetentionEvents,
  type State,
  termsOf,
} from './item.js';

/**
 * Keeps the item for its period from its own time (BR-57), or from what its rules wait for. One that is past its limit already
 * is scheduled all the same: its deadline is due at once and opens the task with the due times the item should have had. The
 * time of a scheduled item is not changed this way: a change of period owes the members a notice (BR-60).
 */
export function scheduleItem(
  { rules, terms, ...item }: RetentionCommands['Schedule'],
  state: State,
): Decision<RetentionEvents> {
  if (state.status !== 'unscheduled') {
    const isSame = (['recordClass', 'startsAt', 'period', 'ownerId'] as const).every(
      (field) => state.item[field] === item[field],
    );
    return isSame ? nothing : refuse('AlreadyScheduled', 'The item is kept under another schedule already.', rules);
  }
  const retainUntil = endOf(termsOf({ ...item, ...(terms ? { terms } : {}) }), item.timeZone);
  return retainUntil === undefined
    ? [record('RetentionAwaited', { ...item, terms: terms! }, ...rules)]
    : [record('RetentionScheduled', { ...item, retainUntil, ...(terms ? { terms } : {}) }, ...rules)];
}

/** When the time of an item is over by its terms; undefined while the rule that decides waits. */
function endOf(terms: KeepingTerms, timeZone: string): string | undefined {
  return byPrecedence(terms.rules, timeZone)[0]!.endsAt;
}

/** What a rule waits for has happened; the item's time is known where no other rule waits. */
export function startClock(
  { trigger, startedAt, rules }: RetentionCommands['StartClock'],
  state: State,
): Decision<RetentionEvents> {
  if (!isOpen(state) || !state.terms.rules.some((rule) => rule.trigger === trigger && rule.startedAt === undefined))
    return nothing;
  return [clockStarted(state, trigger, startedAt, rules)];
}

function clockStarted(
  { item, terms, keptUntil }: Kept,
  trigger: RetentionCommands['StartClock']['trigger'],
  happenedAt: string,
  rules: RetentionCommands['StartClock']['rules'],
) {
  const { itemId, startsAt, timeZone } = item;
  // What comes into being after the group closed, or the person left, has its time from then on.
  const startedAt = later(happenedAt, startsAt);
  const { rule, endsAt } = byPrecedence(begin(terms, trigger, startedAt).rules, timeZone)[0]!;
  const until = endsAt === undefined ? {} : { retainUntil: keptUntil ? later(keptUntil, endsAt) : endsAt };
  return record('RetentionClockStarted', { itemId, trigger, startedAt, period: rule.period, ...until }, ...rules);
}

const later = (a: string, b: string) => (compareInstants(a, b) >= 0 ? a : b);

/**
 * A hold covers the item (BR-61). Where its time has passed and nobody has looked yet, the deadline will find the hold and no
 * task follows. An order to delete that is out already is called back. What is gone is gone.
 */
export function applyHold(
  { itemId, holdId, rules }: RetentionCommands['ApplyHold'],
  state: State,
): Decision<RetentionEvents> {
  if (!isOpen(state) || state.holds.includes(holdId)) return nothing;
  const held = record('ItemHeld', { itemId, holdId }, ...rules);
  if (state.status !== 'taskOpen') return [held];
  const { taskId } = state.task;
  return [held, record('DeletionBlockedByHold', { itemId, holdIds: [...state.holds, holdId], taskId }, ...rules)];
}

/** The end of a hold deletes nothing: where it was the last one and the time is over, the owner is told to, with the full time to do it. */
export function liftHold(
  { itemId, holdId, rules }: RetentionCommands['LiftHold'],
  state: State,
  { occurredAt, now }: Moment,
): Decision<RetentionEvents> {
  if (!isOpen(state) || !state.holds.includes(holdId)) return nothing;
  const lifted = record('ItemHoldLifted', { itemId, holdId }, ...rules);
  if (state.holds.length > 1) return [lifted];
  // What is kept from the end of an inquiry has its time from now on, not a week.
  if (state.terms.rules.some(({ trigger }) => trigger === 'inquiry_ended'))
    return [lifted, clockStarted(state, 'inquiry_ended', occurredAt, rules)];
  if (!isTimeOver(state, occurredAt)) return [lifted];
  const overtaken = state.status === 'scheduled' ? endOfTime(state, now) : [];
  // An item has one task; a later round of it is the same order given anew.
  return [...overtaken, lifted, openOrder(state, occurredAt, now, rules)];
}

function isTimeOver(state: Open, at: string): state is Exclude<Open, { readonly status: 'awaiting' }> {
  return state.status !== 'awaiting' && (state.status !== 'scheduled' || isPast(state.retainUntil, at));
}

/**
 * Another time to keep (BR-60), counted from the item's own time as before. Where it is not over under the new one, an
 * order to delete is called back: longer keeping beats shorter. Where it is over under both, the order stands.
 */
export function changePeriod(
  { itemId, period, terms, rules }: RetentionCommands['ChangePeriod'],
  state: State,
  { now }: Moment,
): Decision<RetentionEvents> {
  if (!isOpen(state)) return nothing;
  const { item, keptUntil } = state;
  const next = terms ? sinceInquiry(terms, state.terms) : termsOf({ ...item, period });
  if (hasSameRules(next, state.terms)) return nothing;
  const end = endOf(next, item.timeZone);
  const retainUntil = end !== undefined && keptUntil !== undefined ? later(keptUntil, end) : end;
  const isTold = state.status === 'expired' || state.status === 'taskOpen';
  const isOver = isTold && retainUntil !== undefined && isPast(retainUntil, now);
  const until = retainUntil === undefined ? {} : { retainUntil };
  const changed = record(
    'RetentionPeriodChanged',
    { itemId, previously: item.period, period, ...until, isOver, ...(terms ? { terms: next } : {}) },
    ...rules,
  );
  if (state.status !== 'taskOpen' || isOver) return [changed];
  const { taskId } = state.task;
  return [record('DeletionTaskCancelled', { itemId, taskId, reason: 'period_changed' as const }, ...rules), changed];
}

/** The end of an inquiry is known to the item alone: it is carried over to other rules. */
function sinceInquiry(next: KeepingTerms, before: KeepingTerms): KeepingTerms {
  const ended = before.rules.find(({ trigger, startedAt }) => trigger === 'inquiry_ended' && startedAt !== undefined);
  return ended === undefined ? next : begin(next, 'inquiry_ended', ended.startedAt!);
}
