import { Type } from 'typebox';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { operations } from './operations.js';
import { Duration, Id, Instant, oneOf, Term } from './terms.js';

const task = { itemId: Id, taskId: Id };
const Scope = oneOf('everyone', 'own_device');

/** Retention: how long things are kept, and proof that they went. Items are known by reference; their content is never here. */
export const retentionEvents = declareEvents('retention', {
  ...operations,
  RetentionScheduled: event('An item is kept until an instant and must go after it', {
    itemId: Id,
    recordClass: Term,
    startsAt: Instant,
    period: Duration,
    retainUntil: Instant,
    ownerId: Id,
    groupId: Type.Optional(Id),
    personId: Type.Optional(Id),
    timeZone: Term,
    deletion: Type.Object(
      { taskId: Id, within: Duration, remindAfter: Type.Optional(Duration) },
      { additionalProperties: false },
    ),
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
  DeletionOverdue: event('The limit passed and nobody attested the deletion', { ...task, dueAt: Instant }),
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
    reason: oneOf('NotYetExpired', 'NotTheOwner'),
  }),
});
export type RetentionPayloads = PayloadsOf<typeof retentionEvents>;
