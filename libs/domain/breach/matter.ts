/** What a case about behaviour in a group is about: what to think of, who hears of it beside the admins, and how soon something is done. */
import type { Rule } from '#events';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { findRoute } from './checklist.js';

interface Matter {
  /** One sentence for whoever takes it up. */
  readonly advice: string;
  /** Kinds of report that whoever has to hear of those hears of this too: it is more than manners (AMZ-097). */
  readonly alsoAs: readonly string[];
}

const alone = 'Speak with the person alone, outside of the thread, and ask before you judge.';

/** The matters that the guidance names; anything else is a case without one. */
export const matters = {
  accusation_or_gossip: {
    advice: `Take it out of the thread: ${alone.charAt(0).toLowerCase()}${alone.slice(1)}`,
    alsoAs: [],
  },
  over_posting: { advice: `${alone} Several points fit into one message.`, alsoAs: [] },
  off_topic: {
    advice: 'Remind them in a friendly way what the group is for, and point to a separate social group for the rest.',
    alsoAs: [],
  },
  domination: { advice: `${alone} Others should have their say as well.`, alsoAs: [] },
  unease: { advice: `Do not let it wait, and mind whoever is made uneasy. ${alone}`, alsoAs: [] },
  agreement_broken: {
    advice: 'With tact: steer away, ask for the post to be taken down, or go further, as the case asks.',
    alsoAs: [],
  },
  confidentiality: {
    advice: 'Have it taken down first. If it tells of somebody’s affairs it may be a breach: report it as one too.',
    alsoAs: ['concern'],
  },
  safety: { advice: 'Follow the safeguarding policy, before anything else.', alsoAs: ['safeguarding', 'concern'] },
  bullying_or_hate: {
    advice: 'Protect whoever it is aimed at first, and keep what was written as evidence.',
    alsoAs: ['bullying_in_unofficial_group', 'concern'],
  },
} as const satisfies Readonly<Record<string, Matter>>;
export type MatterName = keyof typeof matters;
export const matterNames = Object.keys(matters) as MatterName[];

/** Who hears of a matter beside those who run the group, what has to be done first, and the rules that say so; nearest policy first. */
export function escalation(policies: readonly ResolvedPolicy[], matter: MatterName | undefined) {
  const kinds: readonly string[] = matter ? matters[matter].alsoAs : [];
  const found = kinds.flatMap((kind) => findRoute(policies, [kind]) ?? []);
  return {
    recipients: found.flatMap(({ route }) => route.recipients),
    steps: found.flatMap(({ route }) => route.steps),
    rules: found.map(({ rule }) => rule),
  };
}

/** How soon something has to be done about behaviour, from the report (HSU-23): as soon as the policy wants somebody out for theirs. */
export function actWithin(policy: ResolvedPolicy): { readonly within: string; readonly rule: Rule } {
  return { within: policy.parameters.removal_sla.value.conduct, rule: ruleOf(policy, 'removal_sla') };
}
