/** Messages for the delivery contract, and what became of them. */
import { randomUUID } from 'node:crypto';
import { CloudEvent, Kafka } from 'cloudevents';
import { FEEDS_TOPIC, toMessage, type BusMessage } from '#bus';
import { typeOf } from '#events';
import type { SequencedEvent } from '#eventsourcing';
import type { Bench } from './delivery.js';

/** What must never be found in clear where a message was set aside. */
export const CANARY = 'jane.canary@example.org';

const WHEN = '2026-05-07T10:00:00.000Z';

/** A stored event of a membership stream, as the relay would hand it over. */
export function stored(
  tenantId: string,
  streamId: string,
  version: number,
  { name = 'CountAdded', data = { amount: version } }: { name?: string; data?: Record<string, unknown> } = {},
): SequencedEvent {
  const actor = { kind: 'system' as const, id: 'tests' };
  const context = { occurredAt: WHEN, recordedAt: WHEN, actor, correlationId: randomUUID() };
  return {
    ...context,
    id: randomUUID(),
    type: typeOf('membership', name),
    name,
    tenantId,
    streamId,
    version,
    data,
    position: version,
    body: JSON.stringify({ ...context, data }),
  };
}

/** The message of `stored`, with these headers changed or (undefined) left out, and perhaps another key or value. */
export function counted(
  tenantId: string,
  streamId: string,
  version: number,
  {
    headers = {},
    ...change
  }: { headers?: Record<string, string | undefined>; key?: string; value?: Buffer; topic?: string } = {},
): BusMessage {
  const message = toMessage(stored(tenantId, streamId, version));
  const changed = Object.entries({ ...message.headers, ...headers }).filter(([, value]) => value !== undefined);
  return { ...message, ...change, headers: Object.fromEntries(changed) as Record<string, string> };
}

/** The messages of one stream, versions `from` to `to`. */
export const countedUpTo = (tenantId: string, streamId: string, to: number, from = 1): BusMessage[] =>
  Array.from({ length: to - from + 1 }, (_, n) => counted(tenantId, streamId, from + n));

/** What an HR system says on the feeds topic. */
export function statement(
  tenantId: string,
  id: string,
  { data = { subject: { kind: 'alias', value: CANARY }, category: 'volunteer' }, key = '' } = {},
): BusMessage {
  const event = new CloudEvent({
    id,
    source: 'urn:example:hr',
    type: typeOf('feeds', 'LeaverRescinded'),
    time: WHEN,
    datacontenttype: 'application/json',
    tenantid: tenantId,
    data: JSON.stringify(data),
  });
  const headers = Object.entries(Kafka.binary(event).headers as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  );
  return {
    topic: FEEDS_TOPIC,
    key,
    headers: Object.fromEntries(headers) as Record<string, string>,
    value: Buffer.from(JSON.stringify(data)),
  };
}

/** The versions that took effect on a stream, in the order in which they did, repetitions and all. */
export async function effectsOf({ service }: Bench, streamId: string): Promise<number[]> {
  const rows = await service.asOwner<{ version: number }>(
    'select version from effects where stream_id = $1 order by nr',
    [streamId],
  );
  return rows.map(({ version }) => version);
}

/** How many effects there are at all. */
export async function effects({ service }: Bench): Promise<number> {
  return Number((await service.asOwner<{ n: string }>('select count(*) as n from effects'))[0]!.n);
}

/** How many different messages a processor has handled, by its own account. */
export async function handled({ service }: Bench, processor: string): Promise<number> {
  const sql = 'select coalesce(sum(handled), 0) as n from checkpoints where processor = $1';
  return Number((await service.asOwner<{ n: string }>(sql, [processor]))[0]!.n);
}

export interface ParkedRow {
  readonly tenant_id: string;
  readonly parked_id: string;
  readonly key: string;
  readonly reason: string;
  readonly attempts: number;
  readonly state: string;
}

/** Everything that was ever set aside, in the order in which it was. */
export function parked({ service }: Bench): Promise<ParkedRow[]> {
  return service.asOwner<ParkedRow>(
    'select tenant_id, parked_id, key, reason, attempts, state from parked order by nr',
  );
}
