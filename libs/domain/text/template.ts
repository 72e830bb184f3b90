/** Model texts: which sections a group's text is made of, and the group's own words put into them. */
import type { ResolvedPolicy } from '../policy/policy.js';
import { isBlank, requiredTopics, type Section, type TextKind } from './text.js';

/** A section of a model text; `{fields}` in it are filled in, `obligations` are what it answers. */
export type ModelSection = Section & { readonly obligations: readonly string[]; readonly always: boolean };
type ByKind = Readonly<Partial<Record<TextKind, readonly ModelSection[]>>>;

/** The model texts of one profile, or those for all of them. */
export type ModelTexts = {
  readonly texts: ByKind;
  readonly groupTypes: Readonly<Record<string, ByKind>>;
  readonly documents: Readonly<Record<string, readonly ModelSection[]>>;
};

/** A field a text needs and the group has not stated, with the topic that needs it. */
export type MissingField = { readonly topic: string; readonly field: string };

const SLOT = /\{([A-Za-z][A-Za-z0-9]*)\}/g;
/** Slots that stay open until the text goes to one person. */
const LEFT_OPEN: Readonly<Partial<Record<TextKind, readonly string[]>>> = { invitation: ['joinLink'] };

/**
 * The sections of the model text of a kind: what the policy asks for, and what the models always say; a group type's
 * section replaces the profile's of the same topic, and that one the general one.
 */
export function modelSections(
  general: ModelTexts,
  profile: ModelTexts | undefined,
  policy: ResolvedPolicy,
  kind: TextKind,
): ModelSection[] {
  const merged = new Map((general.texts[kind] ?? []).map((section) => [section.topic, section]));
  // The profile's own order counts; what it does not mention comes before.
  for (const { topic } of profile?.texts[kind] ?? []) merged.delete(topic);
  const own = [...(profile?.texts[kind] ?? []), ...(profile?.groupTypes[policy.groupType]?.[kind] ?? [])];
  for (const section of own) merged.set(section.topic, section);
  const required = requiredTopics(policy, kind);
  return [...merged.values()].filter(({ topic, always }) => always || required.includes(topic));
}

/**
 * Puts fields into sections. Values that nobody can see count as missing, and so do those that are themselves an open field; what is missing
 * stays in braces and is named.
 */
export function fillSections(
  sections: readonly Section[],
  fields: Readonly<Record<string, string>>,
  kind?: TextKind,
): { sections: Section[]; missing: MissingField[] } {
  const missing: MissingField[] = [];
  const fill = (topic: string, text: string) =>
    text.replaceAll(SLOT, (slot, field: string) => {
      const value = fields[field]?.trim() ?? '';
      if (!isBlank(value) && value.search(SLOT) < 0) return value;
      if (!isLeftOpen(kind, field)) missing.push({ topic, field });
      return slot;
    });
  const filled = sections.map(({ topic, heading, body }) => ({
    topic,
    ...(heading ? { heading } : {}),
    body: fill(topic, body),
  }));
  return { sections: filled, missing };
}

/** The fields still open in these words, those left open for the reader's own link aside. */
export function openFields(text: string, kind: TextKind): string[] {
  const open = [...text.matchAll(SLOT)].map(([, field]) => field!);
  return [...new Set(open)].filter((field) => !isLeftOpen(kind, field));
}

function isLeftOpen(kind: TextKind | undefined, field: string): boolean {
  return kind !== undefined && (LEFT_OPEN[kind] ?? []).includes(field);
}
