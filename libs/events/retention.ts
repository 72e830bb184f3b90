import { Type } from 'typebox';
import { breachEvents } from './breaches.js';
import { certificateEvents } from './certificates.js';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { operations } from './operations.js';
import { packageEvents } from './packages.js';
import { reviewEvents } from './reviews.js';
import { approvalEvents } from './approvals.js';
import { conversationEvents } from './conversations.js';
import { recordEvents } from './records.js';
import { asked, restsOn, rightsEvents } from './rights.js';
import { keptItem, KeepingTerms, scheduleEvents } from './schedules.js';
import { Duration, Id, Instant, oneOf, Term } from './terms.js';

const task = { itemId: Id, taskId: Id };
const Scope = oneOf('everyone', 'own_device');
/** Rights under the UK GDPR, articles 15 to 21, the Freedom of Information Act 2000, and complaints about how data is handled. */
const RequestKind = oneOf('access', 'erasure', 'rectification', 'objection', 'freedom_of_information', 'complaint');
const Region = oneOf('england_and_wales', 'scotland', 'northern_ireland');
/** What a hold covers: every item to which all of these apply. `from` and `to` bound the item's own time. */
export const HoldScope = Type.Object(
  {
    groupId: Type.Optional(Id),
    personId: Type.Optional(Id),
    incidentId: Type.Optional(Id),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
  },
  { additionalProperties: false, minProperties: 1 },
);

/** Why what a hold kept is needed no longer. */
export const ReleaseReason = oneOf('inquiry_ended', 'dispute_settled', 'replaced', 'placed_in_error', 'other');

/** Retention: how long things are kept, and proof that they went. Items are known by reference; their content is never here. */
export const retentionEvents = declareEvents('retention', {
  ...operations,
  ...breachEvents,
  ...reviewEvents,
  ...recordEvents,
  ...conversationEvents,
  ...approvalEvents,
  ...scheduleEvents,
  ...certificateEvents,
  ...packageEvents,
  ...rightsEvents,
  RetentionScheduled: event('An item is kept until an instant and must go after it', {
    ...keptItem,
    retainUntil: Instant,
    /** Every rule that bears on it; left out where it is the one of `period`. */
    terms: Type.Optional(KeepingTerms),
  }),
  RetentionExpired: event('The time to keep the item is over; recorded whether or not it may go', {
    itemId: Id,
    retainUntil: Instant,
  }),
  DeletionTaskOpened: event('Somebody must delete the item by an instant', {
    ...task,
    ownerId: Id,
    dueAt: Instant,
    remindAt: Type.Optional(Instant),
    alreadyOverdue: Type.Boolean(),
  }),
  DeletionReminderDue: event('The owner is to be reminded that the limit is near', { ...task, dueAt: Instant }),
  DeletionOverdue: event('The limit passed and nobody said what became of the item', { ...task, dueAt: Instant }),
  DeletionAttested: event('The owner says it is deleted; attested, not proven', {
    ...task,
    scope: Scope,
    attestedBy: Id,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  DeletionAttestationRefused: event('A word of deletion did not count: too early, or not the owner’s to give', {
    itemId: Id,
    scope: Scope,
    attestedBy: Id,
    reason: oneOf('NotYetExpired', 'NotTheOwner', 'UnderHold'),
  }),
  DeletionNotPossible: event('The item cannot be deleted, by the word of whoever had to; the reason is named', {
    ...task,
    reason: oneOf('sender_gone', 'device_lost', 'too_late_for_everyone', 'held_by_others'),
    statedBy: Id,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  ItemOwnerReplaced: event('Whoever had to delete the item is gone; somebody else has to', {
    itemId: Id,
    taskId: Id,
    previousOwnerId: Id,
    ownerId: Id,
  }),
  RetentionPeriodChanged: event('The item is kept for another time than before; both are named', {
    itemId: Id,
    previously: Duration,
    period: Duration,
    /** Missing where the time has yet to begin. */
    retainUntil: Type.Optional(Instant),
    isOver: Type.Boolean(),
    terms: Type.Optional(KeepingTerms),
  }),
  DeletionTaskCancelled: event('The item need not be deleted now after all', {
    ...task,
    reason: oneOf('period_changed'),
  }),
  // holds
  HoldPlaced: event('What falls under the scope may not be deleted until the hold is released; why is in the vault', {
    holdId: Id,
    scope: HoldScope,
    reviewAt: Instant,
  }),
  HoldReviewDue: event('Somebody must decide whether the hold is still needed', { holdId: Id, dueAt: Instant }),
  HoldReviewed: event('The hold is still needed; it is looked at again later', { holdId: Id, reviewAt: Instant }),
  HoldReleased: event('The hold is over; what it kept gets its time to be deleted; more on why is in the vault', {
    holdId: Id,
    reason: Type.Optional(ReleaseReason),
  }),
  ItemHeld: event('A hold covers the item', { itemId: Id, holdId: Id }),
  ItemHoldLifted: event('The hold covers the item no longer', { itemId: Id, holdId: Id }),
  DeletionBlockedByHold: event('The item should go and may not, because of these holds', {
    itemId: Id,
    holdIds: Type.Array(Id, { minItems: 1 }),
    taskId: Type.Optional(Id),
  }),
  // what people ask of the organisation
  RequestReceived: event('A right was exercised; the time to answer runs, or waits for knowing who asks', {
    requestId: Id,
    kind: RequestKind,
    personId: Type.Optional(Id),
    region: Region,
    timeZone: Term,
    dueAt: Type.Optional(Instant),
    ...asked,
  }),
  IdentityConfirmed: event('It is known who asks; the time to answer runs from now', { requestId: Id, dueAt: Instant }),
  ClarificationAsked: event('The clock stands still until the person says what they mean', { requestId: Id }),
  ClarificationGiven: event('The person said what they mean; the clock runs again', { requestId: Id, dueAt: Instant }),
  RequestExtended: event('Two further months are needed, and the person was told why in time', {
    requestId: Id,
    dueAt: Instant,
  }),
  RequestOverdue: event('The time to answer passed without an answer', { requestId: Id, dueAt: Instant }),
  ComplaintAcknowledged: event('The person was told that the complaint arrived', {
    requestId: Id,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  RequestAnswered: event('The person has an answer; what it says is in the vault', {
    requestId: Id,
    outcome: oneOf('complied', 'in_part', 'refused'),
    lateBySeconds: Type.Integer({ minimum: 0 }),
    ...restsOn,
  }),
  ErasureRefused: event('A hold keeps what was to be erased', {
    requestId: Id,
    holdIds: Type.Array(Id, { minItems: 1 }),
  }),
  ErasureOrdered: event(
    'Every service is to destroy what it holds about the person; the items named are kept, by right',
    {
      requestId: Id,
      personId: Id,
      kept: Type.Array(
        Type.Object({ itemId: Id, because: oneOf('hold', 'retention') }, { additionalProperties: false }),
      ),
    },
  ),
  ErasureConfirmed: event('A service has destroyed what it held', { requestId: Id, service: Term }),
  ErasureCompleted: event('Every service has destroyed what it held about the person', { requestId: Id }),
  // what members are owed
  RetentionNoticeOwed: event('Every member of the group must be told of the changed time', {
    groupId: Id,
    noticeId: Id,
    previously: Duration,
    period: Duration,
    dueAt: Instant,
  }),
  RetentionNoticeOverdue: event('The members were not told in time', { groupId: Id, noticeId: Id, dueAt: Instant }),
  RetentionChangeNotified: event('The members were told of the changed time', {
    groupId: Id,
    noticeId: Id,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
});
export type RetentionPayloads = PayloadsOf<typeof retentionEvents>;
