import { Type } from 'typebox';
import { event } from './language.js';
import { Duration, Id, Instant, oneOf, Term } from './terms.js';

const review = { reviewId: Id };

/** What the organisation has to look at again from time to time: its rules, and how long it keeps things. */
export const reviewEvents = {
  ReviewScheduled: event('The rules of a profile, or its times to keep things, are looked at again by an instant', {
    ...review,
    subject: oneOf('policy', 'schedule'),
    profile: Term,
    policyVersion: Type.Integer({ minimum: 1 }),
    owner: Type.Optional(Term),
    every: Duration,
    timeZone: Term,
    dueAt: Instant,
  }),
  PolicyReviewDue: event('The owner has to look at the rules again', { ...review, dueAt: Instant }),
  PolicyReviewOverdue: event('The rules were not looked at in time', { ...review, dueAt: Instant }),
  PolicyReviewed: event('Somebody looked at the rules; when they are looked at next is named', {
    ...review,
    policyVersion: Type.Integer({ minimum: 1 }),
    outcome: oneOf('stays', 'to_be_changed'),
    reviewedBy: Id,
    owner: Type.Optional(Term),
    dueAt: Instant,
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  ReviewDropped: event('The profile asks for no review any more', review),
};
