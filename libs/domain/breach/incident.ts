/** What people report that is no breach, and what has to follow: whom to tell by when, and the steps of a conduct case. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { findRoute } from './checklist.js';
import { actWithin, escalation, type MatterName } from './matter.js';

type IncidentEvents = Pick<
  RetentionPayloads,
  | 'IncidentReported'
  | 'IncidentPassedOn'
  | 'IncidentOverdue'
  | 'IncidentUnattended'
  | 'IncidentStepTaken'
  | 'IncidentClosed'
>;
type Reported = IncidentEvents['IncidentReported'];

/** What may be reported. `conduct` is a case about somebody's behaviour in a group; a lookalike is a group taken for ours. */
export const incidentCategories = [
  ...(['offensive_content', 'concern', 'welfare', 'safeguarding', 'harassment', 'misconduct'] as const),
  ...(['lookalike_group', 'serious_matter', 'conduct', 'other'] as const),
] as const;
export type IncidentCategory = (typeof incidentCategories)[number];

/** A policy that says nothing of a category may have a route for what it is a case of: the categories in which one is looked for. */
const kinds: Readonly<Partial<Record<IncidentCategory, readonly string[]>>> = {
  welfare: ['welfare', 'concern'],
  harassment: ['harassment', 'bullying_in_unofficial_group', 'concern', 'misconduct'],
  serious_matter: ['serious_matter', 'concern'],
};
/** What the route does not name as a step and the guidance asks for all the same: the group is asked for another name (AMZ-044). */
const besides: Readonly<Partial<Record<IncidentCategory, readonly string[]>>> = {
  lookalike_group: ['ask_for_another_name'],
};
/** Where the policy names no time the product's own reading is a day: a report nobody has to hear of is lost. */
const WITHIN = 'P1D';
/** Where no policy has a route, somebody still hears of it. */
const ANYBODY = ['manager'];

/** Where a report goes and what has to be done about it. `inOrder`: a step counts only after those before it. */
export interface IncidentRoute {
  readonly recipients: readonly string[];
  readonly steps: readonly string[];
  readonly inOrder: boolean;
  readonly within: string;
  /** How soon the first step is to be taken, where that is asked for. */
  readonly actWithin?: string;
  readonly rules: readonly Rule[];
}

/** The route of a report under these policies, the nearest one first (CN-21, AMZ-043, AMZ-110, AMZ-119, BR-32; LD-40, HSU-26). */
export function incidentRoute(
  policies: readonly ResolvedPolicy[],
  category: IncidentCategory,
  matter?: MatterName,
): IncidentRoute {
  const [policy] = policies;
  if (category === 'conduct' && policy) return conductRoute(policy, policies, matter);
  const found = findRoute(policies, kinds[category] ?? [category]);
  const steps = [...(found?.route.steps ?? []), ...(besides[category] ?? [])];
  return {
    recipients: found ? [...found.route.recipients] : ANYBODY,
    steps,
    inOrder: true,
    within: found?.route.deadline ?? WITHIN,
    rules: found ? [found.rule] : [],
  };
}

/** Behaviour in a group goes to those who run it and by the steps of the policy; some matters go further (AMZ-097). */
function conductRoute(policy: ResolvedPolicy, policies: readonly ResolvedPolicy[], matter?: MatterName): IncidentRoute {
  const { steps, mode } = policy.parameters.conduct_ladder.value;
  const further = escalation(policies, matter);
  const { within, rule } = actWithin(policy);
  return {
    recipients: [...new Set(['group_admins', ...further.recipients])],
    steps: [...new Set([...further.steps, ...steps])],
    inOrder: mode === 'strict',
    within: WITHIN,
    actWithin: within,
    rules: [ruleOf(policy, 'conduct_ladder'), rule, ...further.rules],
  };
}

/** One stream for each incident. A moment's `occurredAt` is when it was reported, passed on, done; UTC. */
export type IncidentCommands = {
  Report: Pick<Reported, 'incidentId' | 'category' | 'matter' | 'groupId' | 'personIds'> & {
    readonly route: IncidentRoute;
    readonly timeZone: string;
  };
  PassOn: Omit<IncidentEvents['IncidentPassedOn'], 'lateBySeconds'>;
  /** `isExplained`: whether it was said why earlier steps are left out. */
  TakeStep: Omit<IncidentEvents['IncidentStepTaken'], 'skipped'> & { readonly isExplained: boolean };
  DeclareOverdue: { readonly incidentId: string; readonly dueAt: string };
  /** The deadline at `actBy`. */
  DeclareUnattended: { readonly incidentId: string; readonly dueAt: string };
  Close: IncidentEvents['IncidentClosed'];
};

interface Known {
  readonly reported: Reported;
  readonly reportedAt: string;
  readonly told: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  readonly isOverdue: boolean;
  readonly isUnattended: boolean;
}
type State = { readonly status: 'none' } | (Known & { readonly status: 'open' | 'closed' });

export const incident: Decider<State, IncidentCommands, IncidentEvents> = {
  category: 'incident',
  initial: { status: 'none' },
  decide: {
    Report: ({ route, timeZone, ...data }, state, { occurredAt }) => {
      if (state.status !== 'none') return nothing;
      const { recipients, steps, inOrder, within, rules } = route;
      const dueAt = addDuration(occurredAt, within, timeZone);
      const actBy = route.actWithin && { actBy: addDuration(occurredAt, route.actWithin, timeZone) };
      const plan = { recipients: [...recipients], steps: [...steps], inOrder, dueAt, ...actBy };
      return [record('IncidentReported', { ...data, ...plan }, ...rules)];
    },
    PassOn: (data, state, { occurredAt }) =>
      whileOpen(state, occurredAt, ({ reported, told }) => {
        if (!reported.recipients.includes(data.recipient))
          return refuse('NotARecipient', 'This kind of report does not go there.');
        if (told.has(data.recipient)) return nothing;
        return [record('IncidentPassedOn', { ...data, lateBySeconds: secondsLate(reported.dueAt, occurredAt) })];
      }),
    TakeStep: takeStep,
    DeclareOverdue: (data, state, { now }) => {
      if (state.status !== 'open' || state.isOverdue || compareInstants(data.dueAt, now) > 0) return nothing;
      const recipients = untold(state);
      return recipients.length > 0 ? [record('IncidentOverdue', { ...data, recipients })] : nothing;
    },
    DeclareUnattended: (data, state, { now }) =>
      state.status === 'open' && !state.isUnattended && state.taken.size === 0 && compareInstants(data.dueAt, now) <= 0
        ? [record('IncidentUnattended', data)]
        : nothing,
    Close: close,
  },
  evolve: {
    IncidentReported: (_, reported, { occurredAt }) => ({
      status: 'open',
      reported,
      reportedAt: occurredAt,
      told: new Set(),
      taken: new Set(),
      isOverdue: false,
      isUnattended: false,
    }),
    IncidentPassedOn: (state, { recipient }) =>
      state.status === 'none' ? state : { ...state, told: new Set([...state.told, recipient]) },
    IncidentOverdue: (state) => (state.status === 'none' ? state : { ...state, isOverdue: true }),
    IncidentUnattended: (state) => (state.status === 'none' ? state : { ...state, isUnattended: true }),
    IncidentStepTaken: (state, { step, skipped }) =>
      state.status === 'none' ? state : { ...state, taken: new Set([...state.taken, ...skipped, step]) },
    IncidentClosed: (state) => (state.status === 'none' ? state : { ...state, status: 'closed' }),
  },
  deadlines: {
    IncidentReported: ({ incidentId, dueAt, actBy }) => [
      { schedule: 'due', dueAt, command: { name: 'DeclareOverdue', data: { incidentId, dueAt } } },
      ...(actBy === undefined
        ? []
        : [
            {
              schedule: 'act',
              dueAt: actBy,
              command: { name: 'DeclareUnattended', data: { incidentId, dueAt: actBy } },
            },
          ]),
    ],
    IncidentStepTaken: () => [{ cancel: 'act' }],
    IncidentClosed: () => [{ cancel: 'due' }, { cancel: 'act' }],
  },
};

/**
 * Who still has to hear of it. The last one named is the one the report is for: those before are ways to reach them (AMZ-110), so once
 * the last one knows nobody is missing.
 */
function untold({ reported: { recipients }, told }: Known): string[] {
  return told.has(recipients.at(-1)!) ? [] : recipients.filter((recipient) => !told.has(recipient));
}

/** Decides on an open incident; `at` is the time that something is said of, which is not before the report. */
function whileOpen(
  state: State,
  at: string,
  decide: (known: Known) => Decision<IncidentEvents>,
): Decision<IncidentEvents> {
  if (state.status === 'none') return refuse('IncidentUnknown', 'No incident of this id was reported.');
  if (state.status === 'closed') return refuse('IncidentClosed', 'The incident is closed.');
  return compareInstants(at, state.reportedAt) < 0
    ? refuse('BeforeReport', 'The incident was reported later than that.')
    : decide(state);
}

/** Where the policy is strict a later step needs the earlier ones, or a word on why they are left out (HSU-26, LD-40). */
function takeStep(
  { isExplained, ...data }: IncidentCommands['TakeStep'],
  state: State,
  { occurredAt }: Moment,
): Decision<IncidentEvents> {
  return whileOpen(state, occurredAt, ({ reported: { steps, inOrder }, taken }) => {
    const at = steps.indexOf(data.step);
    if (at < 0) return refuse('NoSuchStep', 'What is to be done about this has no such step.');
    if (taken.has(data.step)) return nothing;
    const skipped = inOrder ? steps.slice(0, at).filter((step) => !taken.has(step)) : [];
    return skipped.length > 0 && !isExplained
      ? refuse('StepOutOfOrder', `The steps are taken in their order, and ${skipped[0]!} comes first.`)
      : [record('IncidentStepTaken', { ...data, skipped })];
  });
}

/** A report is not done with before whoever it is for knows of it. A conduct case may end after any step, the first one at least (LD-41). */
function close(data: IncidentEvents['IncidentClosed'], state: State, { occurredAt }: Moment): Decision<IncidentEvents> {
  if (state.status === 'closed') return nothing;
  return whileOpen(state, occurredAt, (known) => {
    const { reported, taken } = known;
    const isConduct = reported.category === 'conduct';
    const owed = isConduct ? [] : reported.steps.filter((step) => !taken.has(step));
    const missing = [
      ...untold(known).map((recipient) => `tell:${recipient}`),
      ...owed.map((step) => `step:${step}`),
      ...(isConduct && taken.size === 0 && data.outcome !== 'no_action' ? ['step'] : []),
    ];
    return missing.length > 0
      ? refuse('IncidentIncomplete', `It cannot be closed yet. Missing: ${missing.join(', ')}.`)
      : [record('IncidentClosed', data)];
  });
}
