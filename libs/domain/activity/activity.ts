import type { MembershipPayloads, Rule } from '#events';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<MembershipPayloads, 'ActivityStarted' | 'ActivityExtended' | 'ActivityEnded'>;
type About = { readonly activityId: string };

/** What may be asked of an activity's stream. Instants are UTC in the house form. */
export type ActivityCommands = {
  Start: MembershipPayloads['ActivityStarted'];
  /** `rules` say under which reading of LD-04 an extension may be refused. */
  Extend: About & { readonly endsAt: string; readonly rules: readonly Rule[] };
  /**
   * With `endedAt`: somebody says that it ended then, early or reported late; `occurredAt` is `endedAt`.
   * Without: the planned end has come; the deadline's form.
   */
  End: About & { readonly endedAt?: string };
};

type Activity =
  | { readonly status: 'unknown' }
  | { readonly status: 'running' | 'ended'; readonly startsAt: string; readonly endsAt?: string };

/** The activity's end, planned or past (UTC); undefined while none is known. */
export const activityEnd = (activity: Activity): string | undefined =>
  activity.status === 'unknown' ? undefined : activity.endsAt;

/** Whether the activity is over at this instant (UTC), recorded as ended or not yet (LD-04, LD-05). */
export function isOver(activity: Activity, at: string): boolean {
  if (activity.status === 'unknown') return false;
  return activity.status === 'ended' || (activity.endsAt !== undefined && activity.endsAt <= at);
}

const unknown = (): Decision<Payloads> => refuse('ActivityUnknown', 'No activity is registered under this id.');

function start(data: ActivityCommands['Start'], { status }: Activity): Decision<Payloads> {
  if (status !== 'unknown') return nothing;
  if (data.endsAt !== undefined && data.endsAt <= data.startsAt)
    return refuse('EndsBeforeItStarts', 'An activity ends after it starts.');
  return [record('ActivityStarted', data)];
}

/** Access granted for an activity cannot be revived by prolonging the activity afterwards: that needs a new admission (LD-04). */
function extend(
  { activityId, endsAt, rules }: ActivityCommands['Extend'],
  activity: Activity,
  { now }: Moment,
): Decision<Payloads> {
  if (activity.status === 'unknown') return unknown();
  if (isOver(activity, now))
    return refuse('ActivityOver', 'The activity is over; whoever is still needed has to be admitted anew.', rules);
  if (endsAt <= now) return refuse('EndIsInThePast', 'The new end has passed already.', rules);
  const { endsAt: previously } = activity;
  if (previously === endsAt) return nothing;
  if (previously !== undefined && endsAt < previously)
    return refuse('NotAnExtension', 'The new end is before the planned one; end the activity instead.', rules);
  return [record('ActivityExtended', { activityId, endsAt, ...(previously ? { previously } : {}) }, ...rules)];
}

function end(
  { activityId, endedAt }: ActivityCommands['End'],
  activity: Activity,
  { now }: Moment,
): Decision<Payloads> {
  if (activity.status === 'unknown') return unknown();
  if (activity.status === 'ended') return nothing;
  // One that is called off before it starts ends when that is said; a time before its start is a mistake, and limits would count from it.
  if (endedAt !== undefined && endedAt < activity.startsAt && activity.startsAt <= now)
    return refuse('EndsBeforeItStarts', 'An activity ends after it starts.');
  // A deadline set before an extension must not end the activity early: only its planned end counts.
  const at = endedAt ?? activity.endsAt;
  if (at !== undefined && at <= now) return [record('ActivityEnded', { activityId, endedAt: at })];
  return endedAt === undefined
    ? nothing
    : refuse('EndIsInTheFuture', 'An activity can be ended once its end has come.');
}

const endAt = (activityId: string, dueAt: string) => [
  { schedule: 'end', dueAt, command: { name: 'End', data: { activityId } } },
];

/** A campaign, project or role with an end, to which guests are tied. */
export const activity: Decider<Activity, ActivityCommands, Payloads> = {
  category: 'activity',
  initial: { status: 'unknown' },
  decide: { Start: start, Extend: extend, End: end },
  evolve: {
    ActivityStarted: (_, { startsAt, endsAt }) => ({ status: 'running', startsAt, endsAt }),
    ActivityExtended: (state, { endsAt }) => (state.status === 'running' ? { ...state, endsAt } : state),
    ActivityEnded: (state, { endedAt }) =>
      state.status === 'running' ? { ...state, status: 'ended', endsAt: endedAt } : state,
  },
  deadlines: {
    ActivityStarted: ({ activityId, endsAt }) => (endsAt === undefined ? [] : endAt(activityId, endsAt)),
    ActivityExtended: ({ activityId, endsAt }) => endAt(activityId, endsAt),
    ActivityEnded: () => [{ cancel: 'end' }],
  },
};
