import { describe, expect, it } from '@jest/globals';
import { Arrivals, eventually, numbered, transportContract } from '../../testing/bus-contract.js';
import { inProcessTransport } from './index.js';

transportContract('in process', { durable: false, sharedGroups: false }, async () => {
  const transport = inProcessTransport();
  return { transport, reopen: async () => inProcessTransport(), close: () => transport.close() };
});

describe('the transport inside one process', () => {
  it('[R7] says that a message is safe only when every group has handled it', async () => {
    const transport = inProcessTransport();
    const [quick, slow] = [new Arrivals(), new Arrivals()];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await transport.subscribe({ group: 'quick', topics: ['t'], onBatch: quick.take });
    await transport.subscribe({ group: 'slow', topics: ['t'], onBatch: (batch) => held.then(() => slow.take(batch)) });
    let safe = false;
    const published = transport.publish([numbered('t', 'a', 0)]).then(() => (safe = true));
    await eventually('the quick group has it', () => quick.messages.length === 1);
    expect(safe).toBe(false);
    release();
    await published;
    expect(slow.numbers()).toEqual([0]);
  });

  it('[R18] rejects a publishing that lasts too long, and then does not deliver it behind the back of the next', async () => {
    const transport = inProcessTransport({ limit: 50 });
    const arrivals = new Arrivals();
    let broken = true;
    await transport.subscribe({
      group: 'group',
      topics: ['t'],
      onBatch: async (batch) => {
        if (broken) throw new Error('the database is away');
        await arrivals.take(batch);
      },
    });
    await expect(transport.publish([numbered('t', 'a', 0)])).rejects.toThrow('within 50 ms');
    broken = false;
    await transport.publish([numbered('t', 'a', 1)]);
    expect(arrivals.numbers()).toEqual([1]);
  });

  it('hands messages to the groups in their turns, and waits for one that lasts only a moment', async () => {
    const transport = inProcessTransport();
    const came: string[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const take = (group: string, turn: number, work: () => Promise<void>) =>
      transport.subscribe({
        group,
        topics: ['t'],
        turn: () => turn,
        onBatch: async () => {
          await work();
          came.push(group);
        },
      });
    await take('last', 2, async () => {});
    await take('slow', 1, () => held);
    await take('first', 0, () => new Promise((resolve) => setImmediate(resolve)));
    const published = transport.publish([numbered('t', 'a', 0)]);
    await eventually('the last has it', () => came.includes('last'));
    expect(came).toEqual(['first', 'last']);
    release();
    await published;
    expect(came).toEqual(['first', 'last', 'slow']);
  });

  it('rests once in a publication, between the first of its turns and the others', async () => {
    const came: string[] = [];
    const transport = inProcessTransport({ pause: async () => void came.push('a rest') });
    const take = (group: string, topic: string, turn: number) =>
      transport.subscribe({ group, topics: [topic], turn: () => turn, onBatch: async () => void came.push(group) });
    await take('third', 't', 3);
    await take('second', 't', 1);
    await take('first', 't', 0);
    await take('alone', 'u', 2);
    await transport.publish([numbered('t', 'a', 0)]);
    await transport.publish([numbered('u', 'a', 0)]);
    expect(came).toEqual(['first', 'a rest', 'second', 'third', 'alone']);
  });

  it('[R7] keeps the order of what is published at once, whatever the turns', async () => {
    const transport = inProcessTransport();
    const arrivals = new Arrivals();
    const slow = {
      topics: ['t'],
      turn: () => 0,
      onBatch: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
    };
    await transport.subscribe({ group: 'slow', ...slow });
    let calls = 0;
    await transport.subscribe({ group: 'group', topics: ['t'], turn: () => -calls++ * 2 + 1, onBatch: arrivals.take });
    await Promise.all([0, 1, 2].map((nr) => transport.publish([numbered('t', 'a', nr)])));
    expect(arrivals.numbers()).toEqual([0, 1, 2]);
  });

  it('[R7] refuses to publish past a group that has stopped', async () => {
    const transport = inProcessTransport();
    const subscribed = await transport.subscribe({ group: 'group', topics: ['t'], onBatch: async () => {} });
    await subscribed.stop();
    await expect(transport.publish([numbered('t', 'a', 0)])).rejects.toThrow('Group group has stopped');
  });

  it('refuses a second subscription of a group', async () => {
    const transport = inProcessTransport();
    const subscription = { group: 'group', topics: ['t'], onBatch: async () => {} };
    await transport.subscribe(subscription);
    await expect(transport.subscribe(subscription)).rejects.toThrow('Group group is already subscribed');
  });
});
