/** A hold: what an inquiry or a dispute needs is kept, whatever its time, until somebody releases it (BR-61). */
import type { RetentionPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';

type HoldEvents = Pick<RetentionPayloads, 'HoldPlaced' | 'HoldReviewDue' | 'HoldReviewed' | 'HoldReleased'>;
type Placed = HoldEvents['HoldPlaced'];
export type HoldScope = Placed['scope'];

/** One stream for each hold. Why it was placed, and by what right, is in the vault under its id. */
export type HoldCommands = {
  PlaceHold: Placed & { readonly rules: readonly Rule[] };
  /** The deadline at `reviewAt`. */
  DemandReview: { readonly holdId: string; readonly dueAt: string };
  /** Still needed; to be looked at again at `reviewAt`. */
  ReviewHold: { readonly holdId: string; readonly reviewAt: string };
  /** Released by hand, so somebody says why. */
  ReleaseHold: Required<HoldEvents['HoldReleased']>;
};

type State =
  | { readonly status: 'none' }
  | { readonly status: 'inForce'; readonly placed: Placed; readonly isReviewDue: boolean }
  | { readonly status: 'released' };

const unknown: Decision<HoldEvents> = refuse('HoldUnknown', 'No hold of this id was placed.');

export const hold: Decider<State, HoldCommands, HoldEvents> = {
  category: 'hold',
  initial: { status: 'none' },
  decide: {
    PlaceHold: ({ rules, ...placed }, state, { now }) => {
      if (state.status === 'released') return refuse('HoldReleased', 'This hold is over; place another one.', rules);
      if (state.status === 'inForce') return nothing;
      return compareInstants(placed.reviewAt, now) <= 0
        ? refuse('ReviewInThePast', 'A hold is looked at again later, not earlier.', rules)
        : [record('HoldPlaced', placed, ...rules)];
    },
    DemandReview: ({ holdId, dueAt }, state, { now }) =>
      state.status === 'inForce' &&
      !state.isReviewDue &&
      state.placed.reviewAt === dueAt &&
      compareInstants(dueAt, now) <= 0
        ? [record('HoldReviewDue', { holdId, dueAt })]
        : nothing,
    ReviewHold: ({ holdId, reviewAt }, state, { now }) => {
      if (state.status === 'none') return unknown;
      if (state.status === 'released') return refuse('HoldReleased', 'This hold is over.');
      if (compareInstants(reviewAt, now) <= 0)
        return refuse('ReviewInThePast', 'A hold is looked at again later, not earlier.');
      return [record('HoldReviewed', { holdId, reviewAt })];
    },
    ReleaseHold: (released, state) => {
      if (state.status === 'none') return unknown;
      return state.status === 'released' ? nothing : [record('HoldReleased', released)];
    },
  },
  evolve: {
    HoldPlaced: (_, placed) => ({ status: 'inForce', placed, isReviewDue: false }),
    HoldReviewDue: (state) => (state.status === 'inForce' ? { ...state, isReviewDue: true } : state),
    HoldReviewed: (state, { reviewAt }) =>
      state.status === 'inForce' ? { ...state, placed: { ...state.placed, reviewAt }, isReviewDue: false } : state,
    HoldReleased: () => ({ status: 'released' }),
  },
  deadlines: {
    HoldPlaced: ({ holdId, reviewAt }) => [review(holdId, reviewAt)],
    HoldReviewed: ({ holdId, reviewAt }) => [review(holdId, reviewAt)],
    HoldReviewDue: () => [{ cancel: 'review' }],
    HoldReleased: () => [{ cancel: 'review' }],
  },
};

const review = (holdId: string, dueAt: string) => ({
  schedule: 'review',
  dueAt,
  command: { name: 'DemandReview', data: { holdId, dueAt } },
});

/** What a hold looks at in an item. `startsAt` is the item's own time. */
export interface HeldBy {
  readonly groupId?: string | null;
  /** Whoever wrote it or whom it is about. */
  readonly people: readonly (string | null | undefined)[];
  readonly incidentId?: string | null;
  readonly startsAt: string;
}

/** Whether a hold covers an item: every part of its scope that is named must fit (BR-61). */
export function covers({ groupId, personId, incidentId, from, to }: HoldScope, item: HeldBy): boolean {
  return (
    (groupId === undefined || groupId === item.groupId) &&
    (personId === undefined || item.people.includes(personId)) &&
    (incidentId === undefined || incidentId === item.incidentId) &&
    (from === undefined || compareInstants(from, item.startsAt) <= 0) &&
    (to === undefined || compareInstants(item.startsAt, to) <= 0)
  );
}
