/** Reads a roster as it comes in, and says who its participants are. */
import { parse } from 'csv-parse/sync';
import { v5, v7 } from 'uuid';
import type { Static } from 'typebox';
import { person } from '#domain';
import { LinkKind } from '#events';
import type { Transaction } from '#eventsourcing';
import { idOf, invalid, pastInstantIn, type ServiceKit } from '#nest';
import { findPeople, isPhone, normalised, type Link } from '../people/identity.js';
import { MOST_PARTICIPANTS, type Roster, type RosterQuery } from './roster.dto.js';

/** Namespace of the ids of unknown participants. */
const ENTRIES = '5f2a3b0e-4c1d-5e6f-8a9b-0c1d2e3f4a5b';
const KINDS: readonly string[] = LinkKind.enum;

type Participant = { readonly link: Link } | { readonly personId: string };

/** A roster as somebody sent it; `takenAt` in UTC, not in the future. */
export interface Snapshot {
  readonly snapshotId: string;
  readonly takenAt: string;
  readonly participants: readonly Participant[];
}

/** Somebody a roster shows and nobody can name: the same entry whenever they show in this group the same way. */
export interface UnknownEntry {
  readonly entryId: string;
  readonly link: Link;
}

/** Reads the body, JSON or CSV. Throws the problem that names what is wrong, by index, never by value. */
export function readSnapshot(
  tx: Transaction,
  body: Static<typeof Roster>,
  query: Static<typeof RosterQuery>,
): Snapshot {
  const isCsv = typeof body === 'string';
  const { snapshotId, takenAt } = isCsv ? query : body;
  if (takenAt === undefined) throw invalid([{ field: 'query/takenAt', rule: 'must say when the roster was taken' }]);
  return {
    snapshotId: idOf(snapshotId ?? v7()),
    takenAt: pastInstantIn(isCsv ? 'query/takenAt' : 'body/takenAt', takenAt, tx.now),
    participants: isCsv ? fromCsv(body) : body.participants.map(participant),
  };
}

function participant(given: { kind?: Link['kind']; value?: string; personId?: string }, index: number): Participant {
  const { kind, value, personId } = given;
  if (personId !== undefined && kind === undefined && value === undefined) return { personId: idOf(personId) };
  if (personId === undefined && kind !== undefined && value !== undefined)
    return { link: wellFormed({ kind, value }, index) };
  throw invalid([{ field: field(index), rule: 'must have either kind and value, or personId' }]);
}

function fromCsv(text: string): Participant[] {
  const rows = csvRows(text);
  const [header, ...lines] = rows;
  if (header?.join() !== 'kind,value') {
    const rule = 'must be exactly kind,value';
    throw invalid([{ field: 'body/header', rule }]);
  }
  if (lines.length > MOST_PARTICIPANTS)
    throw invalid([{ field: 'body', rule: `must not have more than ${MOST_PARTICIPANTS} participants` }]);
  return lines.map(([kind = '', value = ''], index) => {
    if (!KINDS.includes(kind))
      throw invalid([{ field: `${field(index)}/kind`, rule: `must be one of ${KINDS.join(', ')}` }]);
    if (value.length > 200) throw invalid([{ field: `${field(index)}/value`, rule: 'must not be longer than 200' }]);
    return { link: wellFormed({ kind: kind as Link['kind'], value }, index) };
  });
}

/** The header of a CSV roster, in lower case; empty for JSON. */
export function headerOf(body: Static<typeof Roster>): readonly string[] {
  return typeof body === 'string' ? (csvRows(body)[0] ?? []).map((name) => name.toLowerCase()) : [];
}

function csvRows(text: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    // The parser's own message quotes the line.
    const { lines } = error as { lines?: number };
    throw invalid([{ field: `body/line ${lines ?? 1}`, rule: 'must be CSV with as many fields as the header' }]);
  }
}

function wellFormed(link: Link, index: number): Link {
  const plain = normalised(link);
  if (!plain) throw invalid([{ field: `${field(index)}/value`, rule: `must be a possible ${link.kind}` }]);
  return plain;
}

const field = (index: number) => `body/participants/${index}`;

/** The participants that are phone numbers, as fields of the request. */
export function phonesIn({ participants }: Snapshot): string[] {
  return participants.flatMap((one, index) =>
    'link' in one && (isPhone(one.link) || holdsPhone(one.link)) ? [field(index)] : [],
  );
}

/** The app shows whoever is not saved as `~Ada +44 7700 900123`, and a person may write down both too (HSU-04). */
function holdsPhone({ kind, value }: Link): boolean {
  return kind === 'alias' && /(?:\+|(?<!\d[\s().-]*)0)[\s().-]*(?:\d[\s().-]*){8}/.test(inLatinDigits(value));
}

/** Digits of every script as 0 to 9: each script has its ten side by side, the nought first. */
const inLatinDigits = (text: string) =>
  text.replaceAll(/(?!\d)\p{Nd}/gu, (digit) => {
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(digit.codePointAt(0)! - value - 1))) value += 1;
    return String(value);
  });

/** Whom a roster shows: people of the organisation, each once, and entries nobody can name. */
export async function recognise(
  kit: ServiceKit,
  tx: Transaction,
  groupId: string,
  { participants }: Snapshot,
): Promise<{ seen: string[]; unknown: UnknownEntry[] }> {
  const byId = participants.flatMap((one) => ('personId' in one ? [one.personId] : []));
  const known = await kit.commands.states(tx, person, byId);
  const stranger = participants.findIndex((one) => 'personId' in one && known.get(one.personId)!.version === 0);
  if (stranger >= 0)
    throw invalid([{ field: `${field(stranger)}/personId`, rule: 'names nobody in your organisation' }]);
  const links = participants.flatMap((one) => ('link' in one ? [one.link] : []));
  const people = await findPeople(kit, tx, links);
  const nameless = links.filter((_, index) => people[index] === undefined);
  const seen = [...byId, ...people.filter((id) => id !== undefined)];
  return { seen: [...new Set(seen)], unknown: await entries(kit, tx, groupId, nameless) };
}

async function entries(
  kit: ServiceKit,
  tx: Transaction,
  groupId: string,
  links: readonly Link[],
): Promise<UnknownEntry[]> {
  const found = new Map<string, UnknownEntry>();
  for (const kind of new Set(links.map((link) => link.kind))) {
    const ofKind = links.filter((link) => link.kind === kind);
    const commitments = await kit.vault.commitments(
      tx,
      kind,
      ofKind.map(({ value }) => value),
    );
    ofKind.forEach((link, index) => {
      const entryId = v5(`${groupId}:${kind}:${commitments[index]}`, ENTRIES);
      found.set(entryId, { entryId, link });
    });
  }
  return [...found.values()];
}
