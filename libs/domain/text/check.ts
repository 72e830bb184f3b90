/**
 * Whether a text may be used: what is missing or wrong, where, and by which rule.
 *
 * A topic counts as covered when a section says that it is about it and is not empty. Whether the words do their topic
 * justice a machine cannot see, so that part is the writer's word; where it can see evidence it looks for it: the published
 * agreement's link, the quiet hours, the organisation's name, the moderators by their ids, words about the phone number.
 */
import type { Rule } from '#events';
import { type ParameterName, type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { checkName, type NameFacts } from './name.js';
import { openFields } from './template.js';
import { isBlank, joinSections, requiredTopics, type Section, type TextKind } from './text.js';

/** One thing that keeps a text from being used: what, at which place, in a sentence without personal data, by which rule. */
export type TextFault = {
  readonly item: string;
  readonly where: string;
  readonly because: string;
  readonly rule: Rule;
};

/** What is known of the group when a text is checked. */
export type TextFacts = NameFacts & {
  /** The organisation's name, where it was stated. */
  readonly organisation?: string;
  /** Where the published agreement can be read. */
  readonly agreementLink?: string;
  /** The host of the organisation's website, such as `example.org`; its agreement has to be there. */
  readonly website?: string;
  /** Ids of those who run the group now. */
  readonly moderators: readonly string[];
  /** Ids of the people the text names. */
  readonly names: readonly string[];
  /** Topics whose evidence the writer vouches for, since the words are such that no pattern finds it. */
  readonly attested: readonly string[];
};

/**
 * What the app takes, in UTF-16 code units, the strictest way of counting: an emoji is two or more. 2,048 for a description
 * is what its maker's interface for groups documents; 100 for a name is the older and lower of the two limits in use.
 * The other limits are ours: what still can be read on a phone.
 */
export const TEXT_LIMITS: Readonly<Record<TextKind, number>> = {
  name: 100,
  description: 2048,
  agreement: 20_000,
  welcome: 4096,
  invitation: 4096,
  notice: 8192,
  nonjoiner: 4096,
};

const PARAMETER: Readonly<Record<TextKind, ParameterName>> = {
  name: 'name_rule',
  description: 'description_items',
  agreement: 'agreement_topics',
  welcome: 'welcome_on',
  invitation: 'notice_items',
  notice: 'notice_items',
  nonjoiner: 'nonjoiner_channel',
};

/** Checks a text of any kind against a group's policy (AMZ-007 to AMZ-012, AMZ-017 to AMZ-029, AMZ-090, HSU-09 to HSU-12, LD-28). Empty means that it may be used. */
export function checkText(
  policy: ResolvedPolicy,
  kind: TextKind,
  sections: readonly Section[],
  facts: TextFacts,
): TextFault[] {
  const rule = ruleOf(policy, PARAMETER[kind]);
  const fault = (item: string, where: string, because: string): TextFault => ({ item, where, because, rule });
  const required = requiredTopics(policy, kind);
  const missing = required
    .filter((topic) => !sections.some((section) => section.topic === topic))
    .map((topic) => fault(topic, 'text', `The text has no section about ${topic}.`));
  const inSections = sections.flatMap((section, index) =>
    sectionFaults(kind, section, `sections/${index}`, {
      policy,
      facts,
      isRequired: required.includes(section.topic),
    }).map(({ item, where, because }) => fault(item, where, because)),
  );
  const length = joinSections(sections).length;
  const limit = TEXT_LIMITS[kind];
  const tooLong = length > limit ? [fault('length', 'text', `The text has ${length} characters; ${limit} fit.`)] : [];
  const named = kind === 'name' ? checkName(policy, sections.map(({ body }) => body).join(' '), facts) : [];
  return [...missing, ...inSections, ...tooLong, ...named];
}

type Wrong = Omit<TextFault, 'rule'>;
type About = { readonly policy: ResolvedPolicy; readonly facts: TextFacts; readonly isRequired: boolean };

function sectionFaults(kind: TextKind, { topic, heading = '', body }: Section, where: string, about: About): Wrong[] {
  if (isBlank(body)) return [{ item: topic, where, because: `The section about ${topic} is empty.` }];
  const open = openFields(`${heading} ${body}`, kind).map((field) => ({
    item: field,
    where,
    because: `The section about ${topic} still has the open field {${field}}.`,
  }));
  const because = about.isRequired ? EVIDENCE[topic]?.(body, about) : undefined;
  return because === undefined ? open : [...open, { item: topic, where, because }];
}

type Evidence = (body: string, about: About) => string | undefined;

/** What a machine can look for in a section; the sentence that says what it did not find. */
const EVIDENCE: Readonly<Record<string, Evidence>> = {
  phone_consent: (body, { facts }) =>
    facts.attested.includes('phone_consent') ||
    (/phone|mobile|number/i.test(body) && /join|agree|consent|accept/i.test(body))
      ? undefined
      : 'The section about phone_consent does not say that joining is consent to everybody seeing the number.',
  agreement_link: linkIn,
  organisation: (body, { facts }) =>
    facts.organisation === undefined || plain(body).includes(plain(facts.organisation))
      ? undefined
      : 'The section about organisation does not name the organisation.',
  admin_names: moderatorsNamed('admin_names', /\b(admins?|moderators?)\b/i),
  named_contact: moderatorsNamed('named_contact', /\p{L}/u),
  quiet_hours: (body, { policy }) => {
    const { value } = policy.parameters.quiet_hours;
    return value === null || saysHour(body, value.from)
      ? undefined
      : `The section about quiet_hours does not say when they begin: ${value.from}.`;
  },
  join_link: (body) =>
    body.includes('{joinLink}') ? undefined : 'The section about join_link has no place for the link: {joinLink}.',
};

/** The link has to lead to the published agreement, word for word (AMZ-010, AMZ-108). */
function linkIn(body: string, { facts }: About): string | undefined {
  if (facts.agreementLink === undefined) return 'No agreement is published yet that the text could link to.';
  return body.includes(facts.agreementLink)
    ? undefined
    : 'The section about agreement_link does not hold the link of the published agreement.';
}

/**
 * Names are ids to us: the writer says whom the text names, and they have to run the group now. A text may instead point at
 * the admins the app marks, or name a worker we do not know, which the writer vouches for (AMZ-011, AMZ-102, AMZ-107).
 */
function moderatorsNamed(topic: string, points: RegExp): Evidence {
  return (body, { facts: { names, moderators, attested } }) => {
    if (names.some((id) => !moderators.includes(id))) return 'The text names somebody who does not run the group.';
    if (names.length > 0 || (attested.includes(topic) && points.test(body))) return undefined;
    return `The section about ${topic} neither names somebody who runs the group nor points at them.`;
  };
}

/** Whether the text says an hour of the clock, as 20:00, 20.00, 8pm or 8 p.m. */
function saysHour(body: string, clock: string): boolean {
  const [hours, minutes] = clock.split(':') as [string, string];
  const twelve = `${Number(hours) % 12 === 0 ? 12 : Number(hours) % 12}`;
  const exact = minutes === '00' ? `${twelve}([:.]00)?` : `${twelve}[:.]${minutes}`;
  const half = Number(hours) >= 12 ? 'p' : 'a';
  return new RegExp(`\\b(${Number(hours)}|${hours})[:.]${minutes}\\b|\\b${exact}\\s?${half}\\.?m\\b`, 'i').test(body);
}

const plain = (text: string) => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();

/**
 * Whether an agreement may be linked at this address: https, and on the organisation's own site where a text has to link it (AMZ-015).
 * @returns the sentence that says what is wrong, or undefined
 */
export function linkFault(link: string, website: string | undefined): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '') return 'The link is not an https address.';
  if (website === undefined) return 'State the website of the organisation first: the agreement has to be there.';
  const host = website.toLowerCase();
  return url.hostname === host || url.hostname.endsWith(`.${host}`)
    ? undefined
    : 'The link does not lead to the website of the organisation.';
}
