import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { record, type Decider, type NewEvent } from '#domain';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { byTests, newTally, tally, type TallyCommands, type TallyEvents } from '../testing/tally.js';
import { Commands } from './commands.js';
import type { Database, Transaction } from './database.js';
import { sqlState } from './errors.js';
import { EventStore } from './store.js';
import { Sweeper } from './sweeper.js';

const NOON = '2026-01-01T12:00:00.000Z';
const after = (seconds: number) => new Date(Date.parse(NOON) + seconds * 1000).toISOString();
const set = (dueAt: string, alarm = 'wake'): NewEvent => record('AlarmSet', { alarm, dueAt });
const cancel = record('AlarmCancelled', { alarm: 'wake' });
const FOR_EVER = 2 ** 30;

describe('the sweeper', () => {
  let service: ServiceDatabase;
  let errors: unknown[];
  let isBroken: boolean;
  const sweepers: Sweeper[] = [];
  const tenant = randomUUID();
  const fragile: Decider<{ total: number }, TallyCommands, TallyEvents> = {
    ...tally,
    decide: {
      ...tally.decide,
      Ring: (data, state, moment) =>
        tally.decide.Ring(isBroken ? data : { alarm: data.alarm.replace('broken', 'mended') }, state, moment),
    },
  };
  const store = new EventStore({ service: 'membership', deciders: [fragile] });

  beforeEach(async () => {
    service = await openServiceDatabase('membership', { connections: 10 });
    [errors, isBroken] = [[], true];
  });
  afterEach(async () => {
    await Promise.all(sweepers.splice(0).map((sweeper) => sweeper.stop()));
    await service.close();
  });

  const start = (database: Database = service.database, pollEvery = 20) => {
    const commands = new Commands(store);
    const log = (_: string, __: string, error: unknown) => void errors.push(error);
    const sweeper = new Sweeper({ database, commands, deciders: [fragile], log, pollEvery });
    sweepers.push(sweeper);
    store.onAppended((firstDue) => firstDue !== undefined && sweeper.wake(firstDue));
    return sweeper;
  };
  /** A sweeper that sweeps only when it is told. */
  const manual = async (database?: Database) => {
    const sweeper = start(database);
    await sweeper.stop();
    return sweeper;
  };
  /** The same database, with something done around each relay transaction. */
  const around = (each: (run: () => Promise<unknown>, tx: Transaction, nth: number) => Promise<unknown>): Database => {
    let nth = 0;
    const asRelay = <T>(work: (tx: Transaction) => Promise<T>) =>
      service.database.asRelay((tx) => each(() => work(tx), tx, ++nth) as Promise<T>);
    return { asRelay } as Database;
  };
  const append = (streamId: string, ...events: NewEvent[]) =>
    service.database.inTenant(tenant, (tx) =>
      store.append(tx, byTests, [{ streamId, expectedVersion: 'any', events }]),
    );
  const clock = (at: string) => service.asOwner('update clock set manual_at = $1', [at]);
  const rang = async (streamId: string, of = tenant) => {
    const streams = await service.database.inTenant(of, (tx) => store.read(tx, [streamId]));
    return streams.get(streamId)!.filter(({ name }) => name === 'AlarmRang');
  };
  const open = () =>
    service.asOwner<{ name: string; due: string; fire: string; attempts: number; failure: string | null }>(
      'select name, iso(due_at) as due, iso(fire_at) as fire, attempts, failure from deadlines order by fire_at, name',
    );
  const eventually = async (claim: string, holds: () => Promise<boolean>) => {
    const limit = Date.now() + 20_000;
    while (!(await holds())) {
      if (Date.now() > limit) throw new Error(`It did not come about that ${claim}`);
      await delay(5);
    }
  };
  const allFired = () => eventually('no deadline is open', async () => (await open()).length === 0);

  it.each([1, 2, 5])('[R20] fires each deadline once with %i sweepers', async (count) => {
    const ids = Array.from({ length: 230 }, newTally);
    await service.database.inTenant(tenant, (tx) =>
      store.append(
        tx,
        byTests,
        ids.map((streamId) => ({ streamId, expectedVersion: 'none', events: [set(NOON)] })),
      ),
    );
    for (let n = 0; n < count; n++) start(await service.another());
    await allFired();
    for (const id of ids) expect(await rang(id)).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('[R21] never fires early, fires late rather than never, and says the due time and the real one', async () => {
    const id = newTally();
    await clock(NOON);
    const [armed] = await append(id, set(after(3600)));
    const sweeper = await manual();
    for (const at of [NOON, after(3599.999)]) {
      await clock(at);
      expect(await sweeper.sweep()).toBe(0);
    }
    await clock(after(90_000));
    expect(await sweeper.sweep()).toBe(1);
    expect(await rang(id)).toMatchObject([
      {
        occurredAt: after(3600),
        recordedAt: after(90_000),
        data: { alarm: 'wake', at: after(90_000) },
        actor: { kind: 'system', id: 'deadlines' },
        causationId: armed!.id,
        correlationId: armed!.correlationId,
      },
    ]);
    await clock(NOON); // a clock that jumps back refires nothing
    expect(await sweeper.sweep()).toBe(0);
  });

  it('[R21] never tells a decider an instant before the deadline, though the clock goes on within the transaction', async () => {
    const id = newTally();
    await clock(NOON);
    await append(id, set(after(1)));
    const sweeper = await manual(around(async (run) => (await clock(after(1)), run())));
    expect(await sweeper.sweep()).toBe(0);
    expect(await sweeper.sweep()).toBe(1);
    expect((await rang(id))[0]!.data).toEqual({ alarm: 'wake', at: after(1) });
  });

  it('[R20] fires again, and only once, after a crash between claim and commit', async () => {
    const id = newTally();
    await append(id, set(NOON));
    const crashing = around(async (run, tx) => {
      await run();
      return tx.query('select pg_terminate_backend(pg_backend_pid())');
    });
    await expect((await manual(crashing)).sweep()).rejects.toThrow('terminat');
    expect(await rang(id)).toEqual([]);
    const sweeper = await manual();
    expect([await sweeper.sweep(), await sweeper.sweep()]).toEqual([1, 0]);
    expect(await rang(id)).toHaveLength(1);
  });

  it('tries a failing command again after 1, 5, 30, 120 and 600 s, and lets the others go on', async () => {
    const [bad, good] = [newTally(), newTally()];
    await clock(NOON);
    await append(bad, set(NOON, 'broken'));
    await append(good, set(NOON));
    const sweeper = await manual();
    await sweeper.sweep();
    expect(await rang(good)).toHaveLength(1);
    let now = 0;
    for (const [nth, wait] of [1, 5, 30, 120, 600, 600].entries()) {
      const fire = after(now + wait);
      expect(await open()).toEqual([{ name: 'broken', due: NOON, fire, attempts: nth + 1, failure: 'Error' }]);
      await clock(after(now + wait - 0.001));
      expect(await sweeper.sweep()).toBe(0);
      await clock(after((now += wait)));
      await sweeper.sweep();
    }
    isBroken = false;
    await clock(after(now + 600));
    expect(await sweeper.sweep()).toBe(1);
    expect((await rang(bad)).map(({ occurredAt }) => occurredAt)).toEqual([NOON]);
  });

  it('[R21] tries again every second, however long it lasts, what fails by a fault that passes', async () => {
    const id = newTally();
    await append(id, set(NOON));
    let isFull = true;
    const full = "do $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$";
    // Each round tries the page, the row by itself, puts it off, and finds nothing more: the first two have no room to commit.
    const sweeper = await manual(
      around(async (run, tx, nth) => {
        const result = await run();
        if (isFull && [1, 2].includes(nth % 4)) await tx.query(full);
        return result;
      }),
    );
    for (let second = 0; second < 8; second++) {
      await clock(after(second));
      await sweeper.sweep();
      expect(await open()).toMatchObject([{ fire: after(second + 1), attempts: 0 }]);
    }
    isFull = false;
    await clock(after(8));
    expect(await sweeper.sweep()).toBe(1);
    expect(await rang(id)).toHaveLength(1);
  });

  it('puts off a deadline of a stream it has no decider for', async () => {
    const id = newTally();
    await append(id, set(NOON));
    await service.asOwner("update deadlines set stream_id = 'unknown-1'");
    await append(id, set(NOON));
    await (await manual()).sweep();
    expect(await rang(id)).toHaveLength(1);
    expect(await open()).toMatchObject([{ attempts: 1 }]);
    expect(String(errors.at(-1))).toContain('No decider for the deadlines of unknown');
  });

  it('[R21] leaves a deadline alone that was moved while it failed', async () => {
    const id = newTally();
    await clock(NOON);
    await append(id, set(NOON, 'broken'));
    // One transaction for the page, one for the single row; the third would put it off.
    const meanwhile = async (nth: number) => nth === 3 && append(id, set(after(3600), 'broken'));
    await (await manual(around(async (run, _, nth) => (await meanwhile(nth), run())))).sweep();
    expect(await open()).toEqual([{ name: 'broken', due: after(3600), fire: after(3600), attempts: 0, failure: null }]);
  });

  it.each<[string, NewEvent[][], string[]]>([
    ['moves a deadline with a later event', [[set(after(1))], [set(after(9))]], [after(9)]],
    ['moves it within one append', [[set(after(1)), set(after(9))]], [after(9)]],
    ['moves it nearer', [[set(after(9))], [set(after(1))]], [after(1)]],
    ['ends it with an event', [[set(after(1))], [cancel]], []],
    ['ends it within one append', [[set(after(1)), cancel]], []],
    ['starts it anew after its end', [[set(after(1))], [cancel, set(after(9))]], [after(9)]],
    ['keeps deadlines of different names apart', [[set(after(1)), set(after(2), 'other')], [cancel]], [after(2)]],
  ])('%s', async (_, appends, due) => {
    const id = newTally();
    for (const events of appends) await append(id, ...events);
    expect((await open()).map((row) => row.due)).toEqual(due);
    expect((await open()).map((row) => row.fire)).toEqual(due);
  });

  it('forgets the failures of a deadline that is set anew', async () => {
    const id = newTally();
    await append(id, set(NOON, 'broken'));
    await (await manual()).sweep();
    await append(id, set(after(9), 'broken'));
    expect(await open()).toEqual([{ name: 'broken', due: after(9), fire: after(9), attempts: 0, failure: null }]);
  });

  it('fires in the order of the due times, for each organisation its own', async () => {
    const ids = Array.from({ length: 40 }, newTally);
    const foreign = randomUUID();
    for (const [n, id] of ids.entries()) await append(id, set(after((n * 17) % 40)));
    await service.database.inTenant(foreign, (tx) =>
      store.append(tx, byTests, [{ streamId: ids[0]!, expectedVersion: 'none', events: [set(NOON)] }]),
    );
    await service.asOwner('delete from pending');
    await (await manual()).sweep();
    const fired = await service.asOwner<{ id: string }>(
      'select stream_id as id from pending where tenant_id = $1 order by ticket',
      [tenant],
    );
    const byDue = ids.map((id, n) => ({ id, due: (n * 17) % 40 })).sort((a, b) => a.due - b.due);
    expect(fired.map(({ id }) => id)).toEqual(byDue.map(({ id }) => id));
    expect(await rang(ids[0]!, foreign)).toHaveLength(1);
    expect(await rang(ids[0]!)).toHaveLength(1);
  });

  it('[R20] fires many pages side by side, each deadline once and those of a stream in the order of their times', async () => {
    const ids = Array.from({ length: 600 }, newTally);
    const alarms = ['third', 'first', 'second'].map((alarm, n) => set(after([3, 1, 2][n]!), alarm));
    await service.database.inTenant(tenant, (tx) =>
      store.append(
        tx,
        byTests,
        ids.map((streamId) => ({ streamId, expectedVersion: 'none', events: alarms })),
      ),
    );
    start();
    await allFired();
    expect(errors).toEqual([]);
    const streams = await service.database.inTenant(tenant, (tx) => store.read(tx, ids));
    const order = [...streams.values()].map((events) =>
      events.flatMap(({ name, data }) => (name === 'AlarmRang' ? [data['alarm']] : [])).join(),
    );
    expect(new Set(order)).toEqual(new Set(['first,second,third']));
    expect(order).toHaveLength(600);
  });

  it('does not read again what it fired, while an old snapshot keeps the index entries', async () => {
    const ids = Array.from({ length: 1_200 }, newTally);
    await service.database.inTenant(tenant, (tx) =>
      store.append(
        tx,
        byTests,
        ids.map((streamId) => ({ streamId, expectedVersion: 'none', events: [set(NOON)] })),
      ),
    );
    const read = async () =>
      (
        await service.asOwner<{ n: number }>(
          "select idx_tup_read::int as n from pg_stat_user_indexes where indexrelname = 'deadlines_fire_at'",
        )
      )[0]!.n;
    let isCounted = false;
    const sweeper = await manual(
      around(async (run, tx) => {
        const result = await run();
        if (isCounted) await tx.query('select pg_stat_force_next_flush()');
        return result;
      }),
    );
    await service.database.asRelay(async (tx) => {
      await tx.query('declare reader cursor for select from deadlines'); // while it is open its snapshot is
      while ((await open()).length > 0) {
        sweeper.wake(); // it is stopped, so it fires a page at a time
        await sweeper.sweep();
      }
      isCounted = true;
      await sweeper.sweep();
      const before = await read();
      for (let round = 0; round < 5; round++) expect(await sweeper.sweep()).toBe(0);
      expect((await read()) - before).toBeLessThan(100);
    });
  });

  it('sleeps until the next due time, and wakes when it is told of a nearer one', async () => {
    const soon = new Date(Date.now() + 300).toISOString();
    await append(newTally(), set(soon));
    const sweeper = start(service.database, FOR_EVER);
    await allFired();
    await append(newTally(), set(NOON));
    sweeper.wake();
    await allFired();
    await Promise.all([sweeper.stop(), sweeper.stop()]);
  });

  it('fires the others while another sweeper holds one, and does not hurry about that one', async () => {
    const [held, free] = [newTally(), newTally()];
    for (const id of [held, free]) await append(id, set(NOON));
    let rounds = 0;
    await service.database.asRelay(async (tx) => {
      await tx.query('select from deadlines where stream_id = $1 for update', [held]);
      start(
        around(async (run) => (rounds++, run())),
        FOR_EVER,
      );
      await eventually('the free one has fired', async () => (await rang(free)).length === 1);
      await delay(200);
    });
    expect(rounds).toBeLessThan(4); // one look, one question for the next due time
    sweepers[0]!.wake();
    await allFired();
  });

  it('never deadlocks with an append that moves what it fires', async () => {
    const ids = Array.from({ length: 20 }, newTally);
    for (let n = 0; n < 3; n++) start(await service.another(), 1);
    for (let round = 0; round < 15; round++) {
      const moves = ids.map((id) => append(id, set(NOON)).catch((error: unknown) => void errors.push(error)));
      await Promise.all(moves);
    }
    await allFired();
    expect(errors.map(sqlState)).not.toContain('40P01');
  });

  it('[R20] finds what is due by its index among many open deadlines', async () => {
    await service.asOwner(
      `insert into deadlines select $1, 'tally-' || n, 'wake', at, at, '{}', gen_random_uuid(), gen_random_uuid()
       from generate_series(1, 30000) n, lateral (select timestamptz '2090-01-01' + n * interval '1 min' as at)`,
      [tenant],
    );
    await append(newTally(), set(NOON));
    await service.asOwner('vacuum analyze deadlines');
    const scans = async () =>
      (
        await service.asOwner<{ whole: number; entries: number }>(
          `select t.seq_scan::int as whole, i.idx_tup_read::int as entries from pg_stat_user_tables t
           join pg_stat_user_indexes i on i.relid = t.relid and i.indexrelname = 'deadlines_fire_at'`,
        )
      )[0]!;
    const before = await scans();
    let rounds = 0;
    const counted = around(async (run, tx) => {
      const result = await run();
      await tx.query('select pg_stat_force_next_flush()');
      rounds++;
      return result;
    });
    start(counted);
    await eventually('it looked several times', async () => rounds > 6);
    await sweepers[0]!.stop();
    const now = await scans();
    expect(now.whole - before.whole).toBe(0);
    expect(now.entries - before.entries).toBeGreaterThan(0);
    expect(now.entries - before.entries).toBeLessThan(5 * rounds);
  });
});
