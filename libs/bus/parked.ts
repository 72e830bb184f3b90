import { v5 } from 'uuid';
import type { Transaction } from '#eventsourcing';
import type { ReceivedMessage } from './transport.js';

/** Holds messages whose organisation cannot be read; only operators see them. */
export const NO_TENANT = '00000000-0000-0000-0000-000000000000';

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

const SHOWN = `parked_id as "parkedId", processor, topic, partition, "offset", key, headers ->> 'ce_type' as type, reason, attempts, iso(parked_at) as "parkedAt", state`;

/** The same delivery parks once, also when its batch comes again after the commit. */
const DELIVERIES = '1f0a7bb4-63f5-5f0c-a2f5-6d1c6ab0a1de';

/** Puts a message aside with its reason. `value` is sealed by the caller where it may hold personal data. False when it was aside already. */
export async function park(
  tx: Transaction,
  processor: string,
  message: ReceivedMessage,
  reason: string,
  attempts: number,
): Promise<boolean> {
  const rows = await tx.query(
    `insert into parked (tenant_id, parked_id, processor, topic, partition, "offset", key, headers, value, reason, attempts, parked_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, current_instant(), 'parked')
     on conflict (tenant_id, parked_id) do nothing returning 1`,
    [
      tx.tenantId,
      v5(
        [processor, message.topic, message.partition, message.offset, message.headers['ce_id']].join('\n'),
        DELIVERIES,
      ),
      processor,
      message.topic,
      message.partition,
      message.offset,
      message.key,
      JSON.stringify(message.headers),
      message.value,
      reason,
      attempts,
    ],
  );
  return rows.length > 0;
}

/** The keys among these whose earlier messages are parked: what follows on them must wait, or the order of a stream would break. */
export async function keysWaiting(tx: Transaction, processor: string, keys: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ key: string }>(
    "select distinct key from parked where tenant_id = $1 and processor = $2 and key = any($3) and state = 'parked'",
    [tx.tenantId, processor, [...new Set(keys)]],
  );
  return new Set(rows.map((row) => row.key));
}

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

/** The parked messages of one key that still wait, in the order of their stream, whole and locked until the transaction ends. */
export async function takeWaiting(
  tx: Transaction,
  processor: string,
  key: string,
): Promise<{ parkedId: string; message: ReceivedMessage }[]> {
  const rows = await tx.query<{
    parked_id: string;
    topic: string;
    partition: number;
    offset: string;
    headers: Record<string, string>;
    value: Buffer;
  }>(
    `select parked_id, topic, partition, "offset", headers, value from parked
     where tenant_id = $1 and processor = $2 and key = $3 and state = 'parked'
     order by (headers ->> 'ce_streamversion')::int nulls first, nr for update`,
    [tx.tenantId, processor, key],
  );
  return rows.map(({ parked_id: parkedId, ...message }) => ({ parkedId, message: { ...message, key } }));
}

/** Records what became of a parked message. False when it was no longer parked. */
export async function settleParked(
  tx: Transaction,
  parkedId: string,
  state: 'replayed' | 'discarded',
): Promise<boolean> {
  const rows = await tx.query(
    "update parked set state = $3 where tenant_id = $1 and parked_id = $2 and state = 'parked' returning 1",
    [tx.tenantId, parkedId, state],
  );
  return rows.length > 0;
}
