/** The rules of an open order to take somebody out: when it opens, gets stricter, is pressed, and goes away. */
import type { MembershipPayloads, Rule } from '#events';
import { type Decision, type DeadlineChange, type Moment, type NewEventOf, nothing, record } from '../decider.js';
import type { LeavingReason, Participation, ParticipationEvents, RemovalOrder } from './presence.js';

type About = { readonly groupId: string; readonly personId: string };
export type CancelReason = MembershipPayloads['RemovalTaskCancelled']['reason'];

export type OrderCommands = {
  /** `dueAt` and `remindAt` are UTC; `taskId` is used if an order has to be opened. */
  RequireRemoval: About & {
    readonly taskId: string;
    readonly trigger: LeavingReason;
    readonly owners: readonly string[];
    readonly dueAt: string;
    readonly remindAt?: string;
    readonly rules: readonly Rule[];
  };
  /** Takes the order away if it rests on what this reason removes; otherwise nothing happens. */
  CancelRemoval: About & { readonly reason: CancelReason };
  /** Issued by the deadlines of the order. */
  Remind: About & { readonly taskId: string };
  DeclareOverdue: About & { readonly taskId: string };
};

/**
 * How hard a reason is to undo. A person's own request and a conduct decision stand until carried out (LD-39, HSU-27);
 * age and consent yield only to a corrected date or a new consent (LD-08, LD-09); the rest yields to restored eligibility.
 */
const firmness: Record<LeavingReason, 0 | 1 | 2> = {
  on_request: 2,
  conduct: 2,
  age: 1,
  consent_withdrawn: 1,
  consent_expired: 1,
  membership_ended: 0,
  role_ended: 0,
  activity_ended: 0,
  not_entitled: 0,
};

const undoes: Record<CancelReason, readonly LeavingReason[]> = {
  eligibility_restored: ['membership_ended', 'role_ended', 'activity_ended', 'not_entitled'],
  rescinded: ['membership_ended', 'role_ended', 'age'],
  extended: ['activity_ended'],
  consent_given: ['consent_withdrawn', 'consent_expired'],
  group_closed: [
    ...(['membership_ended', 'activity_ended', 'role_ended', 'on_request'] as const),
    ...(['conduct', 'age', 'consent_withdrawn', 'consent_expired', 'not_entitled'] as const),
  ],
};

/** Whether an order for this reason has to be carried out even though the person may be admitted again. */
export const isFirm = (trigger: LeavingReason): boolean => firmness[trigger] > 0;

/** Opens one order per person and group; a second reason tightens it and opens no second one (BR-63, LD-37, LD-39). */
export function requireRemoval(
  data: OrderCommands['RequireRemoval'],
  state: Participation,
  { now }: Moment,
): readonly NewEventOf<ParticipationEvents>[] {
  if (state.where === 'outside') return nothing;
  const { rules, owners, remindAt, ...task } = data;
  const reminder = (at?: string) => (at !== undefined && at > now ? { remindAt: at } : {});
  if (state.order) return tighten(data, state.order, reminder);
  const opened = { ...task, owners: [...owners], ...reminder(remindAt), alreadyOverdue: data.dueAt <= now };
  return [record('RemovalTaskOpened', opened, ...rules)];
}

/** The earlier limit and the firmer reason count, whichever of the two brought it. */
function tighten(
  { groupId, personId, trigger, dueAt, remindAt, rules }: OrderCommands['RequireRemoval'],
  order: RemovalOrder,
  reminder: (at?: string) => { remindAt?: string },
): readonly NewEventOf<ParticipationEvents>[] {
  const isEarlier = dueAt < order.dueAt;
  const step = firmness[trigger] - firmness[order.trigger];
  if (!isEarlier && step <= 0) return nothing;
  const tightened = {
    groupId,
    personId,
    taskId: order.taskId,
    trigger: step < 0 ? order.trigger : trigger,
    dueAt: isEarlier ? dueAt : order.dueAt,
    ...reminder(isEarlier ? remindAt : order.remindAt),
  };
  return [record('RemovalBroughtForward', tightened, ...rules)];
}

export function cancelRemoval(
  { groupId, personId, reason }: OrderCommands['CancelRemoval'],
  state: Participation,
): Decision<ParticipationEvents> {
  if (state.where === 'outside' || !state.order || !undoes[reason].includes(state.order.trigger)) return nothing;
  return [record('RemovalTaskCancelled', { groupId, personId, taskId: state.order.taskId, reason })];
}

export function remind(
  data: OrderCommands['Remind'],
  state: Participation,
  { now }: Moment,
): Decision<ParticipationEvents> {
  const order = orderOf(state, data.taskId);
  if (!order || order.isReminded || order.dueAt <= now) return nothing;
  if (order.remindAt === undefined || order.remindAt > now) return nothing;
  return [record('RemovalReminderDue', { ...data, dueAt: order.dueAt })];
}

/** Recorded once, however late the deadline fires and however often (LD-05, LD-37). */
export function declareOverdue(
  data: OrderCommands['DeclareOverdue'],
  state: Participation,
  { now }: Moment,
): Decision<ParticipationEvents> {
  const order = orderOf(state, data.taskId);
  if (!order || order.isOverdue || order.dueAt > now) return nothing;
  return [record('RemovalOverdue', { ...data, dueAt: order.dueAt })];
}

const orderOf = (state: Participation, taskId: string) =>
  state.where === 'inside' && state.order?.taskId === taskId ? state.order : undefined;

/** Whole seconds from the limit to the instant the person was out; 0 when in time. */
export function lateBySeconds(dueAt: string, outAt: string): number {
  return Math.max(0, Math.floor((Date.parse(outAt) - Date.parse(dueAt)) / 1000));
}

/** The reminder and the limit of an order, as deadlines of its stream. */
export function pressOn({
  groupId,
  personId,
  taskId,
  dueAt,
  remindAt,
}: ParticipationEvents['RemovalBroughtForward' | 'RemovalTaskOpened']): DeadlineChange[] {
  const data = { groupId, personId, taskId };
  return [
    { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data } },
    remindAt === undefined
      ? { cancel: 'remind' }
      : { schedule: 'remind', dueAt: remindAt, command: { name: 'Remind', data } },
  ];
}

export const letGo: readonly DeadlineChange[] = [{ cancel: 'overdue' }, { cancel: 'remind' }];
