/**
 * Wiring of the removal process: finds the participations an event concerns, reads the facts, asks the rules (`removalFor`) and
 * issues what they say. Two facts that cross on their way (a leave and an admission, an end and a guest) are each looked at again when
 * the other is known: both are committed before their events come here, so whichever comes second sees both.
 */
import { isEntitled, leaverTrigger, participation, removalFor, type RemovalCause } from '#domain';
import type { EventsOf, MembershipPayloads, RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { findActivities, type ActivityRow } from '../activities/activities.read-model.js';
import { leavesOf } from '../people/people.read-model.js';
import { readFacts, type Facts } from '../participation/facts.js';
import { participationId, removalTaskId } from '../participation/participation-id.js';
import { presentAmong, type Pair, type ParticipationRow } from '../participation/participation.read-model.js';

type Events = EventsOf<MembershipPayloads>;
type Named<N extends Events['name']> = Extract<Events, { name: N }>;
type Present = readonly ParticipationRow[];
type Leave = Awaited<ReturnType<typeof leavesOf>>[number];
type Known = { readonly leaves: readonly Leave[]; readonly activities: ReadonlyMap<string, ActivityRow> };
type Row<E> = {
  /** Which participations the event concerns. */
  readonly of: (event: E, present: Present) => readonly Pair[];
  /** What it may lead to; the event itself unless said otherwise. */
  readonly causes?: (event: E, facts: Facts, known: Known) => readonly RemovalCause[];
  /** Whether its rule asks how old the person is. */
  readonly asksAge?: true;
};

/** One participation that an event concerns, and what that may lead to. */
export interface Concern {
  readonly event: Pick<RecordedEvent, 'id' | 'correlationId' | 'occurredAt'>;
  readonly pair: Pair;
  readonly causes: (facts: Facts) => readonly RemovalCause[];
  /** Whether the rules will ask how old the person is: where none of a page does, no date of birth is decrypted. */
  readonly asksAge?: boolean;
}

const ofPerson = ({ data }: { data: { personId: string } }, present: Present) =>
  present.filter(({ personId }) => personId === data.personId);
const ofActivity = ({ data }: { data: { activityId: string } }, present: Present) =>
  present.filter(({ activityId }) => activityId === data.activityId);
const own = ({ data }: { data: Pair }) => [data];

const rows: { readonly [N in Events['name']]?: Row<Named<N>> } = {
  LeaverDetected: { of: ofPerson },
  LeaverRescinded: { of: ofPerson },
  EligibilityRestored: { of: ofPerson },
  DateOfBirthCorrected: { of: ofPerson, asksAge: true },
  // A status can only end an order; the nightly list of a CRM need not look at everybody who has none.
  PersonStatusSynced: {
    of: (event, present) => ofPerson(event, present).filter((row) => row.removalTaskId !== null),
  },
  ActivityEnded: { of: ofActivity },
  ActivityExtended: { of: ofActivity },
  GroupClosed: { of: ({ data }, present) => present.filter(({ groupId }) => groupId === data.groupId) },
  MemberFoundInGroup: { of: own, asksAge: true },
  GuestAccessExpired: { of: own },
  RemovalRequestedByMember: { of: own },
  RemovalContradicted: { of: own },
  ModeratorStoodDown: { of: own },
  MemberAdded: {
    of: own,
    causes: (event, facts, known) => [event, ...lapsedMeanwhile(event, facts, known)],
    asksAge: true,
  },
  GuestAccessGranted: { of: own, causes: endedMeanwhile },
  RemovalTaskOpened: { of: own, causes: settledMeanwhile },
};

/** The person left, or the consent ended, while the admission was being decided. Limits count from that time (LD-37, LD-09). */
function lapsedMeanwhile({ data }: Named<'MemberAdded'>, facts: Facts, { leaves }: Known): RemovalCause[] {
  const { personId, isModerator, withdrawal } = facts;
  const left = leaves.filter((leave) => leave.personId === personId && !leave.isAnnounced);
  const hasLapsed = data.capacity === 'member' && !isModerator;
  return [
    ...(hasLapsed ? left.map((leave) => leaverDetected(personId, leave)) : []),
    ...(withdrawal ? [consentEnded(data, withdrawal)] : []),
  ];
}

function consentEnded({ groupId, personId }: Pair, { at, reason }: NonNullable<Facts['withdrawal']>): RemovalCause {
  const about = { groupId, personId };
  return reason === 'expired'
    ? { name: 'ConsentExpired', data: { ...about, because: 'stated_end', expiredAt: at }, occurredAt: at }
    : { name: 'ConsentWithdrawn', data: { ...about, reason }, occurredAt: at };
}

function leaverDetected(personId: string, { category, leavesAt, source }: Leave): RemovalCause {
  const said = { category: category as Parameters<typeof leaverTrigger>[0], leftAt: leavesAt, reportedAt: leavesAt };
  const data = { personId, source, trigger: leaverTrigger(said.category), ...said };
  return { name: 'LeaverDetected', data, occurredAt: leavesAt };
}

/** The activity ended while a guest of it was being let in (LD-05). */
function endedMeanwhile({ data }: Named<'GuestAccessGranted'>, _: Facts, { activities }: Known): RemovalCause[] {
  const { activityId } = data;
  const endedAt = activityId === undefined ? undefined : activities.get(activityId)?.endedAt;
  if (!activityId || !endedAt) return [];
  return [{ name: 'ActivityEnded', data: { activityId, endedAt }, occurredAt: endedAt }];
}

/** The group was closed, or the person came back, while the order was being decided. */
function settledMeanwhile({ data, occurredAt }: Named<'RemovalTaskOpened'>, facts: Facts): RemovalCause[] {
  const { groupId, personId, trigger } = data;
  if (facts.group.closedAt) return [{ name: 'GroupClosed', data: { groupId }, occurredAt }];
  const isByCategory = trigger === 'membership_ended' || trigger === 'role_ended' || trigger === 'not_entitled';
  const { value: eligible } = facts.policy.parameters.eligible_categories;
  const [category] = facts.liveCategories;
  if (!isByCategory || !category || !isEntitled(facts.liveCategories, eligible)) return [];
  const back = { personId, category, restoredAt: occurredAt, source: 'rollcall' };
  return [{ name: 'EligibilityRestored', data: back, occurredAt }];
}

/** The participations that a page of membership's events concerns; a few statements for any number of events. */
export async function concernsOf(tx: Transaction, events: readonly RecordedEvent[]): Promise<Concern[]> {
  const relevant = (events as readonly Events[]).filter(({ name }) => rows[name]);
  if (relevant.length === 0) return [];
  const named = (names: readonly Events['name'][], field: string) => [
    ...new Set(
      relevant
        .filter(({ name }) => names.includes(name))
        .flatMap(({ data }) => (data as Readonly<Record<string, string | undefined>>)[field] ?? []),
    ),
  ];
  const present = await presentAmong(tx, {
    personIds: named(
      ['LeaverDetected', 'LeaverRescinded', 'EligibilityRestored', 'DateOfBirthCorrected', 'PersonStatusSynced'],
      'personId',
    ),
    activityIds: named(['ActivityEnded', 'ActivityExtended'], 'activityId'),
    groupIds: named(['GroupClosed'], 'groupId'),
  });
  const [added, guestsOf] = [named(['MemberAdded'], 'personId'), named(['GuestAccessGranted'], 'activityId')];
  const known: Known = {
    leaves: added.length > 0 ? await leavesOf(tx, added) : [],
    activities: guestsOf.length > 0 ? await findActivities(tx, guestsOf) : new Map<string, ActivityRow>(),
  };
  return relevant.flatMap((event) => {
    const { of, causes, asksAge = false } = rows[event.name] as Row<Events>;
    return of(event, present).map((pair) => ({
      event,
      pair,
      causes: (facts: Facts) => (causes ? causes(event, facts, known) : [event as unknown as RemovalCause]),
      asksAge,
    }));
  });
}

const AT_ONCE = 1000;

/** Asks the rules about each concern and issues their commands, as the named processor, each in the case of its event. */
export async function decideRemovals(
  kit: ServiceKit,
  tx: Transaction,
  processor: string,
  concerns: readonly Concern[],
): Promise<void> {
  if (concerns.length === 0) return;
  const factsOf = await readFacts(
    kit,
    tx,
    concerns.map(({ pair }) => pair),
    concerns.some(({ asksAge = false }) => asksAge),
  );
  const requests = concerns.flatMap((concern) => {
    const facts = factsOf(concern.pair);
    return facts ? requestsFor(concern, facts, processor) : [];
  });
  const cause = { actor: { kind: 'system', id: processor } } as const;
  for (let from = 0; from < requests.length; from += AT_ONCE)
    await kit.commands.execute(tx, participation, cause, requests.slice(from, from + AT_ONCE));
}

function requestsFor({ event, causes }: Concern, facts: Facts, processor: string) {
  const id = participationId(facts.groupId, facts.personId);
  const taskId = removalTaskId(event.id, id);
  const cause = {
    actor: { kind: 'system', id: processor } as const,
    correlationId: event.correlationId,
    causationId: event.id,
  };
  return causes(facts)
    .filter(({ name }) => !facts.group.closedAt || name === 'GroupClosed') // a closed group asks nothing of anybody
    .flatMap((one) => removalFor(one, { ...facts, taskId }) ?? [])
    .map(({ command, occurredAt }) => ({ id, command, occurredAt, cause, stream: facts.stream }));
}
