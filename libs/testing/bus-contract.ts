/**
 * What every transport of the bus must do, whatever carries the messages.
 * What only some can do is declared as a capability; no test asks for a transport's name.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BusMessage, ReceivedMessage, Subscribed, Transport } from '#bus';

export interface TransportCapabilities {
  /** What was published waits for a group that is away, and outlives the transport's closing. */
  durable: boolean;
  /** Several members of one group share its messages. */
  sharedGroups: boolean;
}

export interface TransportUnderTest {
  transport: Transport;
  /** Closes the transport and opens another on the same messages. */
  reopen(): Promise<Transport>;
  close(): Promise<void>;
}

/** Waits until the claim holds; fails with its name after half a minute. */
export async function eventually(claim: string, holds: () => boolean): Promise<void> {
  const limit = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > limit) throw new Error(`It did not come about that ${claim}`);
    await delay(10);
  }
}

/** A message whose value and `number` header say which one it is. */
export const numbered = (topic: string, key: string, number: number): BusMessage => ({
  topic,
  key,
  headers: { number: String(number) },
  value: Buffer.from(String(number)),
});

const numberedMessages = (topic: string, key: string, from: number, count: number): BusMessage[] =>
  Array.from({ length: count }, (_, index) => numbered(topic, key, from + index));

/** Messages as they arrived, repetitions and all. */
export class Arrivals {
  readonly messages: ReceivedMessage[] = [];
  readonly take = async (batch: readonly ReceivedMessage[]): Promise<void> => void this.messages.push(...batch);
  /** The numbers that arrived for a key, each at its first arrival. */
  numbers(key?: string): number[] {
    const ofKey = this.messages.filter((message) => key === undefined || message.key === key);
    return [...new Set(ofKey.map((message) => Number(message.headers['number'])))];
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Publishes as a publisher does: again and again until the transport says that all is safe. */
async function publishUntilSafe(transport: Transport, messages: readonly BusMessage[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transport.publish(messages);
    } catch (error) {
      if (attempt === 500) throw error;
      await delay(20);
    }
  }
}

/** The contract suite: [R7] [R11] [R16] [R61]. */
export function transportContract(
  name: string,
  capabilities: TransportCapabilities,
  open: () => Promise<TransportUnderTest>,
): void {
  describe(`the transport contract: ${name}`, () => {
    let opened: TransportUnderTest;
    let transport: Transport;
    let topic: string;
    const listen = (group: string, onBatch: Arrivals['take'], topics = [topic], on = transport): Promise<Subscribed> =>
      on.subscribe({ group: `${topic}.${group}`, topics, onBatch });

    beforeEach(async () => {
      opened = await open();
      transport = opened.transport;
      topic = `contract-${randomUUID()}`;
      await transport.ensureTopics([topic]);
    });
    afterEach(() => opened.close());

    describe('delivery', () => {
      it('[R7] hands every message to every group at least once', async () => {
        const [first, second] = [new Arrivals(), new Arrivals()];
        await listen('first', first.take);
        await listen('second', second.take);
        await transport.publish(numberedMessages(topic, 'a', 0, 20));
        await eventually('both groups have all', () => first.numbers().length + second.numbers().length === 40);
      });

      it('keeps key, headers and bytes as they were', async () => {
        const arrivals = new Arrivals();
        await listen('group', arrivals.take);
        const value = Buffer.from(upTo(256));
        const headers = { ce_type: 'rollcall.membership.MemberAdded.v1', ce_subject: 'Zoë ✓' };
        await transport.publish([{ topic, key: 'stream-1', headers, value }]);
        await eventually('the message is there', () => arrivals.messages.length === 1);
        expect(arrivals.messages[0]).toMatchObject({ topic, key: 'stream-1', headers });
        expect(arrivals.messages[0]?.value.equals(value)).toBe(true);
      });

      it('[R7] keeps the order of a key over many publishings', async () => {
        const arrivals = new Arrivals();
        let handled = 0;
        await listen('group', async (batch) => {
          // Some batches take longer: one that did not wait for them would come out before.
          if (handled++ % 3 === 0) await delay(5);
          await arrivals.take(batch);
        });
        const keys = ['a', 'b', 'c', 'd', 'e'];
        const publishings = upTo(10).map((turn) =>
          transport.publish(keys.flatMap((key) => numberedMessages(topic, key, turn * 5, 5))),
        );
        await Promise.all(publishings);
        await eventually('all are there', () => keys.every((key) => arrivals.numbers(key).length === 50));
        for (const key of keys) expect(arrivals.numbers(key)).toEqual(upTo(50));
      });

      it('hands over batches of one topic and one partition, of at most 500 messages', async () => {
        const other = `${topic}-other`;
        await transport.ensureTopics([topic, other]);
        const batches: (readonly ReceivedMessage[])[] = [];
        const seen = new Arrivals();
        const take = async (batch: readonly ReceivedMessage[]) => {
          batches.push(batch);
          await seen.take(batch);
        };
        await listen('group', take, [topic, other]);
        const keys = ['a', 'b', 'c', 'd'];
        const mixed = upTo(1200).map((n) => numbered(n % 3 ? topic : other, keys[n % 4] ?? '', n));
        await transport.publish(mixed);
        await eventually('all are there', () => seen.numbers().length === 1200);
        const places = batches.map(
          (batch) => new Set(batch.map(({ topic: t, partition }) => `${t}/${partition}`)).size,
        );
        expect(Math.max(...places)).toBe(1);
        expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(500);
      });
    });

    describe('a handler that fails', () => {
      it('[R7] gets the same messages again when it rejects', async () => {
        const [tries, arrivals] = [new Arrivals(), new Arrivals()];
        await listen('group', async (batch) => {
          await tries.take(batch);
          if (tries.messages.length === batch.length) throw new Error('the database is away');
          await arrivals.take(batch);
        });
        await transport.publish([numbered(topic, 'a', 0)]);
        await eventually('the message is handled', () => arrivals.messages.length > 0);
        expect(tries.messages.map((message) => message.offset)).toEqual(['0', '0']);
      });

      it('[R11] is called again after a TypeError, and after a rejection with nothing', async () => {
        const arrivals = new Arrivals();
        const thrown: unknown[] = [new TypeError('fetch failed'), undefined, null, 'a string'];
        let failures = 0;
        const subscribed = await listen('group', async (batch) => {
          if (failures < thrown.length) throw thrown[failures++];
          await arrivals.take(batch);
        });
        await transport.publish([numbered(topic, 'a', 0)]);
        await eventually('the message is handled', () => arrivals.messages.length > 0);
        await transport.publish([numbered(topic, 'a', 1)]);
        await eventually('the next one too', () => arrivals.numbers().length === 2);
        expect(subscribed.status()).toBe('running');
        expect(failures).toBe(4);
      });

      it('[R7] gets what was published meanwhile afterwards, in order', async () => {
        const arrivals = new Arrivals();
        let [broken, tries] = [true, 0];
        await listen('group', async (batch) => {
          tries += 1;
          if (broken) throw new Error('the database is away');
          await arrivals.take(batch);
        });
        const published = upTo(4).map((turn) => transport.publish(numberedMessages(topic, 'a', turn * 3, 3)));
        await eventually('it has failed', () => tries >= 2);
        broken = false;
        await Promise.all(published);
        await eventually('all are there', () => arrivals.numbers().length === 12);
        expect(arrivals.numbers()).toEqual(upTo(12));
      });

      it('does not hold up another group', async () => {
        const arrivals = new Arrivals();
        let broken = true;
        await listen('failing', async () => {
          if (broken) throw new Error('the database is away');
        });
        await listen('sound', arrivals.take);
        const published = transport.publish([numbered(topic, 'a', 0)]);
        await eventually('the sound group has it', () => arrivals.messages.length > 0);
        broken = false;
        await published;
      });
    });

    describe('stopping', () => {
      it('[R17] lets the batch in hand finish, and hands over none after it', async () => {
        const arrivals = new Arrivals();
        let [begun, release] = [false, () => {}];
        const held = new Promise<void>((resolve) => (release = resolve));
        const subscribed = await listen('group', async (batch) => {
          begun = true;
          await held;
          await arrivals.take(batch);
        });
        const published = transport.publish([numbered(topic, 'a', 0)]);
        await eventually('the handler is at work', () => begun);
        const stopped = subscribed.stop();
        release();
        await stopped;
        expect(arrivals.numbers()).toEqual([0]);
        expect(subscribed.status()).toBe('stopped');
        await published;
      });

      it('[R7] loses nothing of what is published while a group is stopped', async () => {
        const arrivals = new Arrivals();
        const subscribed = await listen('group', arrivals.take);
        await transport.publish([numbered(topic, 'a', 0)]);
        await eventually('the first is handled', () => arrivals.messages.length > 0);
        await subscribed.stop();
        const safe = publishUntilSafe(transport, numberedMessages(topic, 'a', 1, 3));
        await listen('group', arrivals.take);
        await safe;
        await eventually('the rest is handled', () => arrivals.numbers().length === 4);
        expect(arrivals.numbers()).toEqual(upTo(4));
      });

      it('refuses to publish once closed, and says so', async () => {
        expect(transport.healthy().ok).toBe(true);
        await transport.close();
        await expect(transport.publish([numbered(topic, 'a', 0)])).rejects.toThrow('has stopped');
        expect(transport.healthy()).toMatchObject({ ok: false });
      });
    });

    if (capabilities.durable) durableContract(() => ({ opened, topic }));
    if (capabilities.sharedGroups) sharedGroupContract(() => ({ opened, topic }));
  });
}

function durableContract(current: () => { opened: TransportUnderTest; topic: string }): void {
  describe('a transport that keeps what it is given', () => {
    it('[R7] loses nothing over closing and opening again, and repeats nothing that was handled', async () => {
      const { opened, topic } = current();
      const [before, after] = [new Arrivals(), new Arrivals()];
      const group = `${topic}.group`;
      const subscribed = await opened.transport.subscribe({ group, topics: [topic], onBatch: before.take });
      await opened.transport.publish(numberedMessages(topic, 'a', 0, 5));
      await eventually('the first five are handled', () => before.numbers().length === 5);
      await subscribed.stop();
      await opened.transport.publish(numberedMessages(topic, 'a', 5, 5));
      const reopened = await opened.reopen();
      await reopened.subscribe({ group, topics: [topic], onBatch: after.take });
      await eventually('the other five are handled', () => after.numbers().length >= 5);
      expect(after.numbers()).toEqual([5, 6, 7, 8, 9]);
    });

    it('gives a new group everything from the beginning', async () => {
      const { opened, topic } = current();
      await opened.transport.publish(numberedMessages(topic, 'a', 0, 5));
      const arrivals = new Arrivals();
      await opened.transport.subscribe({ group: `${topic}.late`, topics: [topic], onBatch: arrivals.take });
      await eventually('all are there', () => arrivals.numbers().length === 5);
    });
  });
}

function sharedGroupContract(current: () => { opened: TransportUnderTest; topic: string }): void {
  it('lets two members of a group share its messages', async () => {
    const { opened, topic } = current();
    const members = [new Arrivals(), new Arrivals()];
    for (const { take } of members) {
      await opened.transport.subscribe({ group: `${topic}.group`, topics: [topic], onBatch: take });
    }
    await opened.transport.publish(upTo(60).map((n) => numbered(topic, `key-${n}`, n)));
    const all = () => new Set(members.flatMap((member) => member.numbers()));
    await eventually('all are handled', () => all().size === 60);
    expect(members.every((member) => member.messages.length > 0)).toBe(true);
    expect(members.flatMap((member) => member.messages)).toHaveLength(60);
  });
}
