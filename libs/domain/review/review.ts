/** When rules are looked at again: those of a policy, and how long things are kept (CN-30, LD-51). */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, endOfDay, nthDay, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type ReviewEvents = Pick<
  RetentionPayloads,
  'ReviewScheduled' | 'PolicyReviewDue' | 'PolicyReviewOverdue' | 'PolicyReviewed' | 'ReviewDropped'
>;
type Scheduled = ReviewEvents['ReviewScheduled'];

/** What a profile asks to be looked at again, by whom and how often; `firstDue` is `YYYY-MM-DD`. */
export interface ReviewPlan {
  readonly subject: Scheduled['subject'];
  readonly profile: string;
  readonly policyVersion: number;
  readonly owner?: string;
  readonly every: string;
  readonly firstDue?: string;
  readonly rules: readonly Rule[];
}

/** One stream for each profile and subject. Instants are UTC; a moment's `occurredAt` is when the profile came into force, or the look was taken. */
export type ReviewCommands = {
  Schedule: ReviewPlan & { readonly reviewId: string; readonly timeZone: string };
  Drop: { readonly reviewId: string };
  DeclareDue: { readonly reviewId: string; readonly dueAt: string };
  DeclareOverdue: { readonly reviewId: string; readonly dueAt: string };
  /** Without an owner it stays with whoever has it. */
  RecordReview: Pick<ReviewEvents['PolicyReviewed'], 'reviewId' | 'outcome' | 'reviewedBy' | 'owner'>;
};

/** How long whoever has to look has for it. The guidance names the day alone; four weeks are the product's own reading. */
const WITHIN = 'P28D';
/** No guidance says how often periods are looked at; once a year is the product's own reading, as for the rules. */
const SCHEDULES_EVERY = 'P1Y';

interface Waiting {
  readonly scheduled: Scheduled;
  readonly firstDue: string;
  readonly dueAt: string;
  readonly status: 'upcoming' | 'due' | 'overdue';
  /** When the rules came into force as they are, and when somebody last looked at them. */
  readonly inForceFrom: string;
  readonly lookedAt?: string;
}
type State = { readonly status: 'none' } | { readonly status: 'dropped' } | Waiting;

/** What the policies of one profile ask to be looked at: its rules where it says so, and its times to keep things where it has any. */
export function reviewsOf(policies: readonly ResolvedPolicy[]): ReviewPlan[] {
  const asks = policies.find(({ parameters }) => parameters.policy_review.value !== null);
  const keeps = policies.find(({ parameters }) => parameters.retention_period.value !== null);
  const named = ({ profile, version }: ResolvedPolicy) => ({ profile, policyVersion: version });
  const plans: ReviewPlan[] = [];
  if (asks) {
    const { every, owner, first_due: firstDue } = asks.parameters.policy_review.value!;
    plans.push({
      subject: 'policy',
      ...named(asks),
      every,
      ...(owner === null ? {} : { owner }),
      ...(firstDue === null ? {} : { firstDue }),
      rules: [ruleOf(asks, 'policy_review')],
    });
  }
  if (keeps)
    plans.push({
      subject: 'schedule',
      ...named(keeps),
      every: SCHEDULES_EVERY,
      rules: [ruleOf(keeps, 'retention_period')],
    });
  return plans;
}

export const review: Decider<State, ReviewCommands, ReviewEvents> = {
  category: 'review',
  initial: { status: 'none' },
  decide: {
    Schedule: schedule,
    Drop: (data, state) => (isWaiting(state) ? [record('ReviewDropped', data)] : nothing),
    DeclareDue: (data, state, { now }) =>
      state.status === 'upcoming' && state.dueAt === data.dueAt && compareInstants(data.dueAt, now) <= 0
        ? [record('PolicyReviewDue', data)]
        : nothing,
    DeclareOverdue: (data, state, { now }) =>
      state.status === 'due' && state.dueAt === data.dueAt && compareInstants(graceAfter(state), now) <= 0
        ? [record('PolicyReviewOverdue', data)]
        : nothing,
    RecordReview: (data, state, { occurredAt }) => {
      if (!isWaiting(state)) return refuse('ReviewUnknown', 'No review of this id is asked for.');
      const { scheduled, dueAt, inForceFrom, lookedAt = inForceFrom } = state;
      if (compareInstants(occurredAt, inForceFrom) < 0)
        return refuse('BeforeInForce', 'The rules that are to be looked at came into force later than that.');
      if (compareInstants(occurredAt, lookedAt) < 0)
        return refuse('BeforeLastReview', 'Somebody has looked at them later than that already.');
      const { policyVersion, every, timeZone } = scheduled;
      const next = addDuration(occurredAt, every, timeZone);
      const owner = data.owner ?? scheduled.owner;
      return [
        record('PolicyReviewed', {
          ...data,
          policyVersion,
          ...(owner === undefined ? {} : { owner }),
          dueAt: next,
          lateBySeconds: secondsLate(dueAt, occurredAt),
        }),
      ];
    },
  },
  evolve: {
    ReviewScheduled: (_, scheduled, { occurredAt }) => ({
      scheduled,
      inForceFrom: occurredAt,
      firstDue: scheduled.dueAt,
      dueAt: scheduled.dueAt,
      status: 'upcoming',
    }),
    PolicyReviewDue: (state) => (isWaiting(state) ? { ...state, status: 'due' } : state),
    PolicyReviewOverdue: (state) => (isWaiting(state) ? { ...state, status: 'overdue' } : state),
    PolicyReviewed: (state, { dueAt, owner }, { occurredAt }) =>
      isWaiting(state)
        ? {
            ...state,
            scheduled: { ...state.scheduled, ...(owner === undefined ? {} : { owner }) },
            dueAt,
            status: 'upcoming',
            lookedAt: occurredAt,
          }
        : state,
    ReviewDropped: () => ({ status: 'dropped' }),
  },
  deadlines: {
    ReviewScheduled: ({ reviewId, dueAt }) => clocks(reviewId, dueAt),
    PolicyReviewed: ({ reviewId, dueAt }) => clocks(reviewId, dueAt),
    PolicyReviewDue: ({ reviewId, dueAt }) => [
      {
        schedule: 'overdue',
        dueAt: addDuration(dueAt, WITHIN),
        command: { name: 'DeclareOverdue', data: { reviewId, dueAt } },
      },
    ],
    ReviewDropped: () => [{ cancel: 'due' }, { cancel: 'overdue' }],
  },
};

const clocks = (reviewId: string, dueAt: string) => [
  { schedule: 'due', dueAt, command: { name: 'DeclareDue', data: { reviewId, dueAt } } },
  { cancel: 'overdue' },
];
const graceAfter = ({ dueAt }: Waiting): string => addDuration(dueAt, WITHIN);
const isWaiting = (state: State): state is Waiting => state.status !== 'none' && state.status !== 'dropped';

/** A profile that comes into force again as it was changes nothing; a new version, owner or interval begins anew (LD-51). */
function schedule(
  { rules, firstDue, ...plan }: ReviewCommands['Schedule'],
  state: State,
  { occurredAt }: Moment,
): Decision<ReviewEvents> {
  const { policyVersion, every, timeZone } = plan;
  if (isWaiting(state)) {
    const { scheduled: known } = state;
    if (known.policyVersion === policyVersion && known.every === every && known.owner === plan.owner) return nothing;
  }
  // An interval of hours has no days of its own to fall on.
  const dueAt =
    firstDue === undefined || nthDay(firstDue, every, 1) === firstDue
      ? addDuration(occurredAt, every, timeZone)
      : firstAfter(occurredAt, { firstDue, every, timeZone });
  return [record('ReviewScheduled', { ...plan, dueAt }, ...rules)];
}

/** The end of the first of a profile's own review days that is still to come: those before it came into force were others' to keep (CN-30). */
function firstAfter(
  instant: string,
  { firstDue, every, timeZone }: { firstDue: string; every: string; timeZone: string },
): string {
  for (let count = 0; ; count++) {
    const end = endOfDay(nthDay(firstDue, every, count), timeZone);
    if (compareInstants(end, instant) > 0) return end;
  }
}
