/** One item that is kept: what may be asked of it, and how far it is. */
import type { RetentionPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import type { KeepingTerms, Trigger } from '../schedule/precedence.js';

type Scheduled = RetentionPayloads['RetentionScheduled'];
export type Task = RetentionPayloads['DeletionTaskOpened'];
export type Scope = RetentionPayloads['DeletionAttested']['scope'];
type Decided = RetentionPayloads['ReviewDecided'];
export type RetentionEvents = Pick<
  RetentionPayloads,
  | 'RetentionScheduled'
  | 'RetentionAwaited'
  | 'RetentionClockStarted'
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
  | 'ReviewOpened'
  | 'ReviewDecided'
  | 'TransferOpened'
  | 'ItemTransferred'
>;
type TaskRef = { readonly itemId: string; readonly taskId: string };
export type Ending = { readonly rules: readonly Rule[] };

/** One stream for each item. */
export type RetentionCommands = {
  /**
   * `period` and `deletion.within` are ISO 8601 durations on the calendar of `timeZone`; `startsAt` is the item's own time.
   * `terms` are all the rules that bear on it, where more than `period` does; `period` is then what the first of them says.
   */
  Schedule: Omit<Scheduled, 'retainUntil'> & { readonly rules: readonly Rule[] };
  /** What some rule waits for has happened. */
  StartClock: { readonly itemId: string; readonly trigger: Trigger; readonly startedAt: string } & Ending;
  /** The deadline at `retainUntil`. */
  Expire: { readonly itemId: string };
  /** The deadline at the task's `remindAt`. */
  Remind: TaskRef;
  /** The deadline at the task's `dueAt`. */
  DeclareOverdue: TaskRef;
  /** The moment's `occurredAt` is when the owner deleted it. */
  AttestDeletion: { readonly scope: Scope; readonly attestedBy: string } & Ending;
  /** The owner's word that it cannot be deleted, and why. */
  DeclareNotPossible: {
    readonly reason: RetentionPayloads['DeletionNotPossible']['reason'];
    readonly statedBy: string;
  } & Ending;
  /** What becomes of an item whose end is a review: it goes now, or stays until `keepUntil`. */
  DecideReview: Pick<Decided, 'decidedBy' | 'decision' | 'reason' | 'keepUntil'> & Ending;
  /** The item was handed over to the archive. */
  AttestTransfer: { readonly transferredBy: string } & Ending;
  /** A hold covers the item from now on. */
  ApplyHold: { readonly itemId: string; readonly holdId: string } & Ending;
  /** It does no longer. Where nothing else keeps the item, deletion is owed from the moment's `occurredAt`. */
  LiftHold: { readonly itemId: string; readonly holdId: string } & Ending;
  /** The organisation keeps such items for another time: the policy's `period`, or by the rules of a schedule. */
  ChangePeriod: { readonly itemId: string; readonly period: string; readonly terms?: KeepingTerms } & Ending;
  /** The owner has gone; `ownerId` takes over. */
  ReplaceOwner: { readonly itemId: string; readonly ownerId: string } & Ending;
};

export interface Kept {
  readonly item: Omit<Scheduled, 'retainUntil' | 'terms'>;
  readonly terms: KeepingTerms;
  /** The holds that cover the item; while there is one, nothing is to be deleted (BR-61). */
  readonly holds: readonly string[];
  /** What it is kept and deleted under; empty for what belongs to no group. */
  readonly rules: readonly Rule[];
  /** What the holds on it rest on. */
  readonly holdRules: readonly Rule[];
  /** Until when somebody decided at a review to keep it. */
  readonly keptUntil?: string;
  /** When the last hold on it was released. */
  readonly releasedAt?: string;
}
export interface Timed extends Kept {
  readonly retainUntil: string;
}
export interface UnderTask extends Timed {
  readonly status: 'taskOpen';
  /** What is to be done with the item. */
  readonly to: 'delete' | 'review' | 'transfer';
  readonly task: Task;
  readonly isReminded: boolean;
  readonly isOverdue: boolean;
}
export type Open =
  /** What its time runs from has not happened. */
  | ({ readonly status: 'awaiting' } & Kept)
  | ({ readonly status: 'scheduled' } & Timed)
  /** The time is over and nobody is told to delete it. */
  | ({ readonly status: 'expired' } & Timed)
  | UnderTask;
export type Known =
  | Open
  /** The owner's word, never proof: what was sent is beyond recall (BR-35). */
  | ({ readonly status: 'attested'; readonly task: Task; readonly scope: Scope } & Timed)
  | ({ readonly status: 'notPossible'; readonly task: Task } & Timed)
  | ({ readonly status: 'transferred'; readonly task: Task } & Timed);
export type State = { readonly status: 'unscheduled' } | Known;

/** Whether the item has not come to its end. */
export function isOpen(state: State): state is Open {
  return ['awaiting', 'scheduled', 'expired', 'taskOpen'].includes(state.status);
}

export function ownerOf(state: Known): string {
  return 'task' in state ? state.task.ownerId : state.item.ownerId;
}

export function isPast(instant: string, now: string): boolean {
  return compareInstants(instant, now) <= 0;
}

/** The terms of an item that was taken in with one period alone: its own, or its policy's. */
export function termsOf({
  terms,
  period,
  startsAt,
  byPolicy = false,
}: Pick<Scheduled, 'terms' | 'period' | 'startsAt' | 'byPolicy'>): KeepingTerms {
  const of = byPolicy
    ? ({ from: 'policy', basis: 'implied' } as const)
    : ({ from: 'item', basis: 'explicit' } as const);
  return terms ?? { rules: [{ ...of, period, trigger: 'sent', atEnd: 'delete', startedAt: startsAt }] };
}

/** The rules once others were named: of those of the same parameter the new ones count. */
export function amended(before: readonly Rule[], rules: readonly Rule[] = []): readonly Rule[] {
  return [...before.filter((old) => rules.every(({ parameter }) => parameter !== old.parameter)), ...rules];
}
