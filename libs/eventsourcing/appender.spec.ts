import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { added, byTests, lastCounts, newTally, tally, tallyMigration } from '../testing/tally.js';
import { Appender } from './appender.js';
import { EventStore, type Append, type ExpectedVersion } from './store.js';

describe('the appender', () => {
  let service: ServiceDatabase;
  let statements: number[];
  const tenant = randomUUID();

  /** Counts the appends of each statement it sends. */
  class CountingStore extends EventStore {
    override append(...call: Parameters<EventStore['append']>) {
      statements.push(call[2].length);
      return super.append(...call);
    }
  }
  const open = () => {
    statements = [];
    const store = new CountingStore({ service: 'membership', projections: [lastCounts], deciders: [tally] });
    const appender = new Appender(service.database, store);
    const append = (streamId: string, amount: number, expectedVersion: ExpectedVersion = 'any', of = tenant) =>
      appender.append(of, byTests, [{ streamId, expectedVersion, events: [added(amount)] }]);
    return { appender, append };
  };
  const amounts = async (streamId: string, of = tenant) => {
    const store = new EventStore({ service: 'membership' });
    const streams = await service.database.inTenant(of, (tx) => store.read(tx, [streamId]));
    return streams.get(streamId)!.map(({ data }) => data['amount']);
  };

  beforeAll(async () => {
    service = await openServiceDatabase('membership', { migrations: [tallyMigration] });
  });
  afterAll(() => service.close());

  it('writes the calls that wait at one moment in one statement, and answers each with its own events', async () => {
    const { append } = open();
    const ids = Array.from({ length: 20 }, newTally);
    const answers = await Promise.all(ids.map((id, nr) => append(id, nr, 'none')));
    expect(answers.map(([event, ...more]) => [event!.streamId, event!.data, event!.version, more])).toEqual(
      ids.map((id, nr) => [id, { amount: nr }, 1, []]),
    );
    expect(statements).toEqual([1, 19]);
  });

  it('gives the calls of a group cases of their own', async () => {
    const { append } = open();
    const answers = await Promise.all(Array.from({ length: 10 }, () => append(newTally(), 1)));
    expect(new Set(answers.map(([event]) => event!.correlationId)).size).toBe(10);
  });

  it('writes appends to one stream one after the other, in the order of the calls', async () => {
    const { append } = open();
    const id = newTally();
    await Promise.all(Array.from({ length: 6 }, (_, nr) => append(id, nr, nr || 'none')));
    expect(await amounts(id)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('fails only the call that is at the wrong version or does not fit its schema', async () => {
    const { appender, append } = open();
    const ids = Array.from({ length: 6 }, newTally);
    const bad: Append = { streamId: newTally(), expectedVersion: 'none', events: [{ name: 'CountAdded', data: {} }] };
    const outcomes = await Promise.allSettled([
      ...ids.map((id, nr) => append(id, nr, nr === 3 ? 7 : 'none')),
      appender.append(tenant, byTests, [bad]),
    ]);
    const said = outcomes.map((one) => (one.status === 'fulfilled' ? 'stored' : (one.reason as Error).name));
    expect(said).toEqual(['stored', 'stored', 'stored', 'WrongExpectedVersion', 'stored', 'stored', 'InvalidEvent']);
    expect(await amounts(ids[5]!)).toEqual([5]);
    expect(await amounts(ids[3]!)).toEqual([]);
  });

  it('[R26] never writes two organisations in one transaction', async () => {
    const { append } = open();
    const other = randomUUID();
    const [mine, theirs] = [newTally(), newTally()];
    await Promise.all(
      [1, 2, 3].flatMap((amount) => [append(mine, amount, 'any', tenant), append(theirs, amount, 'any', other)]),
    );
    expect([await amounts(mine), await amounts(theirs, other)]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(await amounts(theirs)).toEqual([]);
  });

  it('[R3] does not write anything again when nobody knows whether it was written', async () => {
    let tries = 0;
    class LosingStore extends EventStore {
      override async append(...call: Parameters<EventStore['append']>): Promise<never> {
        tries++;
        await super.append(...call);
        throw new Error('Connection terminated unexpectedly');
      }
    }
    const appender = new Appender(service.database, new LosingStore({ service: 'membership' }));
    const call = () =>
      appender.append(tenant, byTests, [{ streamId: newTally(), expectedVersion: 'any', events: [added(1)] }]);
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, call));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
    expect(tries).toBe(2);
  });
});
