/** How a breach stands: what its events add up to, and what is still missing. */
import type { RetentionPayloads } from '#events';
import type { Decider } from '../decider.js';

export type BreachEvents = Pick<
  RetentionPayloads,
  | 'BreachSuggested'
  | 'BreachSuggestionUndecided'
  | 'BreachSuggestionDismissed'
  | 'BreachReported'
  | 'RecipientsEstablished'
  | 'EvidenceKept'
  | 'HeldDeletionDecided'
  | 'BreachStepRefused'
  | 'BreachStepAttested'
  | 'BreachStepOverdue'
  | 'BreachReportingDecided'
  | 'RegulatorTold'
  | 'RegulatorClockPassed'
  | 'PeopleToldOfBreach'
  | 'BreachClosed'
>;

/** A step that was taken, or for which there was nothing to do; `at` is UTC. */
export type SettledStep = Omit<BreachEvents['BreachStepAttested'], 'breachId' | 'step'> & { readonly at: string };

/** A breach that was reported. Times are UTC. */
export interface OpenBreach {
  readonly status: 'open';
  readonly reported: BreachEvents['BreachReported'];
  /** By group: who was in it at the time. */
  readonly recipients: ReadonlyMap<string, readonly string[]>;
  readonly settled: ReadonlyMap<string, SettledStep>;
  readonly overdue: ReadonlySet<string>;
  /** Holds about which it is settled what becomes of what they cover. */
  readonly answeredHolds: ReadonlySet<string>;
  readonly decision: BreachEvents['BreachReportingDecided'] | undefined;
  readonly regulatorToldAt: string | undefined;
  readonly isClockPassed: boolean;
  readonly told: ReadonlySet<string>;
  readonly isAnybodyTold: boolean;
}
export type BreachState =
  | { readonly status: 'none' | 'dismissed' }
  | { readonly status: 'suggested'; readonly isUndecided: boolean }
  | OpenBreach
  | (Omit<OpenBreach, 'status'> & { readonly status: 'closed' });

/** The steps of the checklist nobody has settled, in their order. */
export function unsettled({ reported, settled }: Pick<OpenBreach, 'reported' | 'settled'>): string[] {
  return reported.steps.map(({ step }) => step).filter((step) => !settled.has(step));
}

/** Every piece without which the breach cannot be closed, by name (BR-43; UK GDPR, articles 33 and 34). */
export function missingFrom(state: Omit<OpenBreach, 'status'>): string[] {
  const { decision, regulatorToldAt, told, isAnybodyTold } = state;
  const isOwed = decision?.risk === 'high';
  const untold = isOwed && (decision.toTell.length > 0 ? decision.toTell.some((id) => !told.has(id)) : !isAnybodyTold);
  return [
    ...unsettled(state).map((step) => `step:${step}`),
    ...(decision === undefined ? ['decision_on_reporting'] : []),
    ...(decision?.report && regulatorToldAt === undefined ? ['telling_the_regulator'] : []),
    ...(untold ? ['telling_the_people'] : []),
  ];
}

type Evolve = Decider<BreachState, object, BreachEvents>['evolve'];

export const evolveBreach: Evolve = {
  BreachSuggested: () => ({ status: 'suggested', isUndecided: false }),
  BreachSuggestionUndecided: (state) => (state.status === 'suggested' ? { ...state, isUndecided: true } : state),
  BreachSuggestionDismissed: () => ({ status: 'dismissed' }),
  BreachReported: (_, reported) => ({
    status: 'open',
    reported,
    recipients: new Map(),
    settled: new Map(),
    overdue: new Set(),
    answeredHolds: new Set(),
    decision: undefined,
    regulatorToldAt: undefined,
    isClockPassed: false,
    told: new Set(),
    isAnybodyTold: false,
  }),
  RecipientsEstablished: (state, { groupId, personIds }) =>
    change(state, ({ recipients }) => ({ recipients: new Map(recipients).set(groupId, personIds) })),
  EvidenceKept: (state, { holdIds }) =>
    change(state, ({ answeredHolds }) => ({ answeredHolds: new Set([...answeredHolds, ...holdIds]) })),
  HeldDeletionDecided: (state, { holdIds }) =>
    change(state, ({ answeredHolds }) => ({ answeredHolds: new Set([...answeredHolds, ...holdIds]) })),
  BreachStepRefused: (state) => state,
  BreachStepAttested: (state, { step, outcome, attestedBy, lateBySeconds }, { occurredAt }) =>
    change(state, ({ settled }) => ({
      settled: new Map(settled).set(step, { outcome, attestedBy, lateBySeconds, at: occurredAt }),
    })),
  BreachStepOverdue: (state, { step }) => change(state, ({ overdue }) => ({ overdue: new Set([...overdue, step]) })),
  BreachReportingDecided: (state, decision) => change(state, () => ({ decision })),
  RegulatorTold: (state, _, { occurredAt }) => change(state, () => ({ regulatorToldAt: occurredAt })),
  RegulatorClockPassed: (state) => change(state, () => ({ isClockPassed: true })),
  PeopleToldOfBreach: (state, { personIds }) =>
    change(state, ({ told }) => ({ told: new Set([...told, ...personIds]), isAnybodyTold: true })),
  BreachClosed: (state) => (state.status === 'open' ? { ...state, status: 'closed' } : state),
};

function change(
  state: BreachState,
  by: (open: Omit<OpenBreach, 'status'>) => Partial<Omit<OpenBreach, 'status'>>,
): BreachState {
  return state.status === 'open' || state.status === 'closed' ? { ...state, ...by(state) } : state;
}
