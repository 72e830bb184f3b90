/** How an item ends: the order to whoever has to see to it, and their word of what became of it. */
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import type { Rule } from '#events';
import { type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';
import { byPrecedence } from '../schedule/precedence.js';
import {
  type Ending,
  isOpen,
  isPast,
  type Known,
  ownerOf,
  type RetentionCommands,
  type RetentionEvents,
  type Scope,
  type State,
  type Task,
  type Timed,
} from './item.js';

/** The time to keep is over (BR-57), recorded also under a hold (BR-61); what follows from it is an event of its own. */
export function endOfTime(state: Timed, now: string): NewEventOf<RetentionEvents>[] {
  const { item, holds, retainUntil, rules, holdRules } = state;
  const { itemId } = item;
  return [
    record('RetentionExpired', { itemId, retainUntil }, ...rules),
    holds.length > 0
      ? record('DeletionBlockedByHold', { itemId, holdIds: [...holds] }, ...holdRules)
      : openOrder(state, retainUntil, now, rules),
  ];
}

/** What the deciding rule has done with the item at the end of its time. */
function orderOf({ terms, item }: Timed): 'delete' | 'review' | 'transfer' {
  return byPrecedence(terms.rules, item.timeZone)[0]!.rule.atEnd;
}

const OPENS = { delete: 'DeletionTaskOpened', review: 'ReviewOpened', transfer: 'TransferOpened' } as const;

/** The order that the end of an item's time is, timed from when it became owed. */
export function openOrder(state: Timed, owedFrom: string, now: string, rules: readonly Rule[]) {
  return record(OPENS[orderOf(state)], order(state, owedFrom, now), ...rules);
}

/** The order to the owner (BR-58, BR-59), timed from the instant it became owed, not from its discovery. */
function order({ item }: Timed, owedFrom: string, now: string): Task {
  const { itemId, ownerId, timeZone, deletion } = item;
  const dueAt = addDuration(owedFrom, deletion.within, timeZone);
  const alreadyOverdue = isPast(dueAt, now);
  const reminder =
    deletion.remindAfter && !alreadyOverdue ? { remindAt: addDuration(owedFrom, deletion.remindAfter, timeZone) } : {};
  return { itemId, taskId: deletion.taskId, ownerId, dueAt, ...reminder, alreadyOverdue };
}

/** Why a word on the item's end does not count, with its evidence; undefined where it does. */
function shut(state: Known, by: string, scope: Scope, { rules }: Ending, { occurredAt, now }: Moment) {
  const no = (reason: 'NotTheOwner' | 'NotYetExpired' | 'UnderHold', because: string) => {
    const { itemId } = state.item;
    const evidence = record('DeletionAttestationRefused', { itemId, scope, attestedBy: by, reason }, ...rules);
    return refuse<RetentionEvents>(reason, because, rules, [evidence]);
  };
  if (by !== ownerOf(state)) return no('NotTheOwner', 'Only the owner of the item can say that it is deleted.');
  if (isOpen(state) && state.holds.length > 0)
    return no('UnderHold', 'A hold covers the item: it must be kept until the hold is released.');
  if (state.status === 'expired')
    return refuse<RetentionEvents>('NoDeletionTask', 'Nobody has been told to delete the item.', rules);
  if (state.status === 'awaiting')
    return no('NotYetExpired', 'What the time of the item runs from has not happened: it is to be kept.');
  if (state.status === 'scheduled' && !isPast(state.retainUntil, now))
    return no('NotYetExpired', `The item is to be kept until ${state.retainUntil}.`);
  const kept = keptUntil(state);
  if (compareInstants(occurredAt, kept) < 0)
    return no('NotYetExpired', `The item was to be kept until ${kept}, so its end cannot be of an earlier time.`);
  return undefined;
}

/** Until when it had to exist: to the end of its time, or to the release of the last hold on it (BR-57, BR-61). */
function keptUntil({ retainUntil, releasedAt }: Timed): string {
  return releasedAt !== undefined && compareInstants(retainUntil, releasedAt) < 0 ? releasedAt : retainUntil;
}

/** The item's order as it stands; with the events that open it where the deadline has yet to. */
function orderIn(
  state: Exclude<Known, { readonly status: 'awaiting' | 'expired' }>,
  now: string,
): [to: string, overtaken: NewEventOf<RetentionEvents>[], task: Task] {
  if (state.status === 'scheduled')
    return [orderOf(state), endOfTime(state, now), order(state, state.retainUntil, now)];
  return [state.status === 'taskOpen' ? state.to : 'none', [], state.task];
}

type Word = { readonly by: string; readonly scope?: Scope } & Ending;
type Told = (order: Task & { readonly lateBySeconds: number }) => NewEventOf<RetentionEvents>;

/** Takes somebody's word on the end of an item whose order is one of `to`; what is in the way of it is refused. */
function take(
  { by, scope = 'everyone', rules }: Word,
  to: readonly string[],
  state: State,
  moment: Moment,
  tell: Told,
): Decision<RetentionEvents> {
  if (state.status === 'unscheduled') return refuse('ItemUnknown', 'No item of this id is kept.', rules);
  const { occurredAt, now } = moment;
  const refusal = shut(state, by, scope, { rules }, moment);
  if (refusal) return refusal;
  if (state.status === 'awaiting' || state.status === 'expired') return nothing; // shut already
  const [asked, overtaken, task] = orderIn(state, now);
  if (asked === 'none' && !to.includes('none')) return nothing;
  if (!to.includes(asked))
    return refuse('OtherOrder', `What is asked at the end of this item’s time is ${WORDS[asked as 'delete']}.`, rules);
  return [...overtaken, tell({ ...task, lateBySeconds: secondsLate(task.dueAt, occurredAt) })];
}
const WORDS = { delete: 'to delete it', review: 'to decide what becomes of it', transfer: 'to hand it over' };

/**
 * The owner says that the item is gone (BR-59). Before the time is over, and under a hold, this is refused and kept as
 * evidence: the item should still exist (BR-57, BR-61). Where the deadline has yet to catch up with the time, the
 * attestation does not wait for it. "Everyone" adds to an earlier "own device"; nothing takes an attestation back.
 */
export function attestDeletion(
  { scope, attestedBy, rules }: RetentionCommands['AttestDeletion'],
  state: State,
  moment: Moment,
): Decision<RetentionEvents> {
  const isWider = state.status === 'attested' && state.scope === 'own_device' && scope === 'everyone';
  return take(
    { by: attestedBy, scope, rules },
    isWider ? ['delete', 'none'] : ['delete'],
    state,
    moment,
    ({ itemId, taskId, lateBySeconds }) =>
      record('DeletionAttested', { itemId, taskId, scope, attestedBy, lateBySeconds }, ...rules),
  );
}

/** The owner says that it cannot be deleted, and why (BR-59): an end as well, and told as what it is (BR-35). */
export function declareNotPossible(
  { reason, statedBy, rules }: RetentionCommands['DeclareNotPossible'],
  state: State,
  moment: Moment,
): Decision<RetentionEvents> {
  return take({ by: statedBy, rules }, ['delete', 'transfer'], state, moment, ({ itemId, taskId, lateBySeconds }) =>
    record('DeletionNotPossible', { itemId, taskId, reason, statedBy, lateBySeconds }, ...rules),
  );
}

/** Somebody decides what becomes of an item whose end is a review: it goes, with the usual time to delete it, or it stays. */
export function decideReview(
  { decidedBy, decision, reason, keepUntil, rules }: RetentionCommands['DecideReview'],
  state: State,
  moment: Moment,
): Decision<RetentionEvents> {
  const { occurredAt, now } = moment;
  if ((decision === 'keep') !== (keepUntil !== undefined))
    return refuse('EndMissing', 'What is kept is kept until some day, and what is deleted is not.', rules);
  if (keepUntil !== undefined && isPast(keepUntil, now))
    return refuse('EndInThePast', 'An item is kept until a later day, not an earlier one.', rules);
  const told = take({ by: decidedBy, rules }, ['review'], state, moment, ({ itemId, taskId, lateBySeconds }) =>
    record(
      'ReviewDecided',
      { itemId, taskId, decidedBy, decision, reason, ...(keepUntil ? { keepUntil } : {}), lateBySeconds },
      ...rules,
    ),
  );
  if ('refused' in told || told.length === 0 || decision === 'keep') return told;
  return [...told, record('DeletionTaskOpened', order(state as Timed, occurredAt, now), ...rules)];
}

/** The owner says that the item was handed over; where to is in the vault. */
export function attestTransfer(
  { transferredBy, rules }: RetentionCommands['AttestTransfer'],
  state: State,
  moment: Moment,
): Decision<RetentionEvents> {
  return take({ by: transferredBy, rules }, ['transfer'], state, moment, ({ itemId, taskId, lateBySeconds }) =>
    record('ItemTransferred', { itemId, taskId, transferredBy, lateBySeconds }, ...rules),
  );
}
