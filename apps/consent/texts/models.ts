import { fillSections, joinSections, modelSections, type ResolvedPolicy, type Section, type TextKind } from '#domain';
import { loadModelTexts } from '../../../policies/texts/load.js';

const models = loadModelTexts();

/** The model texts for all profiles, and those of this one. */
export const modelsOf = (profile: string) => ({ general: models.general, profile: models.profiles.get(profile) });

/** A group's own words for the fields of model texts, by field. */
export type TextFields = Readonly<Record<string, string>>;

/** The model text of a kind for a group, with its fields filled in, and the fields that are still missing. */
export function suggestText(policy: ResolvedPolicy, kind: TextKind, fields: TextFields) {
  const { general, profile } = modelsOf(policy.profile);
  return fillSections(modelSections(general, profile, policy, kind), { ...hoursOf(policy), ...fields }, kind);
}

/**
 * The notice of a group that has published none: the model's sections that are complete. One that lacks a field is left
 * out, so that nobody counts as told what the text did not say (LD-11).
 */
export function standingNotice(policy: ResolvedPolicy, fields: TextFields): readonly Section[] {
  const { sections, missing } = suggestText(policy, 'notice', fields);
  return sections.filter(({ topic }) => !missing.some((gap) => gap.topic === topic));
}

/** What people read of a text. */
export function titled(kind: TextKind, sections: readonly Section[], fields: TextFields) {
  return { title: fields['groupName']?.trim() || TITLES[kind], body: joinSections(sections) };
}

/** What a mail of this text is called: the kind of text, and the group's name where the text has it for a title. */
export function mailSubject(kind: TextKind, title: string): string {
  return title === TITLES[kind] ? title : `${TITLES[kind]}: ${title}`;
}

const TITLES: Readonly<Record<TextKind, string>> = {
  name: 'Name of the group',
  description: 'About this group',
  agreement: 'Group agreement',
  welcome: 'Welcome',
  invitation: 'An invitation',
  notice: 'Before you join',
  nonjoiner: 'How you will be reached',
};

function hoursOf(policy: ResolvedPolicy): TextFields {
  const { value } = policy.parameters.quiet_hours;
  return value ? { quietFrom: value.from, quietTo: value.to } : {};
}

/** A piece of a text that is an address to follow, or is none. */
type Part = { readonly link: string } | { readonly text: string };

/** A text cut at the addresses in it, without the stop or bracket after one. Only https: what a text says comes from people. */
export const partsOf = (text: string): Part[] =>
  text
    .split(/(https:\/\/[^\s<>"']+[^\s<>"'.,;:!?)])/)
    .map((part, index) => (index % 2 === 1 ? { link: part } : { text: part }));
