/** What may be done only once a named person has said yes: an exception from the guidance (BR-07), the sign-off of a matter (LD-20). */
import type { RetentionPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type Events = Pick<
  RetentionPayloads,
  'ApprovalAsked' | 'ApprovalNotAsked' | 'ApprovalGiven' | 'ApprovalDeclined' | 'ApprovalEnded'
>;
type Asked = Events['ApprovalAsked'];
type About = { readonly approvalId: string };

/** One stream for each approval. `rules` are those that ask for it; all instants UTC. */
export type ApprovalCommands = {
  /** `hasReason`, `hasRisks`: whether a reason, and an assessment of the risks, were given; `needsRisks`: whether the policy asks for one. */
  AskException: Omit<Asked, 'kind' | 'responsibleId' | 'endsAt'> & {
    readonly endsAt: string;
    readonly hasReason: boolean;
    readonly hasRisks: boolean;
    readonly needsRisks: boolean;
    readonly rules: readonly Rule[];
  };
  /** `rules` is empty where the policy asks for no sign-off of the matter. */
  AskSignOff: Omit<Asked, 'kind' | 'responsibleId' | 'endsAt'> & {
    readonly responsibleId: string;
    readonly rules: readonly Rule[];
  };
  Approve: About & { readonly givenBy: string };
  /** `isReferenced`: whether it is said where the email is. */
  Sign: About & { readonly givenBy: string; readonly isReferenced: boolean };
  Decline: About & { readonly declinedBy: string };
  /** Somebody ends an exception before its time. */
  End: About;
  /** The deadline at `endsAt`. */
  Expire: About & { readonly endsAt: string };
};

type State =
  | { readonly status: 'none' }
  | { readonly status: 'asked' | 'given' | 'over'; readonly asked: Asked; readonly askedAt: string };
type Known = Exclude<State, { readonly status: 'none' }>;

export const approval: Decider<State, ApprovalCommands, Events> = {
  category: 'approval',
  initial: { status: 'none' },
  decide: {
    AskException: askException,
    AskSignOff: ({ rules, ...asked }, state) => {
      if (state.status !== 'none') return nothing;
      return rules.length === 0
        ? refuse('NoSignOffAsked', 'The policy of this group asks for no sign-off of this matter.')
        : [record('ApprovalAsked', { ...asked, kind: 'sign_off' as const }, ...rules)];
    },
    Approve: ({ approvalId, givenBy }, state, moment) =>
      whileAsked(state, 'exception', moment, ({ asked }) =>
        givenBy === asked.askedBy
          ? refuse('NotByWhoAsked', 'An exception is approved by somebody else than who asks for it.')
          : [record('ApprovalGiven', { approvalId, givenBy })],
      ),
    Sign: ({ approvalId, givenBy, isReferenced }, state, moment) =>
      whileAsked(state, 'sign_off', moment, ({ asked }) => {
        if (givenBy !== asked.responsibleId)
          return refuse('NotTheResponsiblePerson', 'Only the person who is responsible for the matter signs it off.');
        return isReferenced
          ? [record('ApprovalGiven', { approvalId, givenBy })]
          : refuse('ReferenceMissing', 'A sign-off is an email: say where it is.');
      }),
    Decline: (data, state, moment) => whileAsked(state, undefined, moment, () => [record('ApprovalDeclined', data)]),
    End: ({ approvalId }, state) => {
      if (state.status === 'none') return unknown();
      if (state.status === 'over') return nothing;
      return state.status === 'given' && state.asked.kind === 'exception'
        ? [record('ApprovalEnded', { approvalId, because: 'ended' as const })]
        : refuse('NotInForce', 'There is no exception in force that could be ended.');
    },
    Expire: ({ approvalId, endsAt }, state, { now }) =>
      (state.status === 'asked' || state.status === 'given') && compareInstants(endsAt, now) <= 0
        ? [record('ApprovalEnded', { approvalId, because: 'expired' as const })]
        : nothing,
  },
  evolve: {
    ApprovalAsked: (_, asked, { occurredAt }) => ({ status: 'asked', asked, askedAt: occurredAt }),
    ApprovalNotAsked: (state) => state,
    ApprovalGiven: (state) => (state.status === 'none' ? state : { ...state, status: 'given' }),
    ApprovalDeclined: (state) => (state.status === 'none' ? state : { ...state, status: 'over' }),
    ApprovalEnded: (state) => (state.status === 'none' ? state : { ...state, status: 'over' }),
  },
  deadlines: {
    ApprovalAsked: ({ approvalId, endsAt }) =>
      endsAt === undefined
        ? []
        : [{ schedule: 'end', dueAt: endsAt, command: { name: 'Expire', data: { approvalId, endsAt } } }],
    ApprovalDeclined: () => [{ cancel: 'end' }],
    ApprovalEnded: () => [{ cancel: 'end' }],
  },
};

/** Without a reason, and where the policy wants one without an assessment of the risks, nothing is asked; that it was tried is evidence (BR-07). */
function askException(
  { hasReason, hasRisks, needsRisks, endsAt, rules, ...asked }: ApprovalCommands['AskException'],
  state: State,
  { now }: Moment,
): Decision<Events> {
  if (state.status !== 'none') return nothing;
  const no = (code: string, missing: Events['ApprovalNotAsked']['missing'], because: string) =>
    refuse<Events>(code, because, rules, [
      record('ApprovalNotAsked', { ...asked, kind: 'exception' as const, missing }, ...rules),
    ]);
  if (needsRisks && !hasRisks)
    return no('RisksNotAssessed', 'risk_assessment', 'Say what can go wrong, for whom, and what is done against it.');
  if (!hasReason) return no('NoReason', 'reason', 'Say convincingly why the rule cannot be kept.');
  if (compareInstants(endsAt, now) <= 0)
    return refuse('EndInThePast', 'An exception ends at a later time, at which it is looked at again.', rules);
  return [record('ApprovalAsked', { ...asked, kind: 'exception' as const, endsAt }, ...rules)];
}

const unknown = (): Decision<Events> => refuse('ApprovalUnknown', 'Nothing of this id was asked for.');

function whileAsked(
  state: State,
  kind: Asked['kind'] | undefined,
  { occurredAt }: Moment,
  decide: (known: Known) => Decision<Events>,
): Decision<Events> {
  if (state.status === 'none') return unknown();
  if (kind && state.asked.kind !== kind)
    return refuse('OtherKind', 'An exception is approved, and a matter is signed off.');
  if (state.status === 'given') return nothing;
  if (state.status === 'over') return refuse('ApprovalOver', 'It was declined, or its time is over.');
  return compareInstants(occurredAt, state.askedAt) < 0
    ? refuse('BeforeAsked', 'Nobody can have decided before it was asked for.')
    : decide(state);
}

/** Whether an exception needs an assessment of the risks first, with the rule that says so (BR-07). */
export function exceptionTerms(policy: ResolvedPolicy): { readonly needsRisks: boolean; readonly rules: Rule[] } {
  const needsRisks = policy.parameters.use_justification.value.deviation_risk_assessment;
  return { needsRisks, rules: [ruleOf(policy, 'use_justification')] };
}

/** The rule that sends a matter to email and so to whoever signs it off; empty where there is none (LD-20). */
export function signOffRules(policy: ResolvedPolicy, topic: string): Rule[] {
  const row = policy.parameters.content_rules.value.find((one) => one.topic === topic && one.redirect === 'email');
  return row ? [{ ...ruleOf(policy, 'content_rules'), obligations: [...row.obligations] }] : [];
}
