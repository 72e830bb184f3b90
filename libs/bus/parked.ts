import { v5 } from 'uuid';
import { eventType, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { fingerprint, type Item } from './batch.js';
import { NO_TENANT } from './cloudevents.js';
import { FEEDS_TOPIC, type ReceivedMessage } from './transport.js';

/** A message that could not be handled, as the API shows it: where it came from and why, never its content. */
export interface ParkedMessage {
  readonly parkedId: string;
  readonly processor: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly type: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly parkedAt: string;
  readonly state: 'parked' | 'replayed' | 'discarded';
}

/** For whom messages are parked. */
export interface Parking {
  /** The processor's name. */
  readonly name: string;
  /** Encrypts and decrypts what may be personal (messages of the feeds topic) while it is parked. */
  readonly seal: (tx: Transaction, value: Buffer) => Promise<Buffer>;
  readonly open: (tx: Transaction, value: Buffer) => Promise<Buffer>;
}

/** A parked message as it came, ready to be handled again. */
export interface Waiting {
  readonly parkedId: string;
  readonly message: ReceivedMessage;
}

const SHOWN = `parked_id as "parkedId", processor, topic, partition, "offset", key, headers ->> 'ce_type' as type, reason, attempts, iso(parked_at) as "parkedAt", state`;
const VERSION = `case when headers ->> 'ce_streamversion' ~ '^[1-9][0-9]{0,8}$' then (headers ->> 'ce_streamversion')::int end`;

/** An event or a message parks once for each processor, however often it comes. */
const PARKED = '1f0a7bb4-63f5-5f0c-a2f5-6d1c6ab0a1de';

/** The id under which a processor parks an event it has in its inbox. */
export function parkedIdOf(processor: string, { id }: RecordedEvent): string {
  return v5(`${processor}\nevent\n${id}`, PARKED);
}

/** Puts a message aside with its reason, in the transaction of its organisation. False when it was aside already, or had been. */
export async function park(
  tx: Transaction,
  parking: Parking,
  { message, decoded, lane }: Item,
  reason: string,
  attempts: number,
): Promise<boolean> {
  const { name } = parking;
  const { topic, partition, offset } = message;
  const { headers, value } = await kept(tx, parking, message);
  const parkedId =
    'event' in decoded ? parkedIdOf(name, decoded.event) : v5(`${name}\nmessage\n${fingerprint(message)}`, PARKED);
  const rows = await tx.query(
    `insert into parked (tenant_id, parked_id, processor, topic, partition, "offset", key, headers, value, reason, attempts, parked_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, current_instant(), 'parked')
     on conflict (tenant_id, parked_id) do nothing returning 1`,
    [tx.tenantId, parkedId, name, topic, partition, offset, lane, JSON.stringify(headers), value, reason, attempts],
  );
  return rows.length > 0;
}

type Kept = Pick<ReceivedMessage, 'headers' | 'value'>;

/**
 * What may lie in the table in clear. Another system may have put personal data anywhere in its message, its key and headers too; and
 * where no organisation can be read there is no key to seal with, so nothing is kept but that something came.
 */
async function kept(tx: Transaction, { seal }: Parking, message: ReceivedMessage): Promise<Kept> {
  const { topic, key, headers, value } = message;
  const isOurs = topic !== FEEDS_TOPIC;
  if (isOurs && tx.tenantId !== NO_TENANT) return { headers, value };
  const type = headers['ce_type'] ?? '';
  const shown: Record<string, string> = eventType(type) ? { ce_type: type } : {};
  if (tx.tenantId === NO_TENANT) return { headers: shown, value: Buffer.alloc(0) };
  const whole = JSON.stringify({ key, headers, value: value.toString('base64') });
  return { headers: shown, value: await seal(tx, Buffer.from(whole)) };
}

/** The lanes among these whose earlier messages are parked: what follows on them must wait, or the order of a stream would break. */
export async function lanesWaiting(tx: Transaction, processor: string, lanes: readonly string[]): Promise<Set<string>> {
  const find = () =>
    tx.query<{ key: string }>(
      "select distinct key from parked where tenant_id = $1 and processor = $2 and key = any($3) and state = 'parked'",
      [tx.tenantId, processor, [...new Set(lanes)]],
    );
  const found = (await find()).map(({ key }) => key);
  if (found.length === 0) return new Set();
  // A replay under way may end the waiting: parked behind it, a message would be left alone.
  await tx.prepared(`select pg_advisory_xact_lock_shared(${LANE}) from unnest($3::text[]) as lane order by lane`, [
    tx.tenantId,
    processor,
    found,
  ]);
  return new Set((await find()).map(({ key }) => key));
}

const LANE = `hashtextextended(concat_ws('/', 'rollcall.parked', $1::text, $2::text, lane), 0)`;

/** Up to `limit` parked messages of the organisation, oldest first, after the given id. */
export function listParked(
  tx: Transaction,
  { state = 'parked', after = '', limit }: { state?: string; after?: string; limit: number },
): Promise<ParkedMessage[]> {
  return tx.query<ParkedMessage>(
    `select ${SHOWN} from parked where tenant_id = $1 and state = $2 and ($3 = '' or nr > (select nr from parked where tenant_id = $1 and parked_id = nullif($3, '')::uuid)) order by nr limit $4`,
    [tx.tenantId, state, after, limit],
  );
}

/** One parked message, or undefined when the organisation has none of that id. */
export async function findParked(tx: Transaction, parkedId: string): Promise<ParkedMessage | undefined> {
  const [row] = await tx.query<ParkedMessage>(`select ${SHOWN} from parked where tenant_id = $1 and parked_id = $2`, [
    tx.tenantId,
    parkedId,
  ]);
  return row;
}

type Stored = Omit<ReceivedMessage, 'key'> & { readonly parked_id: string };

/** The parked messages of one lane that still wait, in the order of their stream. The lane is the caller's alone until its transaction ends. */
export async function takeWaiting(tx: Transaction, { name, open }: Parking, lane: string): Promise<Waiting[]> {
  await tx.query(`select pg_advisory_xact_lock(${LANE}) from unnest(array[$3::text]) as lane`, [
    tx.tenantId,
    name,
    lane,
  ]);
  const rows = await tx.query<Stored>(
    `select parked_id, topic, partition, "offset", headers, value from parked
     where tenant_id = $1 and processor = $2 and key = $3 and state = 'parked'
     order by ${VERSION} nulls last, nr for update`,
    [tx.tenantId, name, lane],
  );
  const waiting: Waiting[] = [];
  for (const { parked_id: parkedId, ...stored } of rows) {
    const whole = stored.topic === FEEDS_TOPIC ? unpacked(await open(tx, stored.value)) : { key: lane };
    waiting.push({ parkedId, message: { ...stored, ...whole } });
  }
  return waiting;
}

function unpacked(bytes: Buffer): Pick<ReceivedMessage, 'key' | 'headers' | 'value'> {
  const { key, headers, value } = JSON.parse(bytes.toString()) as {
    key: string;
    headers: Record<string, string>;
    value: string;
  };
  return { key, headers, value: Buffer.from(value, 'base64') };
}

/** The versions of a stream that were parked and then discarded, ascending. */
export async function versionsDiscarded(tx: Transaction, processor: string, stream: string): Promise<number[]> {
  const rows = await tx.query<{ version: number }>(
    `select distinct ${VERSION} as version from parked
     where tenant_id = $1 and processor = $2 and key = $3 and state = 'discarded' and ${VERSION} is not null order by 1`,
    [tx.tenantId, processor, stream],
  );
  return rows.map(({ version }) => version);
}

/** Records what became of a parked message, and lets go of its content, which may be personal (AMZ-113). False when it was no longer parked. */
export async function settleParked(
  tx: Transaction,
  parkedId: string,
  state: 'replayed' | 'discarded',
): Promise<boolean> {
  const rows = await tx.query(
    "update parked set state = $3, value = '' where tenant_id = $1 and parked_id = $2 and state = 'parked' returning 1",
    [tx.tenantId, parkedId, state],
  );
  return rows.length > 0;
}
