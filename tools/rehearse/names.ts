import { v5 } from 'uuid';

export type Kind = 'person' | 'group' | 'activity' | 'item' | 'invitation';

/** How outside systems name a person. */
export interface Link {
  readonly kind: string;
  readonly value: string;
}

/** Somebody or something that the file does not know. */
export class UnknownAlias extends Error {
  override readonly name = 'UnknownAlias';
}

/** The aliases of one story and the ids they stand for in its organisation: the same alias always gets the same id there. */
export interface Names {
  /** Makes an alias known, a person with identifiers; knowing it already is fine. Returns the id. */
  introduce(kind: Kind, alias: string, links?: readonly Link[]): string;
  /** The id of a known alias. Throws UnknownAlias. */
  id(kind: Kind, alias: string): string;
  /** The identifiers of a known person, a crmId equal to the alias where the file states none. Throws UnknownAlias. */
  links(person: string): readonly Link[];
  /** Ids of everything known of one kind. */
  ids(kind: Kind): readonly string[];
  /** Ids of the story anywhere in a value, turned back into their aliases. */
  inWords(value: unknown): unknown;
}

/** Starts with no alias known; ids are derived from the organisation's. */
export function aliases(organisationId: string): Names {
  const known = new Map<string, string>();
  const kinds = new Map<string, Kind>();
  const linksOf = new Map<string, readonly Link[]>();
  const inWords = (value: unknown): unknown => {
    if (typeof value === 'string') return known.get(value) ?? value;
    if (Array.isArray(value)) return value.map(inWords);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inWords(field)]));
  };
  const id = (kind: Kind, alias: string) => v5(`${kind}:${alias}`, organisationId);
  const knownId = (kind: Kind, alias: string) => {
    if (!known.has(id(kind, alias))) throw new UnknownAlias(`there is no ${kind} called ${alias}`);
    return id(kind, alias);
  };
  return {
    introduce: (kind, alias, links = [{ kind: 'crmId', value: alias }]) => {
      known.set(id(kind, alias), alias);
      kinds.set(id(kind, alias), kind);
      if (kind === 'person') linksOf.set(alias, links);
      return id(kind, alias);
    },
    id: knownId,
    links: (person) => {
      knownId('person', person);
      return linksOf.get(person)!;
    },
    ids: (kind) => [...kinds].filter(([, of]) => of === kind).map(([one]) => one),
    inWords,
  };
}
