/**
 * Whether something may be posted to somebody in the app, by the policy: the audience and the kind of information (BR-08 to BR-16, LD-17),
 * what it is about, the hour, and what people should ask themselves first. Pure: the application brings the policy and the time.
 */
import type { Rule } from '#events';
import { withinQuietHours } from '../calendar/calendar.js';
import type { PolicyParameters } from './parameters.js';
import { type ResolvedPolicy, ruleOf } from './policy.js';

export type Audience = keyof PolicyParameters['audience_matrix'];
export type Sensitivity = keyof PolicyParameters['audience_matrix'][Audience];
type TopicRule = PolicyParameters['content_rules'][number];

/** From the strictest to the freest. `not_now` is for the hours in which the group is left in peace. */
const STRICTNESS = [
  ...(['never', 'not_now', 'emergency_only', 'form_required', 'via_comms', 'contact_only'] as const),
  ...(['not_sole', 'with_care', 'free'] as const),
] as const;
export type UsageVerdict = (typeof STRICTNESS)[number];

/**
 * Kinds of information whose sensitivity is settled beforehand; the list is not closed (BR-18 to BR-20). Pictures of people are sensitive
 * until it is shown that they may be used (BR-45).
 */
const KINDS: Readonly<Record<string, Exclude<Sensitivity, 'unknown'>>> = {
  customer_dealings: 'sensitive',
  personal_data: 'sensitive',
  aggregated_data: 'sensitive',
  internal_data: 'sensitive',
  decisions: 'sensitive',
  transactions: 'sensitive',
  people_images: 'sensitive',
  logistics: 'non_sensitive',
  office_administration: 'non_sensitive',
  service_details: 'non_sensitive',
  material_for_publication: 'non_sensitive',
  promotion: 'non_sensitive',
};

/** What somebody asks themselves before they use the app as a last resort, and what follows from the wrong answer (BR-05, BR-23 to BR-26). */
export const SELF_CHECK = {
  needed: { question: 'Is the app really needed for this?', right: true, otherwise: 'It is not needed, so leave it.' },
  systemWouldDo: {
    question: 'Would a system of the organisation, such as email, do?',
    right: false,
    otherwise: 'A system of the organisation would do, so use that.',
  },
  certainlyNotSensitive: {
    question: 'Is it certain that nothing in it is sensitive?',
    right: true,
    otherwise: 'In doubt it is sensitive, and does not belong in the app.',
  },
  fitForPublication: {
    question: 'Would it do no harm if it were published?',
    right: true,
    otherwise: 'It must not be in the app if it could not be published.',
  },
} as const satisfies Readonly<Record<string, { question: string; right: boolean; otherwise: string }>>;
export type SelfCheck = { readonly [Q in keyof typeof SELF_CHECK]?: boolean };

/** What care means, in questions (BR-17, BR-44). */
const CARE =
  'With care: think first of what it says and of what happens if it gets out; in a picture, look at the background, and leave out whatever is confidential.';

/** What somebody wants to post, at an instant (ISO 8601 UTC) as the clocks of `timeZone` show it; `topic` is a word of the policy's or of the kinds above. */
export type UsageAsked = {
  readonly audience: Audience;
  readonly at: string;
  readonly timeZone: string;
  readonly topic?: string;
  /** As they judge it themselves: it makes a settled kind no less sensitive. */
  readonly sensitivity?: Sensitivity;
  /** The reference of the form that a topic requires. */
  readonly formReference?: string;
  /** There is an emergency and no other way of calling. */
  readonly isEmergencyWithoutSignal?: boolean;
  readonly selfCheck?: SelfCheck;
};

/** The answer: one verdict with its sentence, what goes with it, where it belongs instead, and the rules that said so. */
export type UsageAnswer = {
  readonly verdict: UsageVerdict;
  readonly because: string;
  readonly conditions: readonly string[];
  readonly redirect: string | null;
  readonly sensitivity: Sensitivity;
  /** Questions to ask oneself first that were not answered. */
  readonly askYourself: readonly string[];
  readonly rules: readonly Rule[];
};

type Finding = {
  readonly verdict: UsageVerdict;
  readonly because: string;
  readonly redirect?: string | null;
  readonly rule: Rule;
};

/** The strictest of all that the policy has to say; whatever else it says goes with it as a condition. */
export function usageVerdict(policy: ResolvedPolicy, asked: UsageAsked): UsageAnswer {
  const topicRule = policy.parameters.content_rules.value.find(({ topic }) => topic === asked.topic);
  const sensitivity = sensitivityOf(asked, topicRule);
  const findings = [
    ...audienceFinding(policy, asked.audience, topicRule?.verdict === 'form_required' ? 'non_sensitive' : sensitivity),
    ...topicFinding(policy, asked, topicRule),
    ...hourFinding(policy, asked),
    ...selfCheckFindings(policy, asked.selfCheck ?? {}),
  ].sort((one, other) => STRICTNESS.indexOf(one.verdict) - STRICTNESS.indexOf(other.verdict));
  const { verdict, because } = findings[0]!;
  const others = findings.slice(1).filter((finding) => finding.verdict !== 'free' && finding.because !== because);
  const isCare = findings.some((one) => one.verdict === 'with_care' && one.rule.parameter !== 'quiet_hours');
  return {
    verdict,
    because,
    conditions: verdict === 'never' ? [] : [...others.map((one) => one.because), ...(isCare ? [CARE] : [])],
    redirect: findings.find(({ redirect }) => redirect)?.redirect ?? null,
    sensitivity,
    askYourself: verdict === 'never' ? [] : openQuestions(policy, asked.selfCheck ?? {}),
    rules: distinct(findings.filter((one) => one.verdict === verdict || verdict !== 'never').map(({ rule }) => rule)),
  };
}

/** The topics that the policy and the settled kinds know, each with what is said of it whatever the audience. */
export function usageTopics(policy: ResolvedPolicy) {
  const topics = policy.parameters.content_rules.value.map(({ topic, verdict, redirect }) => ({
    topic,
    verdict,
    redirect,
  }));
  const kinds = Object.entries(KINDS).map(([topic, sensitivity]) => ({ topic, sensitivity }));
  return { topics, kinds, selfCheck: openQuestions(policy, {}) };
}

/** Sensitive until judged otherwise, and doubt is sensitive (BR-21): a settled kind, or a topic the policy allows, needs no judgement. */
function sensitivityOf({ topic, sensitivity, formReference }: UsageAsked, rule: TopicRule | undefined): Sensitivity {
  const kind = topic === undefined ? undefined : KINDS[topic];
  if (sensitivity === 'sensitive') return 'sensitive';
  if (kind === 'sensitive') return rule?.verdict === 'form_required' && formReference ? 'non_sensitive' : 'sensitive';
  if (kind === 'non_sensitive' || (rule && rule.verdict !== 'never')) return 'non_sensitive';
  return sensitivity ?? 'unknown';
}

const TO: Readonly<Record<Audience, string>> = {
  colleague: 'colleagues',
  partner: 'partners',
  customer: 'customers',
  public: 'the public',
  citizen: 'citizens',
};
const WHAT: Readonly<Record<Sensitivity, string>> = {
  sensitive: 'Sensitive information',
  non_sensitive: 'Information that is not sensitive',
  unknown: 'Information that nobody has judged counts as sensitive, and',
};

function audienceFinding(policy: ResolvedPolicy, audience: Audience, sensitivity: Sensitivity): Finding[] {
  const verdict = policy.parameters.audience_matrix.value[audience][sensitivity];
  const how = {
    never: `is never sent to ${TO[audience]} in the app.`,
    via_comms: `goes to ${TO[audience]} only through the communications team.`,
    contact_only: `may not go to ${TO[audience]}: the app serves only to arrange how to talk, such as a call or a meeting.`,
    with_care: `may be sent to ${TO[audience]} with care.`,
    free: `may be sent to ${TO[audience]}.`,
  }[verdict];
  return [{ verdict, because: `${WHAT[sensitivity]} ${how}`, rule: ruleOf(policy, 'audience_matrix') }];
}

const inWords = (word: string) => word.replaceAll('_', ' ');

/** A topic's own row answers its own obligations. */
function topicFinding(policy: ResolvedPolicy, asked: UsageAsked, row: TopicRule | undefined): Finding[] {
  if (!row) return [];
  const { topic, redirect } = row;
  const rule = { ...ruleOf(policy, 'content_rules'), obligations: row.obligations };
  const elsewhere = redirect ? ` It belongs elsewhere: ${inWords(redirect)}.` : '';
  const says: Readonly<Record<TopicRule['verdict'], string>> = {
    never: `This has no place in the app: ${inWords(topic)}.${elsewhere}`,
    not_sole: `The app must not be the only way for this: ${inWords(topic)}. Use ${inWords(redirect ?? 'another way')} too.`,
    emergency_only: `Only in an emergency and where there is no other signal: ${inWords(topic)}.`,
    form_required: `First this is needed: ${inWords(redirect ?? 'the form')}. It is for ${inWords(topic)}.`,
    with_care: `This may be posted with care: ${inWords(topic)}.`,
    free: `The app is meant for this: ${inWords(topic)}.`,
  };
  if (row.verdict === 'form_required' && asked.formReference)
    return [{ verdict: 'with_care', because: `The form is on record for ${inWords(topic)}.`, rule }];
  if (row.verdict === 'emergency_only' && asked.isEmergencyWithoutSignal)
    return [{ verdict: 'with_care', because: 'In this emergency yes; mind who may overhear or see it.', rule }];
  return [{ verdict: row.verdict, because: says[row.verdict], redirect, rule }];
}

/** The hours a group is left in peace: a rule forbids, advice is a condition (HSU-16, AMZ-037, AMZ-066, AMZ-105). */
function hourFinding(policy: ResolvedPolicy, { at, timeZone }: UsageAsked): Finding[] {
  const { value: quiet } = policy.parameters.quiet_hours;
  if (!quiet || !withinQuietHours(at, quiet, timeZone)) return [];
  const rule = ruleOf(policy, 'quiet_hours');
  return quiet.mode === 'rule'
    ? [{ verdict: 'not_now', because: `Nothing is posted between ${quiet.from} and ${quiet.to}.`, rule }]
    : [
        {
          verdict: 'with_care',
          because: `Better wait: nobody should post between ${quiet.from} and ${quiet.to}.`,
          rule,
        },
      ];
}

const questionsOf = ({ parameters }: ResolvedPolicy) =>
  parameters.use_justification.value.level === 'last_resort' ? Object.entries(SELF_CHECK) : [];

function selfCheckFindings(policy: ResolvedPolicy, answers: SelfCheck): Finding[] {
  const rule = ruleOf(policy, 'use_justification');
  return questionsOf(policy).flatMap(([name, { right, otherwise }]) => {
    const answer = answers[name as keyof SelfCheck];
    return answer === undefined || answer === right ? [] : [{ verdict: 'never' as const, because: otherwise, rule }];
  });
}

const openQuestions = (policy: ResolvedPolicy, answers: SelfCheck) =>
  questionsOf(policy).flatMap(([name, { question }]) =>
    answers[name as keyof SelfCheck] === undefined ? [question] : [],
  );

/** The rules by which a group is for a use that a profile names, its group type, and for no other; none where no profile says so (BR-02). */
export const closedUses = (policies: Iterable<ResolvedPolicy>): Rule[] =>
  distinct(
    [...policies]
      .filter(({ parameters }) => parameters.use_justification.value.only_named_uses === true)
      .map((policy) => ruleOf(policy, 'use_justification')),
  );

const distinct = (rules: readonly Rule[]) => [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
