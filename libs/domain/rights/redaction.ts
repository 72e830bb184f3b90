/** Keeps other people out of what one person is shown: each is a label, the same one wherever they occur. */

type Json = unknown;

/** Somebody else in a package, under the number of their label. `name` is undefined where none is on record. */
export interface Other {
  readonly label: number;
  readonly personId: string;
  readonly name?: string;
}

/** Who is who: the person the package is for, if any, and everybody known to be a person, with the name if there is one. */
export interface People {
  readonly subjectId?: string;
  readonly known: ReadonlyMap<string, string | undefined>;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Fields that hold people, whether anybody knows these people or not. */
const PEOPLE =
  /^(personId|subjectId|recipient|issuerId|onBehalfOf|ownerId|previousOwnerId|owners|admins|seen|names|\w+By)$/;
/** No text of a person's has these characters: they mark our labels alone. */
const [OPEN, CLOSE] = ['\u27e6', '\u27e7'];
const LABEL = /\u27e6another person (\d+)\u27e7/g;
const labelled = (label: number) => `${OPEN}another person ${label}${CLOSE}`;

/** The ids anywhere in a document, in order, each once: those of them that are people are not known here. */
export function idsIn(document: Json): string[] {
  const ids = new Set<string>();
  walk(document, '', (text) => {
    if (UUID.test(text)) ids.add(text.toLowerCase());
    return text;
  });
  return [...ids];
}

/**
 * The document with every id and every full name of somebody else replaced by a label, and who the labels stand for, in order of their
 * first occurrence. People nobody knows are found by the field they stand in. A name that no id in the document leads to is not found:
 * free text has to be read by a person before it is handed out (LD-45).
 */
export function redact<T>(document: T, { subjectId, known }: People): { document: T; others: Other[] } {
  const labels = new Map<string, number>();
  const labelOf = (id: string): string => {
    if (!labels.has(id)) labels.set(id, labels.size + 1);
    return labelled(labels.get(id)!);
  };
  const withoutIds = walk(document, '', (text, field) => {
    const id = text.toLowerCase();
    if (!UUID.test(text)) return text.replaceAll(OPEN, '[').replaceAll(CLOSE, ']');
    return id !== subjectId && (known.has(id) || PEOPLE.test(field)) ? labelOf(id) : text;
  });
  const others = [...labels].map(([personId, label]) => {
    const name = known.get(personId);
    return { label, personId, ...(name ? { name } : {}) };
  });
  const named = others.filter(({ name }) => name !== undefined && name.length > 2);
  const longestFirst = named.sort((a, b) => b.name!.length - a.name!.length);
  const patterns = longestFirst.map(({ name, label }) => [whole(name!), labelled(label)] as const);
  const hide = (text: string) => patterns.reduce((rest, [name, label]) => rest.replace(name, label), text);
  return { document: walk(withoutIds, '', hide) as T, others: others.sort((a, b) => a.label - b.label) };
}

/** The document as it is handed out: labels as plain words, but for the people who may be shown, who are shown by name, or by id for want of one. */
export function disclose<T>(document: T, others: readonly Other[], disclosed: readonly number[]): T {
  const shown = new Map(others.filter(({ label }) => disclosed.includes(label)).map((other) => [other.label, other]));
  const written = (text: string) =>
    text.replace(LABEL, (_, digits: string) => {
      const other = shown.get(Number(digits));
      return other ? (other.name ?? other.personId) : `another person ${digits}`;
    });
  return walk(document, '', written) as T;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const whole = (name: string) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(name)}(?![\\p{L}\\p{N}])`, 'giu');

/** The value with every text in it changed; `field` is the nearest name above it. */
function walk(value: Json, field: string, change: (text: string, field: string) => string): Json {
  if (typeof value === 'string') return change(value, field);
  if (Array.isArray(value)) return value.map((item) => walk(item, field, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name, change)]));
}
