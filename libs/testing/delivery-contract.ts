/**
 * What a processor must do behind every transport: at least once made into once, order, faults, parking, replay.
 * [R7] [R8] [R9] [R10] [R13] [R16] [R19]
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Kafka, type CloudEvent, type KafkaMessage } from 'cloudevents';
import { FEEDS_TOPIC, toMessage, type BusMessage, type Transport } from '#bus';
import { openBench, until, type Bench } from './delivery.js';
import { counted, countedUpTo, effects, effectsOf, handled, parked, statement, stored } from './delivery-messages.js';
import { faultContract } from './fault-contract.js';
import { pagesContract } from './pages-contract.js';
import { parkingContract } from './parking-contract.js';

/** The contract suite of `ProcessorServer`. `open` gives a transport of its own to each test. */
export function deliveryContract(name: string, open: () => Transport): void {
  describe(`the delivery contract: ${name}`, () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await openBench(open());
    });
    afterEach(() => bench.close());

    effectContract(() => bench);
    faultContract(() => bench);
    parkingContract(() => bench);
    pagesContract(() => bench);
  });
}

const [ours, theirs] = [randomUUID(), randomUUID()];

/** Publishes as the relay does: again until the transport says that all is safe. */
async function publishUntilSafe({ transport }: Bench, messages: readonly BusMessage[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transport.publish(messages);
    } catch (error) {
      if (attempt === 500) throw error;
      await delay(20);
    }
  }
}

function effectContract(current: () => Bench): void {
  describe('effects', () => {
    it('[R7] are written in the transaction of the inbox row', async () => {
      const bench = current();
      const inbox = 'select 1 from inbox where event_id = $1';
      const seen: number[][] = [];
      bench.script.trouble = async ({ id }, tx) => {
        const [inside, outside] = [await tx.query(inbox, [id]), await bench.service.asOwner(inbox, [id])];
        seen.push([inside.length, outside.length, await effects(bench)]);
      };
      await bench.start('counts');
      await bench.transport.publish([counted(ours, 'tally-a', 1)]);
      await until('it is handled', async () => (await handled(bench, 'counts')) === 1);
      expect(seen).toEqual([[1, 0, 0]]);
      expect(await bench.service.asOwner('select 1 from effects join inbox using (tenant_id, event_id)')).toHaveLength(
        1,
      );
    });

    it('[R7] are single though a message is delivered three times, in one batch and in another', async () => {
      const bench = current();
      const message = counted(ours, 'tally-a', 1);
      await bench.start('counts');
      await bench.transport.publish([message, message]);
      await bench.transport.publish([message]);
      await until('all three have come', () => bench.wire.accepted.length === 3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect(await handled(bench, 'counts')).toBe(1);
    });

    it('[R8] are single when the process dies between the commit and the offset, and the batch comes again', async () => {
      const bench = current();
      const messages = countedUpTo(ours, 'tally-a', 10);
      const dying = await bench.start('counts');
      bench.wire.diesBeforeCommit = true;
      const safe = publishUntilSafe(bench, messages);
      await until('something is committed', async () => (await effects(bench)) > 0);
      await dying.stop();
      const before = bench.wire.accepted.length;
      bench.wire.diesBeforeCommit = false;
      await bench.start('counts');
      await safe;
      await until('something is delivered again', () => bench.wire.accepted.length > before);
      await until('all are handled', async () => (await handled(bench, 'counts')) === 10);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('[R7] keep the order of each stream', async () => {
      const bench = current();
      const streams = ['tally-a', 'tally-b', 'tally-c'];
      await bench.start('counts');
      for (let from = 1; from <= 21; from += 7)
        await bench.transport.publish(streams.flatMap((stream) => countedUpTo(ours, stream, from + 6, from)));
      await until('all are handled', async () => (await handled(bench, 'counts')) === 63);
      const inOrder = Array.from({ length: 21 }, (_, n) => n + 1);
      for (const stream of streams) expect(await effectsOf(bench, stream)).toEqual(inOrder);
    });

    it('[R7] of two organisations in one batch are kept apart', async () => {
      const bench = current();
      const seen: number[] = [];
      bench.script.trouble = async (_, tx) => void seen.push((await tx.query('select 1 from effects')).length);
      await bench.start('counts');
      await bench.transport.publish([
        counted(ours, 'tally-a', 1),
        counted(theirs, 'tally-a', 1),
        counted(ours, 'tally-a', 2),
        counted(theirs, 'tally-a', 2),
      ]);
      await until('all are handled', async () => (await handled(bench, 'counts')) === 4);
      expect(seen).toEqual([1, 1, 2, 2]);
      const rows = await bench.service.asOwner<{ tenant_id: string }>('select tenant_id from effects order by nr');
      expect(rows.map((row) => row.tenant_id)).toEqual([ours, theirs, ours, theirs]);
    });

    it('[R7] come of both, where the systems of two organisations count their statements alike', async () => {
      const bench = current();
      await bench.start('statements', [FEEDS_TOPIC]);
      await bench.transport.publish([statement(ours, '1'), statement(theirs, '1'), statement(theirs, '1')]);
      await until('both are handled', async () => (await handled(bench, 'statements')) === 2);
      const rows = await bench.service.asOwner<{ tenant_id: string }>('select tenant_id from effects');
      expect(rows.map((row) => row.tenant_id).sort()).toEqual([ours, theirs].sort());
    });

    it('[R10] pass over a known event without a handler, and count it', async () => {
      const bench = current();
      await bench.start('counts');
      const alarm = stored(ours, 'tally-a', 2, {
        name: 'AlarmCancelled',
        data: { alarm: 'fire' },
      });
      await bench.transport.publish([counted(ours, 'tally-a', 1), toMessage(alarm), counted(ours, 'tally-a', 3)]);
      await until('all are handled', async () => (await handled(bench, 'counts')) === 3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 3]);
      expect(await parked(bench)).toEqual([]);
    });
  });

  it('[R16] a message is a CloudEvent 1.0 in binary mode: key = stream, value = the exact stored bytes', async () => {
    const bench = current();
    const event = stored(ours, 'tally-a', 1, { data: { amount: 1, note: 'Zoë ✓' } });
    await bench.start('counts');
    await bench.transport.publish([toMessage(event)]);
    await until('it has come', () => bench.wire.accepted.length === 1);
    const { key, headers, value } = bench.wire.accepted[0]!;
    expect(key).toBe('tally-a');
    expect(value.equals(Buffer.from(event.body))).toBe(true);
    const received: KafkaMessage<string> = { key, headers, value: value.toString(), body: value.toString() };
    const parsed = Kafka.toEvent(received) as CloudEvent<unknown>;
    expect(parsed.validate()).toBe(true);
    expect(parsed).toMatchObject({
      id: event.id,
      source: 'urn:rollcall:membership',
      type: 'rollcall.membership.CountAdded.v1',
      subject: 'tally-a',
      time: '2026-05-07T10:00:00.000Z',
      specversion: '1.0',
      datacontenttype: 'application/json',
      tenantid: ours,
      data: JSON.parse(event.body) as object,
    });
    expect(headers).toMatchObject({ ce_streamversion: '1', ce_position: '1', ce_partitionkey: 'tally-a' });
  });
}
