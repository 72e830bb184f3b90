/** What somebody new is owed and was sent, and which agreement they accepted; and the welcome of a group that starts. */
import type { ConsentPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import type { ResolvedPolicy } from '../policy/policy.js';
import { ruleOf } from '../policy/policy.js';

type BriefingEvents = Pick<
  ConsentPayloads,
  'WelcomeDue' | 'WelcomeSent' | 'WelcomeOverdue' | 'WelcomeNoLongerDue' | 'AgreementAccepted'
>;
type Recipient = ConsentPayloads['WelcomeNoLongerDue'];

/** One stream for each person in each group, and one for the group's start, which has no person. */
export type BriefingCommands = {
  Owe: ConsentPayloads['WelcomeDue'] & { readonly rules: readonly Rule[] };
  Send: Omit<ConsentPayloads['WelcomeSent'], 'lateBySeconds'> & { readonly rules: readonly Rule[] };
  DeclareOverdue: Recipient & { readonly dueAt: string };
  /** The person is out of the group. */
  CallOff: Recipient;
  Accept: ConsentPayloads['AgreementAccepted'] & { readonly rules: readonly Rule[] };
};

type State = {
  readonly owed: readonly string[];
  readonly dueAt?: string;
  readonly wasSent: boolean;
  readonly accepted: readonly string[];
};

/** A welcome is owed within a day: our reading of a rule that names no time (AMZ-089). */
const WELCOME_WITHIN = 'P1D';

/**
 * What whoever joins is owed: the welcome where the policy wants one on joining (AMZ-089), and the agreement where the group has
 * published one (AMZ-030, LD-27). Due a day after they joined, on the organisation's calendar. Undefined when nothing is owed.
 */
export function owedOnJoining(
  policy: ResolvedPolicy,
  joined: { readonly at: string; readonly hasAgreement: boolean; readonly timeZone: string },
): Pick<BriefingCommands['Owe'], 'owed' | 'dueAt' | 'rules'> | undefined {
  const welcome = policy.parameters.welcome_on.value.includes('member_join') ? ['welcome'] : [];
  const agreement = joined.hasAgreement ? ['agreement'] : [];
  const owed = [...welcome, ...agreement];
  if (owed.length === 0) return undefined;
  const rules = [
    ...welcome.map(() => ruleOf(policy, 'welcome_on')),
    ...agreement.map(() => ruleOf(policy, 'agreement_topics')),
  ];
  return { owed, dueAt: addDuration(joined.at, WELCOME_WITHIN, joined.timeZone), rules };
}

/** The welcome a group is owed when it starts; undefined where the policy wants none (AMZ-089). */
export function owedOnStart(
  policy: ResolvedPolicy,
  start: { readonly at: string; readonly timeZone: string },
): Pick<BriefingCommands['Owe'], 'owed' | 'dueAt' | 'rules'> | undefined {
  if (!policy.parameters.welcome_on.value.includes('group_start')) return undefined;
  const dueAt = addDuration(start.at, WELCOME_WITHIN, start.timeZone);
  return { owed: ['welcome'], dueAt, rules: [ruleOf(policy, 'welcome_on')] };
}

export const briefing: Decider<State, BriefingCommands, BriefingEvents> = {
  category: 'briefing',
  initial: { owed: [], wasSent: false, accepted: [] },
  decide: {
    /** A group starts once; a person who comes back is welcomed again. */
    Owe: ({ rules, ...due }, { owed, wasSent }) =>
      owed.length > 0 || (wasSent && due.personId === undefined) ? nothing : [record('WelcomeDue', due, ...rules)],
    Send: send,
    DeclareOverdue: ({ dueAt, ...to }, { owed, dueAt: current }) =>
      owed.length === 0 || current !== dueAt ? nothing : [record('WelcomeOverdue', { ...to, owed: [...owed], dueAt })],
    CallOff: (to, { owed }) => (owed.length === 0 ? nothing : [record('WelcomeNoLongerDue', to)]),
    Accept: ({ rules, ...accepted }, state) =>
      state.accepted.includes(accepted.version) ? nothing : [record('AgreementAccepted', accepted, ...rules)],
  },
  evolve: {
    WelcomeDue: (state, { owed, dueAt }) => ({ ...state, owed, dueAt }),
    WelcomeSent: (state) => ({ ...state, owed: [], wasSent: true }),
    WelcomeOverdue: (state) => state,
    WelcomeNoLongerDue: (state) => ({ ...state, owed: [] }),
    AgreementAccepted: (state, { version }) => ({ ...state, accepted: [...state.accepted, version] }),
  },
  deadlines: {
    WelcomeDue: ({ groupId, personId, dueAt }) => [
      {
        schedule: 'welcome',
        dueAt,
        command: { name: 'DeclareOverdue', data: { groupId, ...(personId ? { personId } : {}), dueAt } },
      },
    ],
    WelcomeSent: () => [{ cancel: 'welcome' }],
    WelcomeNoLongerDue: () => [{ cancel: 'welcome' }],
  },
};

/** Everything owed goes out together, in the versions that hold; late is recorded as late (AMZ-089, AMZ-030). */
function send(
  { rules, ...sent }: BriefingCommands['Send'],
  state: State,
  { occurredAt }: Moment,
): Decision<BriefingEvents> {
  if (state.owed.length === 0) return refuse('NothingOwed', 'Nothing is owed here, or it was sent already.', rules);
  const versions = { welcome: sent.welcomeVersion, agreement: sent.agreementVersion };
  const lacking = Object.entries(versions).filter(([text, version]) => state.owed.includes(text) && !version);
  if (lacking.length > 0) {
    const texts = lacking.map(([text]) => text).join(' and ');
    return refuse('TextMissing', `The group has published no ${texts} yet.`, rules);
  }
  const due = state.dueAt ?? occurredAt;
  const late = compareInstants(occurredAt, due) > 0 ? Math.floor((Date.parse(occurredAt) - Date.parse(due)) / 1000) : 0;
  return [record('WelcomeSent', { ...sent, lateBySeconds: late }, ...rules)];
}
