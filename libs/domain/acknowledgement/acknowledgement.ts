/** What people say they have read, and how well it is understood. Who owes what follows from the policy and the person's roles. */
import type { ConsentPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type Acknowledged = ConsentPayloads['PolicyAcknowledged'];
type AcknowledgementEvents = Pick<ConsentPayloads, 'PolicyAcknowledged'>;

/** One stream for each person and document, and group where the document is a group's own. */
export type AcknowledgementCommands = {
  /** `currentVersion` is the one that holds. */
  Acknowledge: Acknowledged & { readonly currentVersion: string; readonly rules: readonly Rule[] };
};
type State = { readonly latest?: { readonly version: string; readonly at: string } };

export const acknowledgement: Decider<State, AcknowledgementCommands, AcknowledgementEvents> = {
  category: 'acknowledgement',
  initial: {},
  decide: {
    /** Only the version that holds can be acknowledged. Saying so again is news: some texts have to be read again in time. */
    Acknowledge: ({ currentVersion, rules, ...said }, { latest }, { occurredAt }) => {
      if (said.version !== currentVersion)
        return refuse('DocumentChanged', 'This is not the version of the document that holds.', rules);
      const isOld = latest?.version === said.version && compareInstants(occurredAt, latest.at) <= 0;
      return isOld ? nothing : [record('PolicyAcknowledged', said, ...rules)];
    },
  },
  evolve: {
    PolicyAcknowledged: ({ latest }, { version }, { occurredAt }) => ({
      latest: latest && compareInstants(occurredAt, latest.at) < 0 ? latest : { version, at: occurredAt },
    }),
  },
};

type ComprehensionEvents = Pick<ConsentPayloads, 'ComprehensionChecked'>;

/** One stream for each person in each check of understanding (CN-27). */
export const comprehension: Decider<
  { readonly outcome?: string },
  { RecordOutcome: ConsentPayloads['ComprehensionChecked'] & { readonly rules: readonly Rule[] } },
  ComprehensionEvents
> = {
  category: 'comprehension',
  initial: {},
  decide: {
    RecordOutcome: ({ rules, ...checked }, { outcome }) =>
      outcome === checked.outcome ? nothing : [record('ComprehensionChecked', checked, ...rules)],
  },
  evolve: { ComprehensionChecked: (_, { outcome }) => ({ outcome }) },
};

/** One stream for each check of understanding: among whom, and how. */
export const comprehensionCheck: Decider<
  { readonly isStarted: boolean },
  { Start: ConsentPayloads['ComprehensionCheckStarted'] & { readonly rules: readonly Rule[] } },
  Pick<ConsentPayloads, 'ComprehensionCheckStarted'>
> = {
  category: 'comprehensioncheck',
  initial: { isStarted: false },
  decide: {
    Start: ({ rules, ...check }, { isStarted }) =>
      isStarted ? nothing : [record('ComprehensionCheckStarted', check, ...rules)],
  },
  evolve: { ComprehensionCheckStarted: () => ({ isStarted: true }) },
};

/** One stream for each person: whether they work on a device of their own (BR-48). */
export const ownDevice: Decider<
  { readonly isUsed: boolean },
  { Declare: ConsentPayloads['OwnDeviceDeclared'] },
  Pick<ConsentPayloads, 'OwnDeviceDeclared'>
> = {
  category: 'owndevice',
  initial: { isUsed: false },
  decide: { Declare: (said, { isUsed }) => (isUsed === said.isUsed ? nothing : [record('OwnDeviceDeclared', said)]) },
  evolve: { OwnDeviceDeclared: (_, { isUsed }) => ({ isUsed }) },
};

/** One stream for each document: the organisation's own wording of it. */
export const documentText: Decider<
  { readonly version?: string },
  { Publish: ConsentPayloads['DocumentPublished'] },
  Pick<ConsentPayloads, 'DocumentPublished'>
> = {
  category: 'document',
  initial: {},
  decide: {
    Publish: (published, { version }) =>
      version === published.version ? nothing : [record('DocumentPublished', published)],
  },
  evolve: { DocumentPublished: (_, { version }) => ({ version }) },
};

/** The roles acknowledgements are owed in. Whoever runs a group is its leader as well as its moderator (HSU-01, AMZ-084). */
export type Role = 'participant' | 'moderator' | 'leader' | 'staff';

/** One thing a policy asks somebody in a role to acknowledge. Documents of a group are acknowledged group by group. */
export type Duty = {
  readonly role: string;
  readonly document: string;
  readonly cadence: string;
  readonly isOfGroup: boolean;
  readonly rule: Rule;
};

/** What a policy asks to be acknowledged (parameter 38). A check of understanding is no document: it is asked for when it is held. */
export function dutiesOf(policy: ResolvedPolicy): Duty[] {
  const { profile, parameter } = ruleOf(policy, 'acknowledgements');
  return policy.parameters.acknowledgements.value
    .filter(({ cadence }) => cadence !== 'ad_hoc')
    .map(({ role, document, cadence, obligations }) => ({
      role,
      document,
      cadence,
      isOfGroup: document === 'group_agreement' || document === 'guidelines',
      rule: { profile, parameter, obligations },
    }));
}

/** What somebody last said about a document, and which version holds now. */
export type Said = { readonly version: string; readonly at: string } | undefined;

/**
 * Whether a duty is open at `now`: nothing was said yet, another version holds where each version counts, or the time after
 * which it has to be said again is over. A duty on an own device is open only for those who use one.
 */
export function isOwed(
  { cadence }: Duty,
  said: Said,
  at: {
    readonly currentVersion: string;
    readonly now: string;
    readonly timeZone: string;
    readonly usesOwnDevice: boolean;
  },
): boolean {
  if (cadence === 'on_own_device' && !at.usesOwnDevice) return false;
  if (said === undefined) return true;
  if (cadence === 'each_version') return said.version !== at.currentVersion;
  if (!cadence.startsWith('P')) return false;
  return compareInstants(addDuration(said.at, cadence, at.timeZone), at.now) <= 0;
}
