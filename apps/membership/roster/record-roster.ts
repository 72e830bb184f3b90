/** What a roster changes: the roster's own stream, the participations of everybody it shows or does not show, and what is kept of strangers. */
import {
  addDuration,
  mayStay,
  participation,
  roster,
  ruleOf,
  type ParticipationCommands,
  type ResolvedPolicy,
} from '#domain';
import type { Cause, CommandRequest, Outcome, Transaction } from '#eventsourcing';
import { type ServiceKit, timeZone } from '#nest';
import { readFacts } from '../participation/facts.js';
import { participationId } from '../participation/participation-id.js';
import { membersOf } from '../participation/participation.read-model.js';
import { linksOf } from '../people/people.read-model.js';
import { recognise, type Snapshot, type UnknownEntry } from './snapshot.js';

type Requests = CommandRequest<ParticipationCommands>[];

/** The request a roster belongs to. */
export interface Within {
  readonly kit: ServiceKit;
  readonly tx: Transaction;
  readonly cause: Cause;
  readonly groupId: string;
  readonly policy: ResolvedPolicy;
}

/** What became of a roster; `participations` are empty when it was refused or is on record already. */
export interface Recording {
  readonly roster: Outcome;
  readonly participations: readonly Outcome[];
  readonly seen: number;
  readonly unknown: number;
  readonly missing: number;
  readonly unproven: number;
}

/** Records a roster, in as many statements for a thousand participants as for one (LD-06, HSU-07, LD-23). */
export async function recordRoster(
  within: Within,
  snapshot: Snapshot,
  expectedVersion: number | undefined,
): Promise<Recording> {
  const { kit, tx, cause, groupId } = within;
  const { seen, unknown } = await recognise(kit, tx, groupId, snapshot);
  const { snapshotId, takenAt } = snapshot;
  const terms = await termsOf(within, takenAt);
  const data = { groupId, snapshotId, takenAt, seen, unknown: unknown.map(({ entryId }) => ({ entryId })), ...terms };
  const request = { id: groupId, command: { name: 'RecordSnapshot' as const, data }, occurredAt: takenAt };
  const version = expectedVersion === undefined ? {} : { expectedVersion };
  const [outcome] = await kit.commands.execute(tx, roster, cause, [{ ...request, ...version }]);
  const counts = { roster: outcome!, seen: seen.length, unknown: unknown.length };
  if (outcome!.refusal || outcome!.events.length === 0)
    return { ...counts, participations: [], missing: 0, unproven: 0 };
  await keepEntries(within, outcome!, unknown);
  const members = await membersOf(tx, groupId);
  const absent = members.filter((id) => !seen.includes(id));
  const missing = await provenAbsent(tx, absent, snapshot, unknown.length > 0);
  const requests = [
    ...(await foundRequests(within, snapshot, seen)),
    ...missing.map((personId) => missingRequest({ groupId, personId }, snapshot)),
  ];
  const participations = await kit.commands.execute(tx, participation, cause, requests);
  return { ...counts, participations, missing: missing.length, unproven: absent.length - missing.length };
}

/** Unknown participants have to be named or removed within the time given for people nothing entitles. */
async function termsOf({ tx, policy }: Within, takenAt: string) {
  const { not_entitled: limit } = policy.parameters.removal_sla.value;
  return {
    dueAt: addDuration(takenAt, limit, await timeZone(tx)),
    rules: [ruleOf(policy, 'eligible_categories'), ruleOf(policy, 'removal_sla')],
  };
}

/** The commands for people whom a roster shows. */
export async function foundRequests(
  { kit, tx, groupId, policy }: Within,
  { snapshotId, takenAt }: Pick<Snapshot, 'snapshotId' | 'takenAt'>,
  personIds: readonly string[],
): Promise<Requests> {
  const pairs = personIds.map((personId) => ({ groupId, personId }));
  const factsOf = await readFacts(kit, tx, pairs);
  const rules = [ruleOf(policy, 'eligible_categories')];
  return pairs.map((pair) => {
    const data = { ...pair, snapshotId, takenAt, isEntitled: mayStay(factsOf(pair)!), rules };
    return {
      id: participationId(groupId, pair.personId),
      command: { name: 'FoundInRoster' as const, data },
      occurredAt: takenAt,
    };
  });
}

function missingRequest(
  pair: { groupId: string; personId: string },
  { snapshotId, takenAt }: Snapshot,
): Requests[number] {
  return {
    id: participationId(pair.groupId, pair.personId),
    command: { name: 'MissingFromRoster', data: { ...pair, snapshotId, takenAt } },
    occurredAt: takenAt,
  };
}

/**
 * Who of those not recognised is really not there. A roster with strangers does not show that somebody is out of whom nothing tells how
 * they would look in it: they may be one of the strangers.
 */
async function provenAbsent(
  tx: Transaction,
  absent: readonly string[],
  { participants }: Snapshot,
  hasStrangers: boolean,
): Promise<string[]> {
  if (!hasStrangers) return [...absent];
  const kinds = new Set(participants.flatMap((one) => ('link' in one ? [one.link.kind as string] : [])));
  const links = await linksOf(tx, absent);
  const recognisable = new Set(links.filter(({ kind }) => kinds.has(kind)).map(({ personId }) => personId));
  return absent.filter((id) => recognisable.has(id));
}

/** How strangers look is kept only while they are strangers, under a key of their own. */
async function keepEntries({ kit, tx }: Within, { events }: Outcome, unknown: readonly UnknownEntry[]): Promise<void> {
  const named = (name: string) =>
    new Set(events.filter((event) => event.name === name).map(({ data }) => data['entryId'] as string));
  for (const entryId of named('RosterDiscrepancyClosed')) await kit.vault.erase(tx, entryId);
  const found = named('RosterDiscrepancyFound');
  const fresh = unknown.filter(({ entryId }) => found.has(entryId));
  if (fresh.length === 0) return;
  const kept = await kit.vault.readMany(tx, [...found], ['value']);
  for (const [entryId, { value }] of kept) if (value.state === 'erased') await kit.vault.permitNewKey(tx, entryId);
  await kit.vault.writeMany(tx, new Map(fresh.map(({ entryId, link }) => [entryId, { ...link }])));
}
