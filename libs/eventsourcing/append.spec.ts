import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { added, byTests, newTally, tally, tallyMigration } from '../testing/tally.js';
import { newEventId } from './draft.js';
import { EventStore, type Append, type ExpectedVersion } from './store.js';
import { InvalidEvent, WrongExpectedVersion } from './errors.js';

describe('the append', () => {
  let service: ServiceDatabase;
  const tenant = randomUUID();
  const store = new EventStore({ service: 'membership', deciders: [tally] });
  const append = (appends: readonly Append[]) =>
    service.database.inTenant(tenant, (tx) => store.append(tx, byTests, appends));
  const write = (streamId: string, expectedVersion: ExpectedVersion) =>
    append([{ streamId, expectedVersion, events: [added(1)] }]);

  beforeAll(async () => {
    service = await openServiceDatabase('membership', { migrations: [tallyMigration] });
  });
  afterAll(() => service.close());

  const stored = (ids: readonly string[]) =>
    service.database.inTenant(tenant, async (tx) => [...(await store.read(tx, ids)).values()].flat());

  /** Rows of the log that were looked at until now, by whatever way. */
  const rowsRead = async () => {
    // The connection that appended tells its counts only when asked; it is the one the pool lends again.
    await service.database.alone('select pg_stat_force_next_flush()', []);
    const [row] = await service.asOwner<{ n: number }>(
      `select (sum(idx_tup_read) + (select seq_tup_read from pg_stat_user_tables where relname = 'events'))::int as n
       from pg_stat_user_indexes where relname = 'events'`,
    );
    return row!.n;
  };

  it('[R3] appends and reads by the key alone, though that was planned while the log was empty and analysed so', async () => {
    await service.asOwner('analyze events');
    const ids = [newTally(), newTally()];
    for (const id of ids) await write(id, 'none');
    expect(await stored(ids)).toHaveLength(2);
    await service.asOwner(
      `insert into events (tenant_id, stream_id, version, event_id, type, body)
       select '${tenant}', 'tally-' || n % 200, n / 200 + 1, gen_random_uuid(), 'rollcall.membership.CountAdded.v1', '{"data":{"by":1}}'
       from generate_series(0, 19999) n`,
    );
    const before = await rowsRead();
    for (let version = 1; version <= 10; version++) {
      await write(ids[0]!, version);
      await write(ids[1]!, 'any');
      await write(newTally(), 'none');
      await write('tally-7', 'any');
      await expect(write('tally-7', 5_000)).rejects.toThrow(WrongExpectedVersion);
      const versions = (await stored(['tally-8', newTally()])).map((event) => event.version);
      expect(versions).toEqual(Array.from({ length: 100 }, (_, nr) => nr + 1));
    }
    expect((await rowsRead()) - before).toBeLessThan(1_200);
  });

  const many = (count: number): Append[] =>
    Array.from({ length: count }, (_, nr) => ({
      streamId: newTally(),
      expectedVersion: 'none',
      events: nr % 100 === 0 ? [added(nr), added(nr + 1)] : [added(nr)],
    }));

  it('[R1] takes more than one statement holds, in the order of the call', async () => {
    const appends = many(1_200);
    const recorded = await append(appends);
    expect(recorded.map(({ data }) => data)).toEqual(appends.flatMap(({ events }) => events.map(({ data }) => data)));
    const ids = appends.map(({ streamId }) => streamId);
    expect(await stored(ids)).toEqual(recorded);
    const tickets = await service.asOwner<{ id: string; version: number }>(
      'select stream_id as id, version from pending where stream_id = any($1) order by ticket',
      [ids],
    );
    expect(tickets).toEqual(recorded.map(({ streamId: id, version }) => ({ id, version })));
  });

  it('lets each part of a large append leave before it makes the next', async () => {
    let made = 0;
    const counting = new EventStore({
      service: 'membership',
      deciders: [tally],
      newId: () => {
        made++;
        return newEventId();
      },
    });
    /** How much was made when each part left; a connection writes what it is asked for once the thread is free. */
    const madeAt: number[] = [];
    await service.database.inTenant(tenant, (tx) => {
      const prepared: typeof tx.prepared = (sql, parameters) => {
        process.nextTick(() => madeAt.push(made));
        return tx.prepared(sql, parameters);
      };
      return counting.append({ ...tx, now: tx.now, prepared }, byTests, many(1_000));
    });
    expect(madeAt.length).toBeGreaterThan(2);
    expect(madeAt.at(-1)).toBe(made);
    expect([...new Set(madeAt)]).toHaveLength(madeAt.length);
  });

  it('[R1] keeps nothing of a large append of which any part fails', async () => {
    const faulty: [Append, new (...args: never[]) => Error][] = [
      [{ streamId: newTally(), expectedVersion: 4, events: [added(1)] }, WrongExpectedVersion],
      [{ streamId: newTally(), expectedVersion: 'none', events: [{ name: 'CountAdded', data: {} }] }, InvalidEvent],
    ];
    for (const [bad, error] of faulty)
      for (const at of [0, 700, 999]) {
        const appends = many(1_000).toSpliced(at, 1, bad);
        await expect(append(appends)).rejects.toThrow(error);
        expect(await stored(appends.map(({ streamId }) => streamId))).toEqual([]);
      }
  });

  it('gives ids of version 7 in the order in which they are asked for', () => {
    const ids = Array.from({ length: 5_000 }, newEventId);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
