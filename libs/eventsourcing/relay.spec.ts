import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { added, byTests, newTally } from '../testing/tally.js';
import type { Database } from './database.js';
import { Relay, type SequencedEvent } from './relay.js';
import { EventStore } from './store.js';

describe('the relay', () => {
  let service: ServiceDatabase;
  let published: SequencedEvent[];
  let warnings: string[];
  const relays: Relay[] = [];
  const tenant = randomUUID();
  const store = new EventStore({ service: 'membership' });

  beforeEach(async () => {
    service = await openServiceDatabase('membership', { connections: 20 });
    [published, warnings] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    await service.close();
  });

  const take = async (events: readonly SequencedEvent[]): Promise<void> => void published.push(...events);
  const start = (publish = take, database: Database = service.database) => {
    const relay = new Relay({ database, publish, log: (_, message) => warnings.push(message), pollEvery: 20 });
    relays.push(relay);
    return relay;
  };
  const append = (streamId: string, count = 1, hold = 0, fail = false) =>
    service.database.inTenant(tenant, async (tx) => {
      const events = Array.from({ length: count }, (_, n) => added(n));
      await store.append(tx, byTests, [{ streamId, expectedVersion: 'any', events }]);
      await delay(hold);
      if (fail) throw new Error('rolled back');
    });
  const eventually = async (claim: string, holds: () => boolean | Promise<boolean>) => {
    const limit = Date.now() + 20_000;
    while (!(await holds())) {
      if (Date.now() > limit) throw new Error(`It did not come about that ${claim}`);
      await delay(5);
    }
  };
  const stored = async () => Number((await service.asOwner<{ n: string }>('select count(*) as n from events'))[0]!.n);
  const publishedAll = () =>
    eventually(
      'everything stored is published',
      async () => new Set(published.map(({ id }) => id)).size >= (await stored()),
    );
  const upTo = (length: number) => Array.from({ length }, (_, n) => n + 1);

  /** Every event at one position, positions from 1 without a gap, each stream in the order of its versions. */
  const expectWholeOrder = async (events: readonly SequencedEvent[]) => {
    const all = await stored();
    expect(events.map(({ position }) => position)).toEqual(upTo(all));
    expect(new Set(events.map(({ id }) => id)).size).toBe(all);
    const lastOf = new Map<string, number>();
    for (const { streamId, version } of events) {
      expect(version).toBe((lastOf.get(streamId) ?? 0) + 1);
      lastOf.set(streamId, version);
    }
  };

  it('loses nothing that the usual poller loses when an earlier transaction commits later (the control)', async () => {
    await service.asOwner('create table naive (pos bigserial primary key, event text)');
    const seen: string[] = [];
    let cursor = '0';
    const pollNaively = async () => {
      const rows = await service.asOwner<{ pos: string; event: string }>(
        'select pos, event from naive where pos > $1 order by pos',
        [cursor],
      );
      seen.push(...rows.map(({ event }) => event));
      cursor = rows.at(-1)?.pos ?? cursor;
    };
    await service.asOwner(`grant all on naive, naive_pos_seq to public`);
    start();
    const write = (event: string, meanwhile = async () => {}) =>
      service.database.inTenant(tenant, async (tx) => {
        await tx.query('insert into naive (event) values ($1)', [event]);
        await store.append(tx, byTests, [{ streamId: `tally-${event}`, expectedVersion: 'none', events: [added(1)] }]);
        await meanwhile();
      });
    await write('early', async () => {
      await write('late');
      await pollNaively();
      await eventually('the later one is published first', () => published.length === 1);
    });
    await pollNaively();
    await publishedAll();
    expect(seen).toEqual(['late']);
    expect(published.map(({ streamId, position }) => [streamId, position])).toEqual([
      ['tally-late', 1],
      ['tally-early', 2],
    ]);
  });

  it.each(['with a transaction id', 'without one'])(
    '[R3] publishes every committed event once, in one order without gaps, among open, late and failed writers and a foreign transaction %s',
    async (kind) => {
      const foreign = new Client({ connectionString: service.url });
      await foreign.connect();
      await foreign.query('begin isolation level repeatable read');
      await foreign.query(kind === 'without one' ? 'select 1' : 'select pg_current_xact_id()');
      const relay = start();
      store.onAppended(() => relay.wake());
      const streams = Array.from({ length: 30 }, newTally);
      const writer = async (nth: number) => {
        for (let n = 0; n < 25; n++) {
          const stream = streams[(nth * 7 + n * 11) % streams.length]!;
          // Two writers of one stream may meet: one is refused, which is one more kind of failure.
          await append(stream, 1 + (n % 3), (nth * 5 + n * 3) % 21, n % 5 === 0).catch(() => undefined);
        }
      };
      await Promise.all(Array.from({ length: 12 }, (_, nth) => writer(nth)));
      await publishedAll();
      expect(published.length).toBeGreaterThan(100);
      await expectWholeOrder(published);
      await foreign.query('commit');
      await foreign.end();
      expect(await service.asOwner('select from pending')).toEqual([]);
    },
  );

  it('hands over the stored event with its exact bytes', async () => {
    start();
    await append(newTally());
    await publishedAll();
    const [event] = published;
    const [row] = await service.asOwner('select event_id as id, type, body, stream_id as "streamId" from events');
    expect(event).toMatchObject({ ...row, tenantId: tenant, version: 1, position: 1, data: { amount: 0 } });
  });

  it('repeats a page that the bus did not take, and goes on in order', async () => {
    let refusals = 2;
    const tried: number[][] = [];
    start(async (events) => {
      tried.push(events.map(({ position }) => position));
      if (refusals-- > 0) throw new Error('no broker');
      await take(events);
    });
    await append(newTally(), 3);
    await publishedAll();
    await append(newTally(), 2);
    await publishedAll();
    expect(tried).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
      [4, 5],
    ]);
    expect(warnings).toEqual(Array(2).fill('The bus took no events; they wait in the log'));
  });

  it('does not ask a failing bus again for every new event', async () => {
    let tries = 0;
    const relay = start(async () => {
      tries++;
      throw new Error('no broker');
    });
    await append(newTally());
    await eventually('the bus has refused', () => tries > 0);
    for (let n = 0; n < 20; n++) {
      await append(newTally());
      relay.wake();
    }
    const head = async () => (await service.asOwner<{ head: string }>('select head from sequencer'))[0]!.head;
    await eventually('all is numbered', async () => (await head()) === '21');
    expect(tries).toBeLessThan(12);
  });

  it('goes on where the last leader stopped', async () => {
    await start().stop();
    await append(newTally(), 5);
    const first = start();
    await publishedAll();
    await first.stop();
    await append(newTally(), 5);
    start();
    await publishedAll();
    await expectWholeOrder(published);
  });

  it('[R3] lets one of two lead, and the other take over when the leader stops', async () => {
    const byFirst: SequencedEvent[] = [];
    const first = start(async (events) => {
      byFirst.push(...events);
      await take(events);
    });
    await append(newTally());
    await publishedAll();
    start(take, await service.another());
    await append(newTally(), 4);
    await publishedAll();
    expect(byFirst).toHaveLength(5);
    await first.stop();
    await append(newTally(), 4);
    await publishedAll();
    expect(byFirst).toHaveLength(5);
    await expectWholeOrder(published);
  });

  it('[R3] gives no position twice and loses none when the leader is fenced off or its connections are ended', async () => {
    start();
    start(take, await service.another());
    const harm = [
      'update sequencer set epoch = epoch + 1',
      "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    ];
    for (const sql of harm) {
      const burst = Array.from({ length: 20 }, () => append(newTally(), 3).catch(() => undefined));
      await service.asOwner(sql);
      await Promise.all(burst);
      await publishedAll();
    }
    const rows = await service.asOwner<{ position: string }>('select position from sequence order by position');
    expect(rows.map(({ position }) => Number(position))).toEqual(upTo(await stored()));
    // At least once: what was handed over but not marked is handed over again.
    const firsts = published.filter(({ id }, at) => published.findIndex((other) => other.id === id) === at);
    await expectWholeOrder(firsts);
  });

  it('[R3] marks and hands over nothing more as a leader that slept while its successor worked', async () => {
    const bus = new EventTarget();
    const asked = once(bus, 'asked');
    const sleeper = new Relay({
      database: service.database,
      publish: async (events) => {
        bus.dispatchEvent(new Event('asked'));
        await once(bus, 'awake');
        await take(events);
      },
      log: (_, message) => warnings.push(message),
      pollEvery: 2 ** 30,
    });
    relays.push(sleeper);
    await append(newTally(), 3);
    sleeper.wake();
    await asked;
    await append(newTally(), 2);
    await service.asOwner('update sequencer set epoch = epoch + 1');
    await service.asOwner("select number_pending(epoch, '0', 100) from sequencer");
    await service.asOwner('update sequencer set published = head');
    bus.dispatchEvent(new Event('awake'));
    await eventually('the sleeper has noticed', () => warnings.length > 0);
    expect(published.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(await service.asOwner('select published from sequencer')).toEqual([{ published: '5' }]);
  });

  it('ends a term although its publishing waits for a failing bus', async () => {
    let refused = false;
    start(async (events) => {
      if (refused) return take(events);
      refused = true;
      await service.asOwner('update sequencer set epoch = epoch + 1');
      throw new Error('no broker');
    });
    await append(newTally());
    await publishedAll();
    expect(warnings).toContain('The relay lost its lead or its database and tries again');
    await expectWholeOrder(published);
  });

  it('needs nobody to poll: every append wakes it, and stopping ends the longest sleep', async () => {
    const relay = new Relay({ database: service.database, publish: take, log: () => undefined, pollEvery: 2 ** 30 });
    store.onAppended(() => relay.wake());
    for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 10 }, () => append(newTally())));
    await publishedAll();
    await Promise.all([relay.stop(), relay.stop()]);
    await relay.stop();
    expect(
      await service.asOwner(
        "select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
      ),
    ).toEqual([]);
  });

  it('finishes the page under way before it stops', async () => {
    const bus = new EventTarget();
    const relay = start(async (events) => {
      bus.dispatchEvent(new Event('asked'));
      await once(bus, 'answer');
      await take(events);
    });
    const asked = once(bus, 'asked');
    await append(newTally());
    await asked;
    const stopped = relay.stop();
    bus.dispatchEvent(new Event('answer'));
    await stopped;
    expect(published).toHaveLength(1);
    expect(await service.asOwner('select published from sequencer')).toEqual([{ published: '1' }]);
  });
});
