import {
  hasLeft,
  liveCategories,
  participation,
  person,
  type Age,
  type Participation,
  type PersonCategory,
  type ResolvedPolicy,
} from '#domain';
import type { Loaded, Transaction } from '#eventsourcing';
import { activePolicies, type ServiceKit, timeZone } from '#nest';
import { findGroups, type GroupRow } from '../groups/groups.read-model.js';
import { ageOf } from '../people/identity.js';
import { participationId } from './participation-id.js';
import { consentsOf, type ConsentRow, type Pair } from './participation.read-model.js';

/** Everything a rule may want to know about one person in one group, as it stands at `tx.now`. */
export interface Facts extends Pair {
  readonly group: GroupRow;
  readonly policy: ResolvedPolicy;
  readonly timeZone: string;
  readonly participation: Participation;
  /** The participation's stream, for whoever asks something of it in the same transaction. */
  readonly stream: Loaded<Participation>;
  /** Who would have to carry out an order: those who run the group, but the person themselves only if nobody else does. */
  readonly owners: readonly string[];
  readonly isModerator: boolean;
  readonly isKnown: boolean;
  readonly liveCategories: readonly PersonCategory[];
  readonly hasLeft: boolean;
  readonly age: Age;
  readonly hasLiveConsent: boolean;
  /** When and why the consent ended; undefined while one holds or none was given. */
  readonly withdrawal: { readonly at: string; readonly reason: NonNullable<ConsentRow['reason']> } | undefined;
}

/**
 * Reads the facts about any number of people in any number of groups, in as many statements as for one, which go out together. Pairs whose
 * group the organisation does not have are left out; where nobody asks for ages, none is known. Throws when a group's type has no policy in
 * force: nothing may be decided then.
 */
export async function readFacts(
  kit: ServiceKit,
  tx: Transaction,
  pairs: readonly Pair[],
  asksAge = true,
): Promise<(pair: Pair) => Facts | undefined> {
  if (pairs.length === 0) return () => undefined;
  const personIds = unique(pairs, 'personId');
  const ids = [...new Set(pairs.map((pair) => participationId(pair.groupId, pair.personId)))];
  const [groups, policies, zone, people, participations, ages, consentOf] = await Promise.all([
    findGroups(tx, unique(pairs, 'groupId')),
    activePolicies(tx),
    timeZone(tx),
    kit.commands.states(tx, person, personIds),
    kit.commands.states(tx, participation, ids),
    asksAge ? ageOf(kit, tx, personIds, tx.now) : new Map<string, Age>(),
    consentsOf(tx, pairs),
  ]);
  return (pair) => {
    const { groupId, personId } = pair;
    const group = groups.get(groupId);
    if (!group) return undefined;
    const policy = policies.get(group.groupType);
    if (!policy) throw new Error('A group is registered for which no policy is in force');
    const { state, version } = people.get(personId)!;
    const stream = participations.get(participationId(groupId, personId))!;
    return {
      groupId,
      personId,
      group,
      policy,
      timeZone: zone,
      participation: stream.state,
      stream,
      ...office(group, personId),
      isKnown: version > 0,
      liveCategories: liveCategories(state, tx.now),
      hasLeft: hasLeft(state),
      age: ages.get(personId) ?? { known: false },
      ...consent(consentOf(pair)),
    };
  };
}

function office({ moderators }: GroupRow, personId: string): Pick<Facts, 'owners' | 'isModerator'> {
  const ids = moderators.map((moderator) => moderator.personId);
  const others = ids.filter((id) => id !== personId);
  return { owners: others.length > 0 ? others : ids, isModerator: ids.includes(personId) };
}

function consent(row: ConsentRow | undefined): Pick<Facts, 'hasLiveConsent' | 'withdrawal'> {
  const { withdrawnAt: at, reason } = row ?? {};
  return {
    hasLiveConsent: row !== undefined && !at,
    withdrawal: at && reason ? { at, reason } : undefined,
  };
}

const unique = <K extends keyof Pair>(pairs: readonly Pair[], key: K) => [...new Set(pairs.map((pair) => pair[key]))];
