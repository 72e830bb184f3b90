import { hash } from 'node:crypto';
import { parse } from 'uuid';
import { parseInstant } from '#domain';
import { eventType, upcast, type EventContext, type RecordedEvent } from '#events';
import type { SequencedEvent } from '#eventsourcing';
import { FEEDS_TOPIC, type BusMessage, type ReceivedMessage } from './transport.js';

/** Holds messages whose organisation cannot be read; no organisation's own. */
export const NO_TENANT = '00000000-0000-0000-0000-000000000000';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HOUSE_FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
/** What fits Postgres's integer. */
const VERSION = /^[1-9]\d{0,8}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Names the statement of a source: equal for every delivery of one `source` and `id`, as CloudEvents 1.0 asks. */
const STATEMENTS = parse('8f5bdc0e-6b0e-5a3a-9c8b-3a4a63c0f1d2');

/**
 * A stable id for the CloudEvent `id` of `source`, so that its second delivery is known: a UUID of version 5. Put together here, as the
 * library takes three times as long.
 */
export function statementId(source: string, id: string): string {
  const digest = hash('sha1', Buffer.concat([STATEMENTS, Buffer.from(`${source}\n${id}`)]));
  const variant = ((Number.parseInt(digest[16]!, 16) & 3) | 8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `5${digest.slice(13, 16)}`];
  return [...parts, variant + digest.slice(17, 20), digest.slice(20, 32)].join('-');
}

/**
 * A stored event as a CloudEvents 1.0 message in binary mode: key = stream id, value = the exact stored bytes. Written out here, as the
 * library that the specification proves it against takes ten times as long for each event.
 */
export function toMessage(event: SequencedEvent): BusMessage {
  const topic = event.type.slice(0, event.type.indexOf('.', event.type.indexOf('.') + 1));
  const headers = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: `urn:${topic.replace('.', ':')}`,
    ce_type: event.type,
    ce_subject: event.streamId,
    ce_time: event.occurredAt,
    ce_datacontenttype: 'application/json',
    ce_tenantid: event.tenantId,
    ce_streamversion: `${event.version}`,
    ce_position: `${event.position}`,
    ce_partitionkey: event.streamId,
  };
  return { topic, key: event.streamId, headers, value: Buffer.from(event.body) };
}

/** A message that could be read, or why not. Reasons name fields and rules, never values. */
export type Decoded = { readonly event: RecordedEvent } | { readonly unreadable: string; readonly tenantId?: string };

/** Reads a message of ours or of the feeds topic; events come upcast to their newest form and checked against its schema. Never throws. */
export function decode(message: ReceivedMessage): Decoded {
  const header = (name: string) => message.headers[name] ?? '';
  const tenantId = header('ce_tenantid').toLowerCase();
  if (!UUID.test(tenantId) || tenantId === NO_TENANT)
    return { unreadable: 'ce_tenantid does not name an organisation' };
  const unreadable = (reason: string): Decoded => ({ unreadable: reason, tenantId });
  if (header('ce_specversion') !== '1.0') return unreadable('ce_specversion is not 1.0');
  if (!header('ce_id') || !header('ce_source')) return unreadable('ce_id or ce_source is missing');
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(message.value));
  } catch {
    return unreadable('the value is not JSON in UTF-8');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return unreadable('the value is not a JSON object');
  return message.topic === FEEDS_TOPIC
    ? fromFeed(message, tenantId, value)
    : fromOurs(message, tenantId, value as EventContext & { data: Record<string, unknown> });
}

function fromOurs(
  message: ReceivedMessage,
  tenantId: string,
  { data: stored, ...context }: EventContext & { data: Record<string, unknown> },
): Decoded {
  const unreadable = (reason: string): Decoded => ({ unreadable: reason, tenantId });
  const {
    ce_id = '',
    ce_type: wireType = '',
    ce_subject: streamId = '',
    ce_streamversion: version = '',
  } = message.headers;
  const id = ce_id.toLowerCase();
  if (!UUID.test(id)) return unreadable('ce_id is not a UUID');
  if (!streamId || !VERSION.test(version)) return unreadable('ce_subject or ce_streamversion is missing');
  // The order of a stream hangs on its messages having one key.
  if (message.key !== streamId) return unreadable('the key is not ce_subject');
  if (!isContext(context)) return unreadable('the value lacks the context of an event');
  const newest = lifted(wireType, stored);
  if (!newest) return unreadable('the data cannot be read in the version that ce_type names');
  const { type, data } = newest;
  return checked(message.topic, { ...context, id, type, name: '', tenantId, streamId, version: Number(version), data });
}

/** Upcasters count on data that was checked when it was stored; what comes from a topic need not be such. */
function lifted(type: string, stored: Record<string, unknown>): ReturnType<typeof upcast> | undefined {
  try {
    return upcast(type, stored);
  } catch {
    return undefined;
  }
}

function isContext({ occurredAt, recordedAt, actor, correlationId }: Partial<EventContext>): boolean {
  const instants = [occurredAt, recordedAt].every((time) => typeof time === 'string' && HOUSE_FORM.test(time));
  return instants && typeof actor?.id === 'string' && typeof correlationId === 'string' && UUID.test(correlationId);
}

/** Beside the event, of which it is no part: it names no case, and nothing of it is stored. */
const traces = new WeakMap<RecordedEvent, string>();

/** The W3C header `traceparent` that came with another system's statement, as it came; undefined where there was none. */
export const traceparentOf = (statement: RecordedEvent): string | undefined => traces.get(statement);

/** A source's statement becomes an event whose correlation is its own id: the case starts here. */
function fromFeed(message: ReceivedMessage, tenantId: string, data: object): Decoded {
  const { ce_id = '', ce_source = '', ce_type = '', ce_time = '' } = message.headers;
  const id = statementId(ce_source, ce_id);
  const time = parseInstant(ce_time);
  if (time === null) return { unreadable: 'ce_time is missing or not a time', tenantId };
  const decoded = checked(message.topic, {
    id,
    type: ce_type,
    name: '',
    tenantId,
    streamId: `feed-${id}`,
    version: 1,
    occurredAt: time,
    recordedAt: time,
    actor: { kind: 'feed', id: 'kafka' },
    correlationId: id,
    data: data as Record<string, unknown>,
  });
  const { traceparent } = message.headers;
  if (traceparent !== undefined && 'event' in decoded) traces.set(decoded.event, traceparent);
  return decoded;
}

function checked(topic: string, event: RecordedEvent): Decoded {
  const { tenantId } = event;
  const known = eventType(event.type);
  if (!known) return { unreadable: 'ce_type is not an event we know', tenantId };
  // Whoever may write to one topic must not speak for the owner of another.
  if (topic !== `rollcall.${known.service}`) return { unreadable: 'ce_type is not an event of this topic', tenantId };
  const faults = known.faults(event.data);
  if (faults.length > 0) return { unreadable: `does not fit its schema: ${faults.slice(0, 5).join('; ')}`, tenantId };
  return { event: { ...event, name: known.name } };
}
