import { createHash } from 'node:crypto';
import { decode, NO_TENANT, type Decoded } from './cloudevents.js';
import { FEEDS_TOPIC, type ReceivedMessage } from './transport.js';

/** A message as it came, what could be read of it, and what it must be handled in order with. */
export interface Item {
  readonly message: ReceivedMessage;
  readonly decoded: Decoded;
  /**
   * The stream, which keeps its order: behind a parked message of a lane the others of that lane wait. A statement of another system
   * says its own time and waits for none, and neither does what cannot be placed.
   */
  readonly lane: string;
}

/** What was read of messages that are still in hand, by their headers: in one process all groups get the same ones. */
const readBefore = new WeakMap<ReceivedMessage['headers'], Item>();

/** Reads a message. */
export function itemOf(received: ReceivedMessage): Item {
  const known = readBefore.get(received.headers);
  if (known && isSame(known.message, received)) return { ...known, message: received };
  const message = storable(received);
  const decoded = decode(message);
  const item = { message, decoded, lane: laneOf(message, decoded) };
  // What cannot be read may be known by its place alone, which is another one for each group.
  if (message === received && 'event' in decoded) readBefore.set(received.headers, item);
  return item;
}

function isSame(one: ReceivedMessage, other: ReceivedMessage): boolean {
  return one.topic === other.topic && one.key === other.key && one.value === other.value;
}

function laneOf(message: ReceivedMessage, decoded: Decoded): string {
  if ('event' in decoded) return decoded.event.streamId;
  const isPlaced = message.topic !== FEEDS_TOPIC && decoded.tenantId !== undefined && message.key !== '';
  return isPlaced ? message.key : `message-${fingerprint(message).slice(0, 32)}`;
}

/** Postgres keeps no NUL in a text: a foreign message with one in its key or headers could otherwise be neither handled nor parked. */
function storable(message: ReceivedMessage): ReceivedMessage {
  const texts = Object.entries(message.headers);
  if (!message.key.includes('\0') && !texts.some((pair) => pair.some((text) => text.includes('\0')))) return message;
  const plain = (text: string) => text.replaceAll('\0', '\uFFFD');
  const headers = texts.map(([name, value]) => [plain(name), plain(value)]);
  return { ...message, key: plain(message.key), headers: Object.fromEntries(headers) as Record<string, string> };
}

/**
 * Tells messages apart, hexadecimal. One published twice is the same wherever it lies, as CloudEvents 1.0 asks; one without an id is
 * known by its place too. Its `traceparent` says nothing of it: that comes and goes with tracing.
 */
export function fingerprint({ topic, key, headers, value, partition, offset }: ReceivedMessage): string {
  const place = headers['ce_id'] && headers['ce_source'] ? [] : [partition, offset];
  const named = Object.entries(headers)
    .filter(([name]) => name !== 'traceparent')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([topic, key, named, place]))
    .update(value)
    .digest('hex');
}

/** Whose message it is; the nil tenant where that cannot be read. */
export const tenantOf = ({ decoded }: Item) =>
  'event' in decoded ? decoded.event.tenantId : (decoded.tenantId ?? NO_TENANT);

/** Names an event among those of all organisations: two of them may have feeds that count their statements alike. */
export const globalId = (tenantId: string, eventId: string) => `${tenantId}/${eventId}`;

/** The items of one organisation that are still to be handled: unreadable ones, and each new event once. Takes them out of `fresh` (ids). */
export function firstDeliveries(run: readonly Item[], fresh: Set<string>): Item[] {
  return run.filter(({ decoded }) => !('event' in decoded) || fresh.delete(decoded.event.id));
}

/** A batch by organisation, in one order for everybody, so that two batches never wait for each other's inbox rows. */
export function byTenant(items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(tenantOf(item));
    if (group) group.push(item);
    else groups.set(tenantOf(item), [item]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** A batch cut where the organisation changes, order kept. */
export function runsOfOneTenant(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  for (const item of items) {
    const run = runs.at(-1);
    if (run && tenantOf(run[0]!) === tenantOf(item)) run.push(item);
    else runs.push([item]);
  }
  return runs;
}
