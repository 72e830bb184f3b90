import { createHash, timingSafeEqual } from 'node:crypto';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { Static } from 'typebox';
import { v7 } from 'uuid';
import { ageOn, person, type PersonCommands } from '#domain';
import type { MembershipPayloads } from '#events';
import {
  sqlState,
  WrongExpectedVersion,
  type Cause,
  type CommandRequest,
  type Outcome,
  type Transaction,
} from '#eventsourcing';
import { timeZone, type ServiceKit } from '#nest';
import type { VerifyPerson } from './people.dto.js';
import { holdersOf, linkKey, type CommittedLink, type Holder } from './people.read-model.js';

type LinkKind = MembershipPayloads['PersonLinked']['kind'];
export type PersonRequest = CommandRequest<PersonCommands>;

/** How somebody outside names a person. The value is personal: it is kept only as a commitment. */
export interface Link {
  readonly kind: LinkKind;
  readonly value: string;
}

/** Numbers written without a country code are read as British, like the guidance this follows. */
const COUNTRY = 'GB';

/** A phone number in E.164; undefined where the text is none. */
export function phoneNumber(text: string): string | undefined {
  const phone = parsePhoneNumberFromString(text, { defaultCountry: COUNTRY, extract: false });
  return phone?.isPossible() ? phone.number : undefined;
}

/** WhatsApp shows a number where a contact is not saved, so a number may come as an alias, and as part of an account's id. */
const numberAsAlias = /^\+?[\d\s().-]{7,}$/;
const numberAsAccount = /^\+|@(c\.us|s\.whatsapp\.net)$/;

/** Whether an identifier is a phone number, whatever it is called (HSU-04). */
export function isPhone({ kind, value }: Link): boolean {
  if (kind === 'phone') return true;
  return (kind === 'alias' && numberAsAlias.test(value)) || (kind === 'whatsappId' && numberAsAccount.test(value));
}

/**
 * The one form of an identifier in which it is compared: a phone number in E.164, an alias in NFKC without regard to case,
 * anything else as it is but for outer white space. Undefined where the value cannot be such an identifier.
 */
export function normalised({ kind, value }: Link): Link | undefined {
  const trimmed = value.trim();
  if (kind === 'phone') {
    const e164 = phoneNumber(trimmed);
    return e164 === undefined ? undefined : { kind, value: e164 };
  }
  // Upper case first: it is there that ß and ss meet.
  const text = kind === 'alias' ? trimmed.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC') : trimmed;
  return text === '' ? undefined : { kind, value: text };
}

/** What is known of identifiers: the commitment of each that is well formed, and whom those that are known name, by `linkKey`. */
export interface Recognised {
  readonly committed: ReadonlyMap<Link, CommittedLink>;
  readonly holders: Map<string, Holder>;
}

/** Looks up identifiers; each is known again as the object it is. */
export async function recognise(kit: ServiceKit, tx: Transaction, links: readonly Link[]): Promise<Recognised> {
  const committed = await commit(kit, tx, links);
  const holders = committed.size > 0 ? await holdersOf(tx, [...committed.values()]) : new Map<string, Holder>();
  return { committed, holders };
}

async function commit(kit: ServiceKit, tx: Transaction, links: readonly Link[]): Promise<Map<Link, CommittedLink>> {
  const committed = new Map<Link, CommittedLink>();
  for (const kind of new Set(links.map((link) => link.kind))) {
    const ofKind = links.flatMap((link) => {
      const { value } = (link.kind === kind && normalised(link)) || {};
      return value === undefined ? [] : [{ link, value }];
    });
    const values = ofKind.map(({ value }) => value);
    const made = values.length > 0 ? await kit.vault.commitments(tx, kind, values) : [];
    ofKind.forEach(({ link }, index) => committed.set(link, { kind, commitment: made[index]! }));
  }
  return committed;
}

/** Whom each identifier names in this organisation, in order; undefined where it is nobody or not well formed. */
export async function findPeople(
  kit: ServiceKit,
  tx: Transaction,
  links: readonly Link[],
): Promise<(string | undefined)[]> {
  const { committed, holders } = await recognise(kit, tx, links);
  return links.map((link) => {
    const known = committed.get(link);
    return known && holders.get(linkKey(known))?.personId;
  });
}

/** Age of each person in full years at `at` (UTC). Not known where no date of birth can be read, for whatever reason: a minimum age then refuses (LD-08). */
export async function ageOf(
  kit: ServiceKit,
  tx: Transaction,
  personIds: readonly string[],
  at: string,
): Promise<Map<string, { known: true; years: number } | { known: false }>> {
  const zone = await timeZone(tx);
  const read = await kit.vault.readMany(tx, personIds, ['dateOfBirth']);
  return new Map(
    [...read].map(([id, { dateOfBirth }]) => [
      id,
      dateOfBirth.state === 'value' ? { known: true, years: ageOn(dateOfBirth.value, at, zone) } : { known: false },
    ]),
  );
}

/** Somebody to be known to us: by these identifiers, at this instant of the source (UTC). */
export interface Registration {
  /** Identifiers that name exactly this person: if one is known, so is the person. */
  readonly links: readonly Link[];
  /** Weaker signs, such as a phone number several may share: kept where nobody else has them, never matched by. */
  readonly hints?: readonly Link[];
  /** The id to give if the person is new. */
  readonly personId?: string;
  readonly source: string;
  readonly occurredAt: string;
  readonly cause?: Cause;
}

/** Who it is; or that the identifiers name different people. */
export type Identified = { readonly personId: string; readonly isNew: boolean } | { readonly disagree: true };

/**
 * Who each of these is, and for each the commands by which they and their identifiers become known; nothing is recorded yet. `recognised`:
 * what was looked up of the identifiers before, in this transaction.
 */
export async function identify(
  kit: ServiceKit,
  tx: Transaction,
  registrations: readonly Registration[],
  recognised?: Recognised,
): Promise<{ identified: Identified[]; requests: PersonRequest[][] }> {
  const all = registrations.flatMap(({ links, hints = [] }) => [...links, ...hints]);
  const { committed, holders } = recognised ?? (await recognise(kit, tx, all));
  const requests: PersonRequest[][] = registrations.map(() => []);
  const known = (links: readonly Link[] = []) => links.flatMap((link) => committed.get(link) ?? []);
  const identified = registrations.map((registration, index) =>
    identifyOne(registration, known(registration.links), known(registration.hints), holders, requests[index]!),
  );
  return { identified, requests };
}

/** Later registrations of the same call see what earlier ones claim, by `holders`. */
function identifyOne(
  { personId: wanted, source, occurredAt, cause }: Registration,
  links: readonly CommittedLink[],
  hints: readonly CommittedLink[],
  holders: Map<string, Holder>,
  requests: PersonRequest[],
): Identified {
  const held = (link: CommittedLink) => holders.get(linkKey(link));
  const named = new Set(links.flatMap((link) => held(link)?.personId ?? []));
  if (named.size > 1) return { disagree: true };
  const [known] = named;
  const personId = known ?? wanted ?? v7();
  const ask = (command: PersonRequest['command']) =>
    requests.push({ id: personId, command, occurredAt, ...(cause ? { cause } : {}) });
  if (!known) ask({ name: 'Register', data: { personId, source } });
  const claim = (link: CommittedLink, confidence: Holder['confidence']) => {
    holders.set(linkKey(link), { personId, confidence });
    ask({ name: 'Link', data: { personId, ...link, source, confidence } });
  };
  for (const link of links) if (held(link)?.confidence !== 'stated') claim(link, 'stated');
  for (const hint of hints) if (!held(hint)) claim(hint, 'assumed');
  return { personId, isNew: !known };
}

/** What came of adding an identifier to a person: `refused` where it names somebody else. */
export async function linkPerson(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  link: Link & { personId: string; source: string; confidence: Holder['confidence']; occurredAt: string },
  expectedVersion?: number,
): Promise<Outcome | { readonly disagree: true }> {
  const { personId, source, confidence, occurredAt } = link;
  const { committed, holders } = await recognise(kit, tx, [link]);
  const known = committed.get(link)!;
  const holder = holders.get(linkKey(known));
  if (holder && holder.personId !== personId) return { disagree: true };
  const command = { name: 'Link' as const, data: { personId, ...known, source, confidence } };
  const version = expectedVersion === undefined ? {} : { expectedVersion };
  const [[outcome]] = (await executeOnPeople(kit, tx, cause, [
    [{ id: personId, command, occurredAt, ...version }],
  ])) as [[Outcome]];
  return outcome;
}

/** Registers whoever is not known by any of their identifiers, and adds the identifiers that were not known, in a few statements for any number. */
export async function registerPeople(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  registrations: readonly Registration[],
): Promise<Identified[]> {
  const { identified, requests } = await identify(kit, tx, registrations);
  await executeOnPeople(kit, tx, cause, requests);
  return identified;
}

/**
 * Carries out groups of commands on people in one go, and returns what came of each group. Throws WrongExpectedVersion, upon
 * which the whole transaction is tried again, when somebody else gave one of the identifiers to another person at this moment:
 * the next try finds that person.
 */
export async function executeOnPeople(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  groups: readonly (readonly PersonRequest[])[],
): Promise<Outcome[][]> {
  const requests = groups.flat();
  try {
    const outcomes = await kit.commands.execute(tx, person, cause, requests);
    let next = 0;
    return groups.map(({ length }) => outcomes.slice(next, (next += length)));
  } catch (error) {
    const { constraint } = error as { constraint?: string };
    if (sqlState(error) === '23505' && constraint === 'identity_links_tenant_id_kind_commitment_key')
      throw new WrongExpectedVersion(requests.map(({ id }) => `person-${id}`));
    throw error;
  }
}

/** Subject that nobody is: read in place of a person nobody knows, so that both questions cost the same. */
const NOBODY = '00000000-0000-4000-8000-000000000000';
const proofs = ['dateOfBirth', 'email'] as const;

/** Whether somebody is who they say: the person if everything they stated is what is on record, otherwise no word of what was wrong. */
export type Verified = { readonly verified: true; readonly personId: string } | { readonly verified: false };

/**
 * Compares what somebody says of themselves with what the organisation has on record, for whoever was invited by a link (LD-12, HSU-03).
 * A reference that names nobody, a wrong statement, one that was never recorded and an erased person get the same answer, after the
 * same statements to the database and a comparison that takes the same time.
 */
export async function verify(kit: ServiceKit, tx: Transaction, stated: Static<typeof VerifyPerson>): Promise<Verified> {
  const { kind, value: written } = stated.reference;
  // A phone’s keyboard has its own view of capitals. What is written exactly so comes first, the same spellings are asked for every time.
  const spellings = [written, written.toUpperCase(), written.toLowerCase()].map((value) => ({ kind, value }));
  const personId = (await findPeople(kit, tx, spellings)).find((id) => id !== undefined);
  const kept = await kit.vault.read(tx, personId ?? NOBODY, proofs);
  const matches = proofs.map((field) => {
    const { [field]: value } = stated;
    const known = kept[field];
    return value === undefined || isSame(value, known.state === 'value' ? known.value : '');
  });
  return personId !== undefined && matches.every(Boolean) ? { verified: true, personId } : { verified: false };
}

/** Addresses are compared without regard to case and outer space; hashing first gives both sides one length. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text.trim().toLowerCase()).digest();
  return timingSafeEqual(digest(one), digest(other));
}
