/**
 * Judges a quiet system by what its clients were told and by what lies in its databases and topics. It knows the names of events and
 * of their fields, and shares no code with the product: a bug there must not hide itself here.
 */
import type { LyingMessage } from '../../libs/testing/witness.js';
import type { Acknowledged, Owed } from './journal.js';
import { APPS, type App } from './services.js';
import { type ServiceView, type StoredEvent, topicOf, type View } from './view.js';

/** What can be wrong, and in which words it is told. */
export const FAULTS = {
  lost: 'acknowledged, and not in the store',
  owing: 'follows from an acknowledged command, and never happened',
  doubled: 'happened more than once',
  gap: 'a stream or the order of all events has a gap',
  unpublished: 'in the store, and never published',
  stranger: 'published, and not in the store as it was published',
  disorder: 'first published before an earlier event of its stream',
  readModel: 'a read model that is not what its events say',
  early: 'a deadline that fired before its time',
  missed: 'a deadline that did not fire',
  parked: 'a message that was set aside',
} as const;
export type Wrong = keyof typeof FAULTS;

/** One thing that is wrong. */
export interface Finding {
  readonly wrong: Wrong;
  readonly what: string;
}

/** An event with its body read. */
interface Known extends StoredEvent {
  readonly name: string;
  readonly recordedAt: string;
  readonly causationId: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Everything that is wrong; empty when nothing is. */
export function check(
  { acknowledged, owed }: { readonly acknowledged: readonly Acknowledged[]; readonly owed: readonly Owed[] },
  view: View,
): Finding[] {
  const known = new Map(APPS.map((app) => [app, view.services[app].events.map(read)] as const));
  const all = [...known.values()].flat();
  return [
    ...acknowledgedIn(acknowledged, all),
    ...owedIn(owed, all),
    ...effectsOnce(all),
    ...APPS.flatMap((app) => [...orderOf(app, view.services[app]), ...publishedFrom(app, view), ...counted(app, view)]),
    ...deadlines(all, view.takenAt),
    ...readModels(known, view),
  ];
}

function read(event: StoredEvent): Known {
  const { recordedAt, causationId, data } = JSON.parse(event.body) as Pick<
    Known,
    'recordedAt' | 'causationId' | 'data'
  >;
  return { ...event, name: event.type.split('.').at(-2)!, recordedAt, causationId, data };
}

const textOf = ({ name, streamId, version }: Known) => `${name} (${streamId}, ${version})`;

function acknowledgedIn(acknowledged: readonly Acknowledged[], all: readonly Known[]): Finding[] {
  const there = new Set(all.map(({ tenantId, eventId }) => `${tenantId}/${eventId}`));
  return acknowledged.flatMap(({ tenantId, path, events }) =>
    events
      .filter(({ eventId }) => tenantId !== '' && !there.has(`${tenantId}/${eventId}`))
      .map(({ name, streamId }) => ({ wrong: 'lost' as const, what: `${name} (${streamId}) of ${path}` })),
  );
}

/** What a command leads to is there, once, however often it was sent and its consequences were delivered. */
function owedIn(owed: readonly Owed[], all: readonly Known[]): Finding[] {
  const times = new Map<string, number>();
  for (const { tenantId, name, data } of all)
    for (const key of keysOf(tenantId, name, data)) times.set(key, (times.get(key) ?? 0) + 1);
  const keys = new Set(owed.map(({ tenantId, name, where }) => keyOf(tenantId, name, where)));
  return [...keys].flatMap((key): Finding[] => {
    const n = times.get(key) ?? 0;
    if (n === 1) return [];
    return [{ wrong: n === 0 ? 'owing' : 'doubled', what: `${key}: ${n} times` }];
  });
}

/** The fields by which what is owed is told apart. */
const FIELDS = ['groupId', 'itemId', 'personId'] as const;

const keyOf = (tenantId: string, name: string, where: Readonly<Record<string, unknown>>) =>
  `${name} of ${FIELDS.flatMap((field) => (typeof where[field] === 'string' ? [where[field]] : [])).join('/')} in ${tenantId}`;

/** An event answers to all of its fields together, and to its person or item alone. */
function keysOf(tenantId: string, name: string, data: Readonly<Record<string, unknown>>): string[] {
  const { groupId, personId, itemId } = data;
  const wheres = itemId ? [{ itemId }] : [...(groupId ? [{ groupId, personId }] : []), { personId }];
  return [...new Set(wheres.map((where) => keyOf(tenantId, name, where)))];
}

/** One cause has one effect of a kind in a stream: a second one comes from a message that was handled twice. */
function effectsOnce(all: readonly Known[]): Finding[] {
  const seen = new Set<string>();
  return all.flatMap((event): Finding[] => {
    if (event.causationId === undefined) return [];
    const effect = [event.tenantId, event.streamId, event.name, event.causationId].join('/');
    if (seen.has(effect)) return [{ wrong: 'doubled', what: `${textOf(event)} by one and the same cause` }];
    seen.add(effect);
    return [];
  });
}

/** Versions of a stream and positions of a service run from 1 without a gap; every event has exactly one position. */
function orderOf(app: App, { events, sequence }: ServiceView): Finding[] {
  const gaps: string[] = [];
  const next = new Map<string, number>();
  for (const { tenantId, streamId, version } of events) {
    const stream = `${tenantId}/${streamId}`;
    const due = next.get(stream) ?? 1;
    if (version !== due) gaps.push(`${app}: ${streamId} has ${version} where ${due} was due`);
    next.set(stream, version + 1);
  }
  for (const [index, { position }] of sequence.entries())
    if (position !== index + 1) gaps.push(`${app}: position ${position} where ${index + 1} was due`);
  const numbered = new Set(sequence.map(({ place }) => place));
  if (numbered.size < sequence.length)
    gaps.push(`${app}: ${sequence.length - numbered.size} events have two positions`);
  for (const { tenantId, streamId, version } of events)
    if (!numbered.has(`${tenantId}/${streamId}/${version}`))
      gaps.push(`${app}: ${streamId} ${version} has no position`);
  return gaps.map((what) => ({ wrong: 'gap', what }));
}

/** Every stored event lies in its service's topic as it was stored; no other does; the first deliveries of a stream are in its order. */
function publishedFrom(app: App, { services, topics }: View): Finding[] {
  if (!topics) return [];
  const messages = topics.get(topicOf(app)) ?? [];
  const byId = new Map(services[app].events.map((event) => [`${event.tenantId}/${event.eventId}`, event]));
  const idOf = ({ headers }: LyingMessage) => `${headers['ce_tenantid']}/${headers['ce_id']}`;
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const findings: Finding[] = [];
  for (const message of messages) {
    const id = idOf(message);
    const event = byId.get(id);
    if (!event || !isSame(message, event)) {
      findings.push({ wrong: 'stranger', what: `${app}: ${message.headers['ce_type']} ${id}` });
      continue;
    }
    if (seen.has(id)) continue;
    seen.add(id);
    const stream = `${event.tenantId}/${event.streamId}`;
    if (event.version !== (last.get(stream) ?? 0) + 1)
      findings.push({ wrong: 'disorder', what: `${app}: ${event.streamId} ${event.version}` });
    last.set(stream, Math.max(event.version, last.get(stream) ?? 0));
  }
  const unpublished = [...byId].filter(([id]) => !seen.has(id));
  return [
    ...findings,
    ...unpublished.map(([, event]) => ({ wrong: 'unpublished' as const, what: `${app}: ${textOf(read(event))}` })),
  ];
}

function isSame({ key, headers, value }: LyingMessage, { streamId, version, type, body }: StoredEvent): boolean {
  return (
    key === streamId &&
    headers['ce_subject'] === streamId &&
    headers['ce_streamversion'] === String(version) &&
    headers['ce_type'] === type &&
    headers['ce_specversion'] === '1.0' &&
    value === body
  );
}

/** A processor has handled as many different events as there are: more means that one counted twice. */
function counted(app: App, { services }: View): Finding[] {
  const { counts, parked } = services[app];
  const heads = new Map(APPS.map((one) => [topicOf(one), services[one].events.length]));
  const findings = counts.flatMap(({ processor, topic, handled }): Finding[] => {
    const head = heads.get(topic);
    if (head === undefined || handled === head) return [];
    const what = `${processor} has handled ${handled} events of ${head} of ${topic}`;
    return [{ wrong: handled > head ? 'doubled' : 'owing', what }];
  });
  return parked > 0 ? [...findings, { wrong: 'parked', what: `${app}: ${parked}` }] : findings;
}

/** Events that a deadline brings about: which field says when it was due, and which one tells deadlines apart. */
const FIRED: Readonly<Record<string, { readonly due: string; readonly id: string }>> = {
  RetentionExpired: { due: 'retainUntil', id: 'itemId' },
  DeletionReminderDue: { due: '', id: 'taskId' },
  DeletionOverdue: { due: 'dueAt', id: 'taskId' },
  RemovalReminderDue: { due: '', id: 'taskId' },
  RemovalOverdue: { due: 'dueAt', id: 'taskId' },
};
/** Seconds a deadline may be behind when the system is looked at. */
const GRACE = 5;

function deadlines(all: readonly Known[], takenAt: number): Finding[] {
  const fired = new Set<string>();
  const findings: Finding[] = [];
  for (const event of all) {
    const rule = FIRED[event.name];
    if (!rule) continue;
    const once = `${event.tenantId}/${event.name}/${String(event.data[rule.id])}`;
    if (fired.has(once)) findings.push({ wrong: 'doubled', what: `the deadline of ${textOf(event)}` });
    fired.add(once);
    const due = event.data[rule.due];
    if (typeof due === 'string' && Date.parse(event.recordedAt) < Date.parse(due))
      findings.push({ wrong: 'early', what: `${textOf(event)}: due ${due}, fired ${event.recordedAt}` });
  }
  const ended = new Set(all.filter(({ name }) => ENDS.has(name)).map(({ data }) => String(data['taskId'])));
  for (const { tenantId, name, data } of all) {
    const [fires, id] = [data['dueAt'] ?? data['retainUntil'], String(data['taskId'] ?? data['itemId'])];
    const then = { RemovalTaskOpened: 'RemovalOverdue', RetentionScheduled: 'RetentionExpired' }[name];
    const isOver = typeof fires === 'string' && Date.parse(fires) < takenAt - GRACE * 1000;
    const key = name === 'RetentionScheduled' ? String(data['itemId']) : id;
    if (then && isOver && !ended.has(id) && !fired.has(`${tenantId}/${then}/${key}`))
      findings.push({ wrong: 'missed', what: `${then} of ${key}, due ${fires}` });
  }
  return findings;
}

/** What ends an order, so that its limit is no more. */
const ENDS = new Set(['RemovalTaskCancelled', 'MemberRemoved', 'MemberLeftByThemselves']);

/** Read models as the events say they must be, computed anew. */
function readModels(known: ReadonlyMap<App, readonly Known[]>, { rows }: View): Finding[] {
  const { membership, consent, retention } = Object.fromEntries(known) as Record<App, readonly Known[]>;
  const of = ({ tenantId }: Known, ...parts: unknown[]) => [tenantId, ...parts].join('/');
  const orders = new Map<string, string>();
  const present = new Map<string, boolean>();
  const consents = new Map<string, boolean>();
  for (const event of membership) {
    const { taskId, groupId, personId } = event.data;
    const state = ORDER_STATES[event.name];
    if (state && taskId) orders.set(of(event, taskId), state);
    const isIn = PRESENCE[event.name];
    if (isIn !== undefined) present.set(of(event, groupId, personId), isIn);
  }
  for (const event of consent)
    if (event.name === 'ConsentGiven' || event.name === 'ConsentWithdrawn' || event.name === 'ConsentExpired')
      consents.set(of(event, event.data['groupId'], event.data['personId']), event.name === 'ConsentGiven');
  const those = (map: ReadonlyMap<string, boolean>) => [...map].flatMap(([key, holds]) => (holds ? [key] : []));
  const deletions = retention.filter(({ name }) => name === 'DeletionTaskOpened');
  const all = [...known.values()].flat();
  return [
    ...differences(
      'history',
      all.map((event) => of(event, event.eventId)),
      rows.history,
    ),
    ...differences(
      'removal orders',
      [...orders].map(([key, state]) => `${key} ${state}`),
      rows.orders,
    ),
    ...differences('members', those(present), rows.present),
    ...differences('consents heard of', those(consents), rows.consents),
    ...differences(
      'deletion tasks',
      deletions.map((event) => of(event, event.data['taskId'])),
      rows.deletions,
    ),
  ];
}

const ORDER_STATES: Readonly<Record<string, string>> = {
  RemovalTaskOpened: 'open',
  RemovalOverdue: 'overdue',
  RemovalTaskCancelled: 'cancelled',
  MemberRemoved: 'done',
  MemberLeftByThemselves: 'done',
};
const PRESENCE: Readonly<Record<string, boolean>> = {
  MemberAdded: true,
  MemberFoundInGroup: true,
  MemberRemoved: false,
  MemberLeftByThemselves: false,
};

function differences(name: string, due: readonly string[], found: readonly string[]): Finding[] {
  const there = new Map<string, number>();
  for (const row of found) there.set(row, (there.get(row) ?? 0) + 1);
  const wanted = new Set(due);
  const wrong = (what: string): Finding => ({ wrong: 'readModel', what: `${name}: ${what}` });
  return [
    ...[...wanted].filter((row) => !there.has(row)).map((row) => wrong(`${row} is missing`)),
    ...[...there].flatMap(([row, n]) => {
      if (!wanted.has(row)) return [wrong(`${row} is too much`)];
      return n > 1 ? [{ wrong: 'doubled' as const, what: `${name}: ${row}` }] : [];
    }),
  ];
}
