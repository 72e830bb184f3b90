/** What is put together for somebody who asks to see what is held: searched for, compiled, reviewed, read, and gone in the end. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Events = Pick<
  RetentionPayloads,
  | 'PackageOrdered'
  | 'PackageSearchRepeated'
  | 'PackageCompiled'
  | 'PackageNotCompiled'
  | 'DisclosureDecided'
  | 'PackageRead'
  | 'PackageEndSet'
  | 'PackageExpired'
  | 'PackageDestroyed'
>;
type Edition = { readonly requestId: string; readonly edition: number };
type About = Omit<Events['PackageOrdered'], 'edition' | 'again' | 'giveUpAt'>;

/** One stream for each request; `requestId` is its id. */
export type PackageCommands = {
  /** `request`: what the request it belongs to is; `about` names a person, or groups and a period. */
  OrderPackage: {
    readonly about: About;
    readonly request: { readonly kind: string; readonly isIdentityKnown: boolean; readonly isAnswered: boolean };
    readonly rules: readonly Rule[];
  };
  /** The deadline of a search that nobody brought to an end. */
  ChaseSearch: Edition;
  CompilePackage: Pick<Events['PackageCompiled'], 'requestId' | 'edition' | 'sha256' | 'searched' | 'others'>;
  /** `sha256`: of the package as it is with this decision. */
  DecideDisclosure: Omit<Events['DisclosureDecided'], 'edition'>;
  NoteReading: Omit<Events['PackageRead'], 'edition'>;
  /** The request is answered. */
  EndPackage: { readonly requestId: string };
  /** The deadline at the end of its time. */
  ExpirePackage: Edition;
  /** What it was is destroyed, in the same transaction. */
  ConfirmDestroyed: { readonly requestId: string; readonly because: Events['PackageDestroyed']['because'] };
};

type State = {
  readonly status: 'none' | 'searching' | 'compiled' | 'given_up' | 'destroyed';
  readonly edition: number;
  readonly giveUpAt: string;
  /** The edition that is there to be read, or to be destroyed; 0 where there is none. */
  readonly kept: number;
  readonly others: number;
  readonly disclosed: readonly number[];
  readonly destroyAt: string;
};

/** Much longer than a search takes: whoever began it is gone by then. */
const AGAIN = 'PT10M';
const SEARCHED_FOR = 'P2D';
/** As long as somebody may complain about an answer to the regulator without losing time. */
const AFTER_ANSWER = 'P3M';
/** The longest that a package of a request without an answer is kept. */
const AT_MOST = 'P1Y';

export const rightsPackage: Decider<State, PackageCommands, Events> = {
  category: 'package',
  initial: { status: 'none', edition: 0, giveUpAt: '', kept: 0, others: 0, disclosed: [], destroyAt: '' },
  decide: {
    OrderPackage: order,
    ChaseSearch: ({ requestId, edition }, state, { now }) => {
      if (state.status !== 'searching' || state.edition !== edition) return nothing;
      return compareInstants(now, state.giveUpAt) >= 0
        ? [record('PackageNotCompiled', { requestId, edition, because: 'service_out_of_reach' as const })]
        : [record('PackageSearchRepeated', { requestId, edition, again: addDuration(now, AGAIN) })];
    },
    /** The search before it is replaced by this one: what it found counts no more. */
    CompilePackage: (compiled, { status, edition, kept }, { now }) => {
      if (status !== 'searching' || edition !== compiled.edition) return nothing;
      const { requestId } = compiled;
      const replaced =
        kept > 0 ? [record('PackageDestroyed', { requestId, edition: kept, because: 'replaced' as const })] : [];
      return [...replaced, record('PackageCompiled', { ...compiled, destroyAt: addDuration(now, AT_MOST) })];
    },
    DecideDisclosure: (decided, state) =>
      whileKept(state, ({ kept: edition, others, disclosed }) => {
        const { label, isDisclosed } = decided;
        if (label > others) return refuse('LabelUnknown', 'Nobody in the package has this label.');
        return disclosed.includes(label) === isDisclosed
          ? nothing
          : [record('DisclosureDecided', { ...decided, edition })];
      }),
    NoteReading: (read, state) =>
      whileKept(state, ({ kept: edition }) => [record('PackageRead', { ...read, edition })]),
    EndPackage: ({ requestId }, { kept: edition, destroyAt }, { now }) => {
      const end = addDuration(now, AFTER_ANSWER);
      if (edition === 0 || compareInstants(destroyAt, end) <= 0) return nothing;
      return [record('PackageEndSet', { requestId, edition, destroyAt: end })];
    },
    ExpirePackage: ({ requestId, edition }, state, { now }) =>
      state.kept === edition && compareInstants(state.destroyAt, now) <= 0
        ? [record('PackageExpired', { requestId, edition })]
        : nothing,
    ConfirmDestroyed: ({ requestId, because }, { kept: edition }) =>
      edition === 0 ? nothing : [record('PackageDestroyed', { requestId, edition, because })],
  },
  evolve: {
    PackageOrdered: (state, { edition, giveUpAt }) => ({ ...state, status: 'searching', edition, giveUpAt }),
    PackageSearchRepeated: (state) => state,
    PackageCompiled: (state, { edition, others, destroyAt }) => ({
      ...state,
      status: 'compiled',
      kept: edition,
      others,
      destroyAt,
      disclosed: [],
    }),
    PackageNotCompiled: (state) => ({ ...state, status: state.kept > 0 ? 'compiled' : 'given_up' }),
    DisclosureDecided: (state, { label, isDisclosed }) => ({
      ...state,
      disclosed: isDisclosed ? [...state.disclosed, label] : state.disclosed.filter((other) => other !== label),
    }),
    PackageRead: (state) => state,
    PackageEndSet: (state, { destroyAt }) => ({ ...state, destroyAt }),
    PackageExpired: (state) => state,
    PackageDestroyed: (state) => ({
      ...state,
      status: state.status === 'searching' ? 'searching' : 'destroyed',
      kept: 0,
      disclosed: [],
    }),
  },
  deadlines: {
    PackageOrdered: ({ requestId, edition, again }) => [chaseAt(again, { requestId, edition })],
    PackageSearchRepeated: ({ again, ...edition }) => [chaseAt(again, edition)],
    PackageNotCompiled: () => [{ cancel: 'search' }],
    PackageCompiled: ({ requestId, edition, destroyAt }) => [
      { cancel: 'search' },
      expireAt(destroyAt, { requestId, edition }),
    ],
    PackageEndSet: ({ destroyAt, ...edition }) => [expireAt(destroyAt, edition)],
    PackageDestroyed: () => [{ cancel: 'end' }],
  },
};

const chaseAt = (dueAt: string, data: Edition) => ({
  schedule: 'search',
  dueAt,
  command: { name: 'ChaseSearch', data },
});
const expireAt = (dueAt: string, data: Edition) => ({
  schedule: 'end',
  dueAt,
  command: { name: 'ExpirePackage', data },
});

function whileKept(state: State, decide: (state: State) => Decision<Events>): Decision<Events> {
  return state.kept > 0 ? decide(state) : refuse('NoPackage', 'There is no package to this request, or no longer.');
}

/** Only who asks to see gets a package, and only when it is known who that is (LD-45, CN-29). */
function order(
  { about, request, rules }: PackageCommands['OrderPackage'],
  { status, edition }: State,
  { now }: Moment,
): Decision<Events> {
  if (!['access', 'freedom_of_information'].includes(request.kind))
    return refuse('NotForDisclosure', 'Only a request to see what is held leads to a package.', rules);
  if (!request.isIdentityKnown) return refuse('IdentityUnknown', 'It is not known yet who asks.', rules);
  if (request.isAnswered) return refuse('RequestAnswered', 'The request has been answered.', rules);
  if (request.kind === 'access' && about.personId === undefined)
    return refuse('NobodyNamed', 'The request does not say whose data it is about.', rules);
  if (status === 'searching') return nothing;
  const next = {
    ...about,
    edition: edition + 1,
    again: addDuration(now, AGAIN),
    giveUpAt: addDuration(now, SEARCHED_FOR),
  };
  return [record('PackageOrdered', next, ...rules)];
}
