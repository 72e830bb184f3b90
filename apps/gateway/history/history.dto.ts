import { Type, type Static } from 'typebox';
import { parseInstant } from '#domain';
import { eventTypes, Id, Instant, oneOf, Term } from '#events';
import { closed, cursorKey, invalid, pageOf, PageQuery } from '#nest';
import type { HistoryFilter, HistoryRow, Place } from './history.query.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Whether a text is an id, in whatever case. */
export const isId = (text: string): boolean => UUID.test(text);
const names = eventTypes()
  .filter(({ service }) => service !== 'feeds')
  .map(({ name }) => name);

const Filters = {
  personId: Type.Optional(
    Type.String({
      format: 'uuid',
      description: 'Events that name the person, in whatever part: about them, by them, before them.',
    }),
  ),
  groupId: Type.Optional(Type.String({ format: 'uuid', description: 'Events that name the group.' })),
  taskId: Type.Optional(Type.String({ format: 'uuid', description: 'Events that name the task.' })),
  correlationId: Type.Optional(
    Type.String({ format: 'uuid', description: 'Everything that one fact from outside led to.' }),
  ),
  type: Type.Optional(Type.Enum([...new Set(names)], { description: 'Short name of the event.' })),
  actor: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$',
      description: 'Who did it: the id of a key or a person, or the name of a process.',
    }),
  ),
  obligation: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2,8}-[0-9]{1,4}$',
      description: 'Events decided under a rule that answers this obligation.',
    }),
  ),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'Happened at this instant or later.' })),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Happened before this instant.' })),
  order: Type.Optional(oneOf('asc', 'desc')),
};

export const HistoryQuery = Type.Object({ ...Filters, ...PageQuery }, closed);
export const StoryQuery = Type.Object(PageQuery, closed);
export const RosterQuery = Type.Object(
  { asOf: Type.Optional(Type.String({ format: 'date-time', description: 'Now unless said.' })), ...PageQuery },
  closed,
);
export const ExportQuery = Type.Object({ ...Filters, format: Type.Optional(oneOf('ndjson', 'csv')) }, closed);

const Actor = Type.Object({
  kind: oneOf('key', 'person', 'feed', 'system'),
  id: Term,
  onBehalfOf: Type.Optional(Id),
});
const Rule = Type.Object({ profile: Term, parameter: Term, obligations: Type.Array(Term) });

/** One event as the history shows it. */
export const HistoryItem = Type.Object({
  eventId: Id,
  name: Term,
  type: Term,
  service: Term,
  streamId: Type.String(),
  version: Type.Integer(),
  occurredAt: Instant,
  recordedAt: Instant,
  actor: Actor,
  correlationId: Id,
  causationId: Type.Union([Id, Type.Null()]),
  rules: Type.Array(Rule),
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type HistoryItem = Static<typeof HistoryItem>;
export const HistoryPage = pageOf(HistoryItem);
export const Roster = Type.Object({
  groupId: Id,
  asOf: Instant,
  items: Type.Array(Type.Object({ personId: Id, since: Instant })),
  next: Type.Union([Type.String(), Type.Null()]),
});

/** The filters of a query in the form in which they are stored. Throws the problem for an instant that does not exist. */
export function filterOf(query: Omit<Static<typeof ExportQuery>, 'format'>): HistoryFilter {
  const { order: _, from, to, ...terms } = query;
  const inForm = Object.entries(terms).map(([name, value]) => [name, isId(value) ? value.toLowerCase() : value]);
  return {
    ...(Object.fromEntries(inForm) as HistoryFilter),
    ...(from === undefined ? {} : { from: instantOf('query/from', from) }),
    ...(to === undefined ? {} : { to: instantOf('query/to', to) }),
  };
}

/** The instant in the house form. Throws the problem that names the field for one that does not exist. */
export function instantOf(field: string, text: string): string {
  const instant = parseInstant(text);
  if (instant === null) throw invalid([{ field, rule: 'must be an instant, such as 2026-05-07T21:00:00Z' }]);
  return instant;
}

/** The place a cursor goes on from. Throws the problem for a cursor that is not ours. */
export function placeOf(cursor: string | undefined): { after?: Place } {
  const key = cursorKey(cursor, 2);
  if (!key) return {};
  const [occurredAt, eventId] = key.map(String) as [string, string];
  if (parseInstant(occurredAt) !== occurredAt || !isId(eventId)) throw notOurs();
  return { after: [occurredAt, eventId] };
}

/** The person a cursor goes on from. Throws the problem for a cursor that is not ours. */
export function personOf(cursor: string | undefined): { after?: string } {
  const [after] = cursorKey(cursor, 1) ?? [];
  if (after === undefined) return {};
  if (typeof after !== 'string' || !isId(after)) throw notOurs();
  return { after };
}

const notOurs = () => invalid([{ field: 'query/cursor', rule: 'must be the next of an earlier page' }]);

/** A row of the history as it is shown. */
export function itemOf(row: HistoryRow): HistoryItem {
  return {
    eventId: row.event_id,
    name: row.name,
    type: row.type,
    service: row.type.split('.')[1]!,
    streamId: row.stream_id,
    version: row.version,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    actor: JSON.parse(row.actor) as HistoryItem['actor'],
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    rules: JSON.parse(row.rules) as HistoryItem['rules'],
    data: JSON.parse(row.data) as HistoryItem['data'],
  };
}
