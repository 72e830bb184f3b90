import { Type } from 'typebox';
import { event } from './language.js';
import { Duration, Id, Instant, oneOf, Term } from './terms.js';

/** What the time to keep something runs from. */
export const Trigger = oneOf('sent', 'captured', 'group_closed', 'activity_ended', 'person_left', 'inquiry_ended');
/** What happens when the time is over. */
export const AtEnd = oneOf('delete', 'review', 'transfer');
/** Whether a rule was written for such things, or holds for want of another. */
export const Basis = oneOf('explicit', 'implied');
/** A record class or a group type of a rule; `*` is each of them. */
export const Selector = Type.String({ pattern: '^(\\*|[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79})$' });
const exactly = { additionalProperties: false };
const rule = { period: Duration, trigger: Trigger, atEnd: AtEnd, basis: Basis };

/** One line of a schedule: what it is for, how long, from when, and what then. */
const ScheduleRule = Type.Object({ recordClass: Selector, groupType: Selector, ...rule }, exactly);

/** Every rule that bears on one item; of those that wait for something, `startedAt` is missing until it has happened. */
const KeepingRule = Type.Object(
  {
    from: oneOf('item', 'schedule', 'policy'),
    recordClass: Type.Optional(Selector),
    groupType: Type.Optional(Selector),
    ...rule,
    startedAt: Type.Optional(Instant),
  },
  exactly,
);
export const KeepingTerms = Type.Object(
  {
    schedule: Type.Optional(Type.Object({ number: Type.Integer({ minimum: 1 }), contentVersion: Term }, exactly)),
    rules: Type.Array(KeepingRule, { minItems: 1 }),
  },
  exactly,
);

/** An item as it is taken in, whether or not the end of its time is known. */
export const keptItem = {
  itemId: Id,
  recordClass: Term,
  startsAt: Instant,
  period: Duration,
  ownerId: Id,
  groupId: Type.Optional(Id),
  personId: Type.Optional(Id),
  incidentId: Type.Optional(Id),
  /** Whether the period is the policy's, and changes with it. */
  byPolicy: Type.Optional(Type.Boolean()),
  timeZone: Term,
  deletion: Type.Object({ taskId: Id, within: Duration, remindAfter: Type.Optional(Duration) }, exactly),
};
const order = { itemId: Id, taskId: Id };
const opened = {
  ...order,
  ownerId: Id,
  dueAt: Instant,
  remindAt: Type.Optional(Instant),
  alreadyOverdue: Type.Boolean(),
};
const lateBySeconds = Type.Integer({ minimum: 0 });

/** An organisation's own rules of how long things are kept, and what they make of single items. */
export const scheduleEvents = {
  ScheduleAdopted: event('From now on these rules say how long what is kept; all of them, as a new version', {
    scheduleId: Id,
    number: Type.Integer({ minimum: 1 }),
    contentVersion: Term,
    rules: Type.Array(ScheduleRule),
  }),
  RetentionAwaited: event('An item is kept until something happens, and its time runs from then', {
    ...keptItem,
    terms: KeepingTerms,
  }),
  RetentionClockStarted: event('What the item’s time runs from has happened', {
    itemId: Id,
    trigger: Trigger,
    startedAt: Instant,
    period: Duration,
    /** Missing while another rule still waits. */
    retainUntil: Type.Optional(Instant),
  }),
  ReviewOpened: event('The time to keep the item is over, and somebody must decide what becomes of it', opened),
  ReviewDecided: event('Somebody decided whether the item goes now or stays, and for what kind of reason', {
    ...order,
    decidedBy: Id,
    decision: oneOf('delete', 'keep'),
    reason: oneOf('no_longer_needed', 'still_needed', 'legal_duty', 'historical_value', 'request_pending'),
    keepUntil: Type.Optional(Instant),
    lateBySeconds,
  }),
  TransferOpened: event('The time to keep the item is over, and somebody must hand it over to the archive', opened),
  ItemTransferred: event('The item was handed over; where it is now is in the vault', {
    ...order,
    transferredBy: Id,
    lateBySeconds,
  }),
};
