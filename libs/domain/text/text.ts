/** What a text is: sections, each about one topic, which joined together are what people read. */
import { createHash } from 'node:crypto';
import type { ResolvedPolicy } from '../policy/policy.js';

/** The texts a group may have. `nonjoiner` goes to whoever is reached another way (LD-13). */
export const TEXT_KINDS = ['name', 'description', 'agreement', 'welcome', 'invitation', 'notice', 'nonjoiner'] as const;
export type TextKind = (typeof TEXT_KINDS)[number];

/** One part of a text: the topic it answers, the words, and a heading where the text is long. */
export type Section = { readonly topic: string; readonly heading?: string; readonly body: string };

/** The text as it is read and pasted: sections in their order, an empty line between; headings bold as the app marks them. */
export function joinSections(sections: readonly Section[]): string {
  return sections
    .map(({ heading, body }) => (heading ? `*${heading.trim()}*\n${body.trim()}` : body.trim()))
    .join('\n\n');
}

/**
 * The version of a text: the first 16 hex digits of the SHA-256 of its kind and its words. Equal words have an equal version,
 * so "which text exactly" can be proven by whoever holds the words (AMZ-109, LD-11).
 */
export function textVersion(kind: string, body: string): string {
  return createHash('sha256').update(`${kind}\n${body}`).digest('hex').slice(0, 16);
}

/** The topics a text of this kind has to answer in a group of this policy; the values the checks and the model texts go by. */
export function requiredTopics(policy: ResolvedPolicy, kind: TextKind): readonly string[] {
  const { description_items, agreement_topics, notice_items, welcome_on, nonjoiner_channel } = policy.parameters;
  const withAgreement = agreement_topics.value.length > 0 ? ['agreement_link'] : [];
  switch (kind) {
    case 'name':
      return ['name'];
    case 'description':
      return description_items.value;
    case 'agreement':
      return agreement_topics.value;
    case 'welcome':
      return isWelcomed(welcome_on.value) ? ['description_pointer', ...withAgreement, 'phone_consent'] : [];
    case 'invitation':
      return ['organisation', ...notice_items.value, 'join_link'];
    case 'notice':
      return notice_items.value;
    case 'nonjoiner':
      return nonjoiner_channel.value ? ['notice'] : [];
  }
}

/** The kinds of text a group has to have before it may be used: those its policy asks something of. */
export function requiredKinds(policy: ResolvedPolicy): TextKind[] {
  const { name_rule, description_items, agreement_topics, welcome_on } = policy.parameters;
  const { official_marker, unofficial_marker, no_moderator_statement } = name_rule.value;
  const asked: [TextKind, boolean][] = [
    ['name', official_marker || unofficial_marker || no_moderator_statement],
    ['description', description_items.value.length > 0],
    ['agreement', agreement_topics.value.length > 0],
    ['welcome', isWelcomed(welcome_on.value)],
    ['invitation', welcome_on.value.includes('invitation')],
  ];
  return asked.filter(([, isAsked]) => isAsked).map(([kind]) => kind);
}

/** Whether somebody who comes in is owed a welcome in the group; an invitation carries its own. */
export function isWelcomed(on: readonly string[]): boolean {
  return on.includes('member_join') || on.includes('group_start');
}

/** Nothing a reader would see: spaces, and characters without a shape. */
export function isBlank(text: string): boolean {
  return text.replaceAll(/[\p{Z}\p{C}\s]/gu, '') === '';
}
