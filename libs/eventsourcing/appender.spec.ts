import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { record, type NewEvent } from '#domain';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { added, byTests, lastCounts, newTally, tally, tallyMigration } from '../testing/tally.js';
import { Appender } from './appender.js';
import { EventStore, type Append, type AppendOutcome, type ExpectedVersion, type StoreOptions } from './store.js';

describe('the appender', () => {
  let service: ServiceDatabase;
  let statements: number[];
  const tenant = randomUUID();

  /** Counts the events of each statement it sends. */
  class CountingStore extends EventStore {
    override appendAlone(...call: Parameters<EventStore['appendAlone']>) {
      statements.push(call[2].length);
      return super.appendAlone(...call);
    }
  }
  const open = (options: Partial<StoreOptions> = {}) => {
    statements = [];
    const store = new CountingStore({ service: 'membership', deciders: [tally], ...options });
    const appender = new Appender(service.database, store);
    const append = (streamId: string, amount: number, expectedVersion: ExpectedVersion = 'any', of = tenant) =>
      appender.append(of, byTests, [{ streamId, expectedVersion, events: [added(amount)] }]);
    return { store, appender, append };
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
    expect(statements).toEqual([20]);
  });

  it('gathers a caller who was just answered with those who waited', async () => {
    const { append } = open();
    const caller = async (_: unknown, nr: number) => {
      const id = newTally();
      for (let version = 0; version < 5; version++) {
        await append(id, version, version || 'none');
        for (let step = 0; step < nr * 5; step++) await Promise.resolve(); // what it does with the answer
      }
    };
    await Promise.all(Array.from({ length: 8 }, caller));
    expect(statements).toEqual([8, 8, 8, 8, 8]);
  });

  it('records with the instant of the database’s clock, and stores the very event it returns', async () => {
    const { append, store } = open();
    const id = newTally();
    await service.asOwner("update clock set manual_at = '2031-02-03T04:05:06.789Z'");
    try {
      const [event] = await append(id, 1, 'none');
      expect([event!.recordedAt, event!.occurredAt]).toEqual(['2031-02-03T04:05:06.789Z', '2031-02-03T04:05:06.789Z']);
      const stored = await service.database.inTenant(tenant, (tx) => store.read(tx, [id]));
      expect(stored.get(id)).toEqual([event]);
    } finally {
      await service.asOwner('update clock set manual_at = null');
    }
  });

  it('keeps the time of the source, writes read models and deadlines, and wakes who waits for them', async () => {
    const { appender, store } = open({ projections: [lastCounts] });
    const woken: unknown[] = [];
    const told: AppendOutcome[] = [];
    store.onAppended((firstDue) => woken.push(firstDue));
    store.onAppend((outcome) => told.push(outcome));
    const [counted, armed] = [newTally(), newTally()];
    const occurredAt = '2026-01-02T03:04:05.000Z';
    const dueAt = '2030-01-01T00:00:00.000Z';
    const calls: [string, NewEvent][] = [
      [counted, added(7)],
      [armed, record('AlarmSet', { alarm: 'a', dueAt })],
    ];
    const answers = [];
    for (const [streamId, event] of calls)
      answers.push(
        ...(await appender.append(tenant, byTests, [
          { streamId, expectedVersion: 'none', events: [event], occurredAt },
        ])),
      );
    expect(answers.map((event) => event.occurredAt)).toEqual([occurredAt, occurredAt]);
    expect(woken).toEqual([undefined, dueAt]);
    expect(told.flatMap((outcome) => ('recorded' in outcome ? outcome.recorded : []))).toEqual(answers);
    expect(await service.asOwner('select amount from last_counts where tally_id = $1', [counted])).toEqual([
      { amount: 7 },
    ]);
    expect(await service.asOwner('select name from deadlines where stream_id = $1', [armed])).toEqual([{ name: 'a' }]);
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

  it('writes in one statement what takes one stream at whatever version it is, and nothing that stands on it', async () => {
    const { append } = open();
    const id = newTally();
    const expected: ExpectedVersion[] = ['none', 'any', 'any', 3, 'any', 'any', 'any'];
    const answers = await Promise.all(expected.map((version, nr) => append(id, nr, version)));
    expect(answers.map(([event]) => event!.version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await amounts(id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(statements).toEqual([1, 2, 1, 3]);
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

  it('[R26] leaves no organisation behind on the connection it used', async () => {
    const { append } = open();
    await Promise.all(Array.from({ length: 8 }, () => append(newTally(), 1)));
    expect(
      await service.database.alone("select nullif(current_setting('app.tenant', true), '') as tenant", []),
    ).toEqual([{ tenant: null }]);
  });

  it('[R3] does not write anything again when nobody knows whether it was written', async () => {
    let tries = 0;
    class LosingStore extends EventStore {
      override async appendAlone(...call: Parameters<EventStore['appendAlone']>): Promise<never> {
        tries++;
        await super.appendAlone(...call);
        throw new Error('Connection terminated unexpectedly');
      }
    }
    const appender = new Appender(service.database, new LosingStore({ service: 'membership' }));
    const call = () =>
      appender.append(tenant, byTests, [{ streamId: newTally(), expectedVersion: 'any', events: [added(1)] }]);
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, call));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'rejected'));
    expect(tries).toBe(1);
  });
});
