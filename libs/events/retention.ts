import Type from 'typebox';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { Duration, Id, Instant, oneOf, Term } from './terms.js';

const task = { itemId: Id, taskId: Id };

/** Retention: how long things are kept, and proof that they went. Items are known by reference; their content is never here. */
export const retentionEvents = declareEvents('retention', {
  RetentionScheduled: event('An item is kept until an instant and must go after it', {
    itemId: Id,
    recordClass: Term,
    startsAt: Instant,
    period: Duration,
    retainUntil: Instant,
    ownerId: Id,
    groupId: Type.Optional(Id),
    personId: Type.Optional(Id),
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
    scope: oneOf('everyone', 'own_device'),
    attestedBy: Id,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
});
export type RetentionPayloads = PayloadsOf<typeof retentionEvents>;
