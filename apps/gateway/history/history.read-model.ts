import { projection, project, tenantTable, writeRows, type Transaction } from '#eventsourcing';
import type { MembershipPayloads, RecordedEvent } from '#events';

/**
 * `history` holds every event of every service once, in the order in which things happened; its key is that order. An event is found by
 * its own person, group, type, actor, case and stream through one index each. `history_terms` finds it by whatever else it names: ids in
 * any other field (a task, the owners, who recorded it) and the obligations it answers.
 * `presence` keeps who came into a group and who went out, and when; who was in at an instant follows from that.
 */
export const tables = [
  tenantTable(
    'history',
    `occurred_at timestamptz not null, event_id uuid not null, recorded_at timestamptz not null, type text not null, name text not null,
     stream_id text not null, version integer not null, actor text not null, actor_id text not null, correlation_id uuid not null,
     causation_id uuid, person_id uuid, group_id uuid, rules text not null, data text not null`,
    'occurred_at, event_id',
    'person_id, occurred_at, event_id',
    'group_id, occurred_at, event_id',
    'name, occurred_at, event_id',
    'actor_id, occurred_at, event_id',
    'correlation_id, occurred_at, event_id',
    'stream_id, occurred_at, event_id',
  ),
  tenantTable(
    'history_terms',
    'term text not null, occurred_at timestamptz not null, event_id uuid not null',
    'term, occurred_at, event_id',
  ),
  tenantTable(
    'presence',
    `group_id uuid not null, person_id uuid not null, at timestamptz not null, version integer not null, event_id uuid not null,
     inside boolean not null`,
    'group_id, person_id, at, version, event_id',
  ),
];

/** Writes a page of one organisation's events, a few statements whatever its length. An event that is there already changes nothing. */
export async function recordPage(tx: Transaction, events: readonly RecordedEvent[]): Promise<void> {
  await writeRows(
    tx,
    'history',
    ['occurredAt', 'eventId'],
    events.map((event) => ({ upsert: rowOf(event) })),
  );
  await writeRows(
    tx,
    'history_terms',
    ['term', 'occurredAt', 'eventId'],
    events.flatMap((event) =>
      termsOf(event).map((term) => ({ upsert: { term, occurredAt: event.occurredAt, eventId: event.id } })),
    ),
  );
  await project(tx, [presence], events);
}

type Step = { readonly groupId: string; readonly personId: string };
const step =
  (inside: boolean) =>
  ({ data, occurredAt, version, id }: RecordedEvent<string, Step>) => ({
    upsert: { groupId: data.groupId, personId: data.personId, at: occurredAt, version, eventId: id, inside },
  });

/** Steps in and out are kept as they are told, so that one told late falls into its place. */
const presence = projection<MembershipPayloads>('presence', ['groupId', 'personId', 'at', 'version', 'eventId'], {
  MemberAdded: step(true),
  MemberFoundInGroup: step(true),
  MemberRemoved: step(false),
  MemberLeftByThemselves: step(false),
});

function rowOf(event: RecordedEvent) {
  const { occurredAt, recordedAt, type, name, streamId, version, actor, correlationId, causationId, rules, data } =
    event;
  return {
    occurredAt,
    eventId: event.id,
    recordedAt,
    type,
    name,
    streamId,
    version,
    actor: JSON.stringify(actor),
    actorId: actor.id,
    correlationId,
    causationId,
    personId: ownId(data, 'personId'),
    groupId: ownId(data, 'groupId'),
    rules: JSON.stringify(rules ?? []),
    data: JSON.stringify(data),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function ownId(data: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const id = data[field];
  return typeof id === 'string' && UUID.test(id) ? id.toLowerCase() : undefined;
}

/**
 * What an event can be found by besides its columns: every id in its data, at any depth, the people who acted, and its obligations.
 * Ids are known by their form and not by the event's type, so an event of tomorrow is found as well.
 */
export function termsOf({ data, actor, rules = [] }: RecordedEvent): string[] {
  const people = [actor.kind === 'person' ? actor.id : undefined, actor.onBehalfOf];
  const ids = new Set([...idsIn(data), ...idsIn(people)]);
  for (const field of ['personId', 'groupId']) ids.delete(ownId(data, field) ?? '');
  return [...ids, ...new Set(rules.flatMap(({ obligations }) => obligations))];
}

function idsIn(value: unknown): string[] {
  if (typeof value === 'string') return UUID.test(value) ? [value.toLowerCase()] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(idsIn) : [];
}
