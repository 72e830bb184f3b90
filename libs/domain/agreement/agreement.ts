/** The agreement of one group: which version holds, and when it has to go round again. */
import type { ConsentPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type AgreementEvents = Pick<
  ConsentPayloads,
  'AgreementPublished' | 'AgreementCirculated' | 'AgreementCirculationDue' | 'AgreementEnded'
>;
type Circulated = ConsentPayloads['AgreementCirculated'];

/** `every` is the ISO 8601 duration after which it goes round again, null for never; counted on the calendar of `timeZone`. */
type Interval = { readonly every: string | null; readonly timeZone: string; readonly rules: readonly Rule[] };

/** One stream for each group. */
export type AgreementCommands = {
  Publish: Pick<Circulated, 'groupId' | 'version'> & Interval;
  Circulate: Omit<Circulated, 'circulateBy'> & Interval;
  DeclareCirculationDue: { readonly groupId: string; readonly dueAt: string };
  /** The group is closed. */
  End: { readonly groupId: string };
};

type State = {
  readonly version?: string;
  readonly circulatedAt?: string;
  readonly circulateBy?: string;
  readonly isEnded: boolean;
};

export const agreement: Decider<State, AgreementCommands, AgreementEvents> = {
  category: 'agreement',
  initial: { isEnded: false },
  decide: {
    /** A new version does not put off the circulation that is due already. */
    Publish: ({ groupId, version, every, timeZone, rules }, state, { occurredAt }) => {
      if (state.version === version) return nothing;
      const circulateBy = state.circulateBy ?? after(occurredAt, every, timeZone);
      return [record('AgreementPublished', { groupId, version, ...(circulateBy ? { circulateBy } : {}) }, ...rules)];
    },
    Circulate: circulate,
    DeclareCirculationDue: ({ groupId, dueAt }, { version, circulateBy, isEnded }) =>
      isEnded || version === undefined || circulateBy !== dueAt
        ? nothing
        : [record('AgreementCirculationDue', { groupId, version, dueAt })],
    End: (data, { version, isEnded }) =>
      isEnded || version === undefined ? nothing : [record('AgreementEnded', data)],
  },
  evolve: {
    AgreementPublished: (state, { version, circulateBy }) => ({
      ...state,
      version,
      ...(circulateBy ? { circulateBy } : {}),
    }),
    /** What is no longer asked for under the policy of the day is not due any more. */
    AgreementCirculated: ({ circulatedAt, version, isEnded }, { circulateBy }, { occurredAt }) => ({
      ...(version ? { version } : {}),
      isEnded,
      circulatedAt: circulatedAt && compareInstants(occurredAt, circulatedAt) <= 0 ? circulatedAt : occurredAt,
      ...(circulateBy ? { circulateBy } : {}),
    }),
    AgreementCirculationDue: (state) => state,
    AgreementEnded: (state) => ({ ...state, isEnded: true }),
  },
  deadlines: {
    AgreementPublished: (data) => circulationOf(data),
    AgreementCirculated: (data) => circulationOf(data),
    AgreementEnded: () => [{ cancel: 'circulation' }],
  },
};

/** Only the version that holds can go round; news of an earlier round does not move the next one forward (AMZ-031). */
function circulate(
  { every, timeZone, rules, ...round }: AgreementCommands['Circulate'],
  state: State,
  { occurredAt }: Moment,
): Decision<AgreementEvents> {
  if (state.version === undefined) return refuse('NoAgreement', 'The group has published no agreement yet.', rules);
  if (state.version !== round.version)
    return refuse('AgreementOutdated', 'This is not the version of the agreement that holds.', rules);
  if (state.isEnded) return refuse('GroupClosed', 'The group is closed.', rules);
  const isOld = state.circulatedAt !== undefined && compareInstants(occurredAt, state.circulatedAt) <= 0;
  if (isOld) return nothing;
  const circulateBy = after(occurredAt, every, timeZone);
  return [record('AgreementCirculated', { ...round, ...(circulateBy ? { circulateBy } : {}) }, ...rules)];
}

function after(instant: string, every: string | null, timeZone: string): string | undefined {
  return every === null ? undefined : addDuration(instant, every, timeZone);
}

function circulationOf({ groupId, circulateBy }: { groupId: string; circulateBy?: string }) {
  if (circulateBy === undefined) return [{ cancel: 'circulation' }];
  const command = { name: 'DeclareCirculationDue', data: { groupId, dueAt: circulateBy } };
  return [{ schedule: 'circulation', dueAt: circulateBy, command }];
}
