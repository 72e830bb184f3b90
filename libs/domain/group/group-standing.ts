/** What a group is to the organisation, what that asks of it, and when it stops being official by itself. */
import type { MembershipPayloads, Rule } from '#events';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';
import type { ParameterName } from '../policy/parameters.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type Payloads = Pick<MembershipPayloads, 'GroupStandingSettled'>;
export type GroupStanding = Payloads['GroupStandingSettled']['standing'];

/** What bears on a group's standing, as it is now. `standing`: what it counted as so far, by registration or since. */
export interface StandingFacts {
  readonly standing: GroupStanding;
  readonly hasStaff: boolean;
  readonly policy: ResolvedPolicy;
}

/** One stream for each group, beside the group's own. */
export type StandingCommands = {
  /** Somebody decides. `refusal`: why the policy does not have it so. */
  Decide: {
    readonly groupId: string;
    readonly standing: GroupStanding;
    readonly decidedBy: string;
    readonly before: GroupStanding;
    readonly refusal?: readonly [code: string, because: string];
    readonly rules: readonly Rule[];
  };
  /** The facts leave it no other standing. */
  Follow: Omit<Payloads['GroupStandingSettled'], 'decidedBy'> & {
    readonly before: GroupStanding;
    readonly rules: readonly Rule[];
  };
};
type State = { readonly standing?: GroupStanding };

export const groupStanding: Decider<State, StandingCommands, Payloads> = {
  category: 'standing',
  initial: {},
  decide: {
    Decide: ({ before, refusal, rules, ...decided }, { standing = before }): Decision<Payloads> => {
      if (refusal) return refuse(...refusal, rules);
      if (standing === decided.standing) return nothing;
      return [record('GroupStandingSettled', { ...decided, because: 'decided' as const }, ...rules)];
    },
    Follow: ({ before, rules, ...follows }, { standing = before }) =>
      standing === follows.standing ? nothing : [record('GroupStandingSettled', follows, ...rules)],
  },
  evolve: { GroupStandingSettled: (_, { standing }) => ({ standing }) },
};

/** What a group of this policy may be at most; every standing where the policy says nothing. */
function possible({ parameters }: ResolvedPolicy): readonly GroupStanding[] {
  return parameters.name_rule.value.standings ?? ['official', 'unofficial', 'social'];
}

/** Why a group cannot count as this (AMZ-067, AMZ-079); undefined where it can. */
export function standingRefusal(
  standing: GroupStanding,
  { hasStaff, policy }: Omit<StandingFacts, 'standing'>,
): readonly [code: string, because: string] | undefined {
  const may = possible(policy);
  if (!may.includes(standing)) return ['StandingNotAllowed', `A group of this type may count as: ${may.join(', ')}.`];
  return standing === 'official' && !hasStaff && policy.parameters.name_rule.value.official_needs_staff
    ? ['OfficialNeedsStaff', 'Without anybody on the staff among those who run it the group cannot count as official.']
    : undefined;
}

/** What an official group becomes when its type, or its having no staff, no longer lets it be one; undefined where it stays. */
export function standingLost(
  facts: StandingFacts,
): { readonly standing: GroupStanding; readonly because: 'type' | 'no_staff' } | undefined {
  if (facts.standing !== 'official') return undefined;
  const refusal = standingRefusal('official', facts);
  if (!refusal) return undefined;
  return { standing: 'unofficial', because: refusal[0] === 'StandingNotAllowed' ? 'type' : 'no_staff' };
}

/** Something that is expected of a group, in one sentence, and the parameter that asks for it. */
export interface Expectation {
  readonly parameter: ParameterName;
  readonly expected: string;
  readonly obligations: readonly string[];
}

/**
 * What is expected of a group of this standing, in plain sentences (AMZ-002). An official group has all that its policy asks. Any other
 * has a name that shows what it is; the rest is left to those in it (AMZ-067, AMZ-070).
 */
export function expectationsOf(policy: ResolvedPolicy, standing: GroupStanding): Expectation[] {
  const sentences = standing === 'official' ? officialSentences(policy) : otherSentences(policy);
  return sentences.flatMap(([parameter, expected]) =>
    expected === undefined ? [] : [{ parameter, expected, obligations: ruleOf(policy, parameter).obligations }],
  );
}

type Sentence = readonly [ParameterName, string | undefined];
const when = (asked: boolean, sentence: string): string | undefined => (asked ? sentence : undefined);

function officialSentences({ parameters: of }: ResolvedPolicy): Sentence[] {
  const { official_marker: isMarked, reserved_terms: terms } = of.name_rule.value;
  const { min } = of.staff_moderators_min.value;
  const hours = of.quiet_hours.value;
  return [
    ['name_rule', when(isMarked, `Its name holds one of: ${terms.join(', ')}.`)],
    [
      'description_items',
      when(of.description_items.value.length > 0, `Its description tells: ${words(of.description_items.value)}.`),
    ],
    ['staff_moderators_min', when(min > 0, `At least ${min} of those who run it are on the staff.`)],
    [
      'agreement_topics',
      when(
        of.agreement_topics.value.length > 0,
        `Everybody in it has its agreement, on: ${words(of.agreement_topics.value)}.`,
      ),
    ],
    [
      'eligible_categories',
      of.eligible_categories.value?.length ? `It is for: ${words(of.eligible_categories.value)}.` : undefined,
    ],
    ['quiet_hours', hours ? `Nobody posts between ${hours.from} and ${hours.to}.` : undefined],
  ];
}

function otherSentences({ parameters: of }: ResolvedPolicy): Sentence[] {
  const { reserved_terms: terms, unofficial_marker: says, no_moderator_statement: warns } = of.name_rule.value;
  return [
    ['name_rule', when(says, 'Its name says that it is unofficial.')],
    ['name_rule', when(warns, 'Its name says that nobody moderates it.')],
    ['name_rule', when(terms.length > 0, `Its name holds none of: ${terms.join(', ')}.`)],
    ['eligible_categories', 'Who is in it and how they behave is left to those in it.'],
  ];
}

const words = (terms: readonly string[]) => terms.map((term) => term.replaceAll('_', ' ')).join(', ');
