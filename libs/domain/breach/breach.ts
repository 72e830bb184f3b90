/** A breach of personal data: what has to be done about it, in which order and by when, and when it may be closed. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { isDeletion } from './checklist.js';
import {
  type BreachEvents,
  type BreachState,
  evolveBreach,
  missingFrom,
  type OpenBreach,
  unsettled,
} from './standing.js';

/** One stream for each breach. A moment's `occurredAt` is when it happened by the account of whoever says so; all instants UTC. */
export type BreachCommands = {
  Suggest: Omit<BreachEvents['BreachSuggested'], 'decideBy'>;
  /** The deadline at `dueAt`, of a suggestion. */
  DeclareUndecided: { readonly breachId: string; readonly dueAt: string };
  Dismiss: BreachEvents['BreachSuggestionDismissed'];
  /** Also what makes a suggestion a breach. `dueAt` follows from `awareAt`. */
  Report: Omit<BreachEvents['BreachReported'], 'dueAt'> & { readonly rules: readonly Rule[] };
  EstablishRecipients: BreachEvents['RecipientsEstablished'];
  /** `holdIds`: the holds that cover what is to be deleted, as they stand. */
  KeepEvidence: BreachEvents['EvidenceKept'];
  DecideOnHeld: BreachEvents['HeldDeletionDecided'];
  AttestStep: Omit<BreachEvents['BreachStepAttested'], 'lateBySeconds'> & {
    readonly holdIds: readonly string[];
    readonly rules: readonly Rule[];
    readonly holdRules: readonly Rule[];
  };
  DeclareStepOverdue: BreachEvents['BreachStepOverdue'];
  DecideReporting: Omit<BreachEvents['BreachReportingDecided'], 'dueAt'>;
  /** `isDelayExplained`: whether it was said why it took longer than the law gives. */
  TellRegulator: { readonly breachId: string; readonly toldBy: string; readonly isDelayExplained: boolean };
  DeclareClockPassed: { readonly breachId: string; readonly dueAt: string };
  TellPeople: BreachEvents['PeopleToldOfBreach'];
  Close: BreachEvents['BreachClosed'];
};

/** How long the law gives from awareness to the report: hours that pass, not working days (UK GDPR, article 33(1)). */
const REGULATOR_WITHIN = 'PT72H';
/** A suggestion that waits costs the hours the law gives, so a day for it is the product's own reading. */
const DECIDE_WITHIN = 'PT24H';

export const breach: Decider<BreachState, BreachCommands, BreachEvents> = {
  category: 'breach',
  initial: { status: 'none' },
  decide: {
    // From now on, not from the fact: nobody could decide before it was told.
    Suggest: (data, state, { now }) =>
      state.status === 'none'
        ? [record('BreachSuggested', { ...data, decideBy: addDuration(now, DECIDE_WITHIN) })]
        : nothing,
    DeclareUndecided: (data, state, { now }) =>
      state.status === 'suggested' && !state.isUndecided && compareInstants(data.dueAt, now) <= 0
        ? [record('BreachSuggestionUndecided', data)]
        : nothing,
    Dismiss: (data, state) => {
      if (state.status === 'dismissed') return nothing;
      return state.status === 'suggested'
        ? [record('BreachSuggestionDismissed', data)]
        : refuse('NotASuggestion', 'Only a suggestion nobody has confirmed can be dismissed.');
    },
    Report: ({ rules, ...data }, state) => {
      if (state.status === 'open' || state.status === 'closed') return nothing;
      const dueAt = addDuration(data.awareAt, REGULATOR_WITHIN);
      return [record('BreachReported', { ...data, dueAt }, ...rules)];
    },
    EstablishRecipients: (data, state) =>
      state.status === 'open' && !isSame(state.recipients.get(data.groupId), data.personIds)
        ? [record('RecipientsEstablished', data)]
        : nothing,
    KeepEvidence: (data, state) => onHolds(state, data.holdIds, () => [record('EvidenceKept', data)]),
    DecideOnHeld: (data, state) => onHolds(state, data.holdIds, () => [record('HeldDeletionDecided', data)]),
    AttestStep: attestStep,
    DeclareStepOverdue: (data, state, { now }) =>
      state.status === 'open' &&
      unsettled(state).includes(data.step) &&
      !state.overdue.has(data.step) &&
      compareInstants(data.dueAt, now) <= 0
        ? [record('BreachStepOverdue', data)]
        : nothing,
    DecideReporting: decideReporting,
    TellRegulator: tellRegulator,
    DeclareClockPassed: (data, state, { now }) =>
      state.status === 'open' &&
      !state.isClockPassed &&
      state.regulatorToldAt === undefined &&
      state.decision?.report !== false &&
      compareInstants(data.dueAt, now) <= 0
        ? [record('RegulatorClockPassed', data)]
        : nothing,
    TellPeople: (data, state) =>
      whileOpen(state, ({ told, isAnybodyTold }) => {
        const isNews = !isAnybodyTold || data.personIds.some((id) => !told.has(id));
        return isNews ? [record('PeopleToldOfBreach', data)] : nothing;
      }),
    Close: (data, state, { occurredAt }) => {
      if (state.status === 'closed') return nothing;
      return onceAware(state, occurredAt, (open) => {
        const missing = missingFrom(open);
        return missing.length > 0
          ? refuse('BreachIncomplete', `It cannot be closed yet. Missing: ${missing.join(', ')}.`)
          : [record('BreachClosed', data)];
      });
    },
  },
  evolve: evolveBreach,
  deadlines: {
    BreachSuggested: ({ breachId, decideBy }) => [
      {
        schedule: 'decide',
        dueAt: decideBy,
        command: { name: 'DeclareUndecided', data: { breachId, dueAt: decideBy } },
      },
    ],
    BreachSuggestionDismissed: () => [{ cancel: 'decide' }],
    BreachReported: ({ breachId, steps, dueAt }) => [
      { cancel: 'decide' },
      regulatorClock(breachId, dueAt),
      ...steps.flatMap(({ step, dueAt: limit }) => (limit === undefined ? [] : [stepClock(breachId, step, limit)])),
    ],
    BreachStepAttested: ({ step }) => [{ cancel: `step-${step}` }],
    BreachReportingDecided: ({ breachId, report, dueAt }) => [
      report ? regulatorClock(breachId, dueAt) : { cancel: 'regulator' },
    ],
    RegulatorTold: () => [{ cancel: 'regulator' }],
  },
};

const regulatorClock = (breachId: string, dueAt: string) => ({
  schedule: 'regulator',
  dueAt,
  command: { name: 'DeclareClockPassed', data: { breachId, dueAt } },
});
const stepClock = (breachId: string, step: string, dueAt: string) => ({
  schedule: `step-${step}`,
  dueAt,
  command: { name: 'DeclareStepOverdue', data: { breachId, step, dueAt } },
});

function whileOpen(state: BreachState, decide: (open: OpenBreach) => Decision<BreachEvents>): Decision<BreachEvents> {
  if (state.status === 'open') return decide(state);
  return state.status === 'closed'
    ? refuse('BreachClosed', 'The breach is closed.')
    : refuse('NotReported', 'No breach of this id was reported.');
}

/** What can only have been once the organisation knew: a slip of the date would make it look timely. */
function onceAware(
  state: BreachState,
  at: string,
  decide: (open: OpenBreach) => Decision<BreachEvents>,
): Decision<BreachEvents> {
  return whileOpen(state, (open) =>
    compareInstants(at, open.reported.awareAt) < 0
      ? refuse('BeforeAwareness', 'That cannot have been before the organisation was aware of the breach.')
      : decide(open),
  );
}

function onHolds(
  state: BreachState,
  holdIds: readonly string[],
  decide: () => Decision<BreachEvents>,
): Decision<BreachEvents> {
  return whileOpen(state, ({ answeredHolds }) => {
    if (holdIds.length === 0) return refuse('NotUnderHold', 'No hold covers what this breach is about.');
    return holdIds.every((id) => answeredHolds.has(id)) ? nothing : decide();
  });
}

/** What a hold covers is deleted only once it is kept as evidence, or somebody decided otherwise (BR-40 against BR-61). */
function attestStep(
  { holdIds, rules, holdRules, ...data }: BreachCommands['AttestStep'],
  state: BreachState,
  { occurredAt }: Moment,
): Decision<BreachEvents> {
  return whileOpen(state, (open) => {
    const { breachId, step, outcome } = data;
    const at = open.reported.steps.findIndex((one) => one.step === step);
    if (at < 0) return refuse('NoSuchStep', 'The checklist of this breach has no such step.', rules);
    if (open.settled.has(step)) return nothing;
    const { happenedAt } = open.reported;
    if (happenedAt !== undefined && compareInstants(occurredAt, happenedAt) < 0)
      return refuse('BeforeItHappened', 'Nothing can have been done about it before it happened.', rules);
    const [first] = unsettled(open);
    if (open.reported.inOrder && first !== step)
      return refuse('StepOutOfOrder', `The steps are taken in their order, and ${first!} comes first.`, rules);
    const unanswered = holdIds.filter((id) => !open.answeredHolds.has(id));
    if (isDeletion(step) && outcome === 'done' && unanswered.length > 0)
      return refuse<BreachEvents>(
        'UnderHold',
        'A hold covers it: keep it as evidence first, or record the decision to delete it all the same.',
        [...rules, ...holdRules],
        [record('BreachStepRefused', { breachId, step, holdIds: unanswered }, ...rules, ...holdRules)],
      );
    const { dueAt } = open.reported.steps[at]!;
    const lateBySeconds = dueAt === undefined ? 0 : secondsLate(dueAt, occurredAt);
    return [record('BreachStepAttested', { ...data, lateBySeconds }, ...rules)];
  });
}

/** The regulator is told unless a risk to people is unlikely (UK GDPR, article 33(1)); people are told where it is high (34(1)). */
function decideReporting(
  data: BreachCommands['DecideReporting'],
  state: BreachState,
  { occurredAt }: Moment,
): Decision<BreachEvents> {
  return onceAware(state, occurredAt, ({ decision, reported, regulatorToldAt }) => {
    const { risk, report } = data;
    if (!report && risk !== 'unlikely')
      return refuse('HasToBeReported', 'The regulator is told unless a risk to people is unlikely.');
    if (!report && regulatorToldAt !== undefined) return refuse('RegulatorWasTold', 'The regulator has been told.');
    const toTell = risk === 'high' ? data.toTell : [];
    const isKnown = decision?.risk === risk && decision.report === report && isSame(decision.toTell, toTell);
    return isKnown ? nothing : [record('BreachReportingDecided', { ...data, toTell, dueAt: reported.dueAt })];
  });
}

/** Whoever tells it later than seventy-two hours after awareness says why (UK GDPR, article 33(1)). */
function tellRegulator(
  { breachId, toldBy, isDelayExplained }: BreachCommands['TellRegulator'],
  state: BreachState,
  { occurredAt }: Moment,
): Decision<BreachEvents> {
  return onceAware(state, occurredAt, ({ decision, reported, regulatorToldAt }) => {
    if (regulatorToldAt !== undefined) return nothing;
    if (!decision?.report) return refuse('NotDecided', 'It has not been decided to tell the regulator.');
    const lateBySeconds = secondsLate(reported.dueAt, occurredAt);
    return lateBySeconds > 0 && !isDelayExplained
      ? refuse('DelayNotExplained', 'Later than seventy-two hours after awareness it has to be said why.')
      : [record('RegulatorTold', { breachId, toldBy, lateBySeconds })];
  });
}

function isSame(known: readonly string[] | undefined, ids: readonly string[]): boolean {
  return known !== undefined && known.length === ids.length && ids.every((id) => known.includes(id));
}

/** A suggestion of our own facts, or a report, in the words of its category. */
export type BreachCategory = RetentionPayloads['BreachReported']['category'];
