/** Writing with somebody in the app where nothing else works: only for a reason on record, and only until contact is arranged. */
import type { RetentionPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type ConversationEvents = Pick<
  RetentionPayloads,
  'ConversationJustified' | 'ConversationRefused' | 'ConversationClosed'
>;
type Justified = ConversationEvents['ConversationJustified'];

/** What a policy asks for before the app is used with somebody, and how the contact then goes on. */
export interface ConversationTerms {
  readonly needsFailedChannels: boolean;
  readonly limitedTo: Justified['limitedTo'];
  /** Nobody below this age, in full years, is written to; undefined where the policy names none (CN-16). */
  readonly minimumAge: { readonly years: number; readonly rule: Rule } | undefined;
  readonly rules: readonly Rule[];
}

/** Whether somebody has the minimum age: by the date of birth on record, else by the worker's word. */
export type AgeCheck = 'old_enough' | 'too_young' | 'unknown';

/** One stream for each conversation. */
export type ConversationCommands = {
  /** `isUrgent`: it is said why it cannot wait. The moment's `occurredAt` is when the worker asks. */
  JustifyConversation: Omit<Justified, 'limitedTo'> & {
    readonly isUrgent: boolean;
    readonly age: AgeCheck;
    readonly terms: ConversationTerms;
  };
  /** `verifiable` are the ways in which contact may go on; `rules` say so. */
  CloseConversation: Pick<ConversationEvents['ConversationClosed'], 'conversationId' | 'channel'> & {
    readonly verifiable: readonly string[];
    readonly rules: readonly Rule[];
  };
};

type State =
  | { readonly status: 'none' }
  | { readonly status: 'open'; readonly justified: Justified; readonly since: string }
  | { readonly status: 'closed' };

export const conversation: Decider<State, ConversationCommands, ConversationEvents> = {
  category: 'conversation',
  initial: { status: 'none' },
  decide: { JustifyConversation: justify, CloseConversation: close },
  evolve: {
    ConversationJustified: (_, justified, { occurredAt }) => ({ status: 'open', justified, since: occurredAt }),
    ConversationRefused: (state) => state,
    ConversationClosed: () => ({ status: 'closed' }),
  },
};

/**
 * Without other ways that were tried and failed, where the policy asks for them (CN-12), without why it cannot wait (CN-03), and with
 * somebody who is too young or may be (CN-16), there is no conversation; that it was asked for is evidence. One that is justified is so
 * for arranging contact alone where citizens may be written to for nothing else (CN-13).
 */
function justify(
  { isUrgent, age, terms, ...asked }: ConversationCommands['JustifyConversation'],
  state: State,
): Decision<ConversationEvents> {
  if (state.status !== 'none') return nothing;
  const { conversationId, groupId, personId, workerId, attempts } = asked;
  const no = (code: string, missing: Missing, because: string, rules = terms.rules) => {
    const evidence = { conversationId, groupId, personId, workerId, missing };
    return refuse<ConversationEvents>(code, because, rules, [record('ConversationRefused', evidence, ...rules)]);
  };
  const { minimumAge: limit } = terms;
  if (limit && age === 'too_young')
    return no('TooYoung', 'age', `The app is not used with anybody below the age of ${limit.years}.`, [limit.rule]);
  if (terms.needsFailedChannels && attempts.length === 0)
    return no('NoFailedChannels', 'failed_channels', 'Name the other ways in which you tried to reach the person.');
  if (!isUrgent) return no('NotUrgent', 'urgency', 'Say why it cannot wait, and why nothing else would do.');
  if (limit && age === 'unknown') {
    const because = `No date of birth is on record: say in \`isOldEnough\` whether the person is at least ${limit.years}.`;
    return no('AgeUnknown', 'age', because, [limit.rule]);
  }
  const rules = limit ? [...terms.rules, limit.rule] : terms.rules;
  return [record('ConversationJustified', { ...asked, limitedTo: terms.limitedTo }, ...rules)];
}
type Missing = ConversationEvents['ConversationRefused']['missing'];

/** It ends with contact by a way that can be verified, and with no other (CN-13). */
function close(
  { conversationId, channel, verifiable, rules }: ConversationCommands['CloseConversation'],
  state: State,
  { occurredAt }: Moment,
): Decision<ConversationEvents> {
  if (state.status === 'none') return refuse('ConversationUnknown', 'No conversation of this id is justified.', rules);
  if (state.status === 'closed') return nothing;
  if (!verifiable.includes(channel))
    return refuse('NotVerifiable', `Contact has to go on by: ${verifiable.join(', ')}.`, rules);
  if (compareInstants(occurredAt, state.since) < 0)
    return refuse('BeforeItBegan', 'A conversation cannot have ended before it was justified.', rules);
  return [record('ConversationClosed', { conversationId, groupId: state.justified.groupId, channel }, ...rules)];
}

/** What this policy asks for before the app is used with somebody (CN-03, CN-12, CN-16, BR-05); undefined where it asks for nothing. */
export function conversationTerms(policy: ResolvedPolicy): ConversationTerms | undefined {
  const { level } = policy.parameters.use_justification.value;
  if (level === 'none') return undefined;
  const isContactOnly = policy.parameters.audience_matrix.value.citizen.non_sensitive === 'contact_only';
  const rules = [ruleOf(policy, 'use_justification')];
  const years = policy.parameters.min_age.value;
  return {
    minimumAge: years === null ? undefined : { years, rule: ruleOf(policy, 'min_age') },
    needsFailedChannels: level === 'per_contact',
    limitedTo: isContactOnly ? 'arranging_contact' : 'what_was_justified',
    rules: isContactOnly ? [...rules, ruleOf(policy, 'audience_matrix')] : rules,
  };
}

/** By which ways contact may go on (CN-13), with the rule; every way where the policy names none. */
export function verifiableChannels(policy: ResolvedPolicy): {
  readonly verifiable: readonly string[];
  readonly rules: readonly Rule[];
} {
  const row = policy.parameters.followup_rules.value.find(({ trigger }) => trigger === 'contact');
  if (!row) return { verifiable: ['email', 'phone', 'meeting', 'case_system'], rules: [] };
  const rule = { ...ruleOf(policy, 'followup_rules'), obligations: row.obligations };
  return { verifiable: row.channels, rules: [rule] };
}
