import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, EventStore, Relay } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { KITS } from '../libs/nest/operations.js';
import { openApp, type TestApp } from '../apps/standalone/testing.js';
import { openServiceDatabase, type ServiceDatabase } from '../libs/testing/service-database.js';
import { added, byTests, lastCounts, newTally, tallyMigration } from '../libs/testing/tally.js';
import { NOT_FROM_EVENTS, rebuild, rebuildable, rebuildTables } from './rebuild.js';

const TENANTS = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'] as const;

/** Asks until it is so; fails after ten seconds. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 10) {
    if (await isSo()) return;
    await new Promise((turn) => setTimeout(turn, 10));
  }
  throw new Error('It did not come to be');
}

describe('[F16] a read model that is rebuilt', () => {
  let service: ServiceDatabase;
  let other: Database;
  const store = new EventStore({ service: 'membership', projections: [lastCounts] });
  beforeEach(async () => {
    service = await openServiceDatabase('membership', { migrations: [tallyMigration] });
    other = await service.another();
  });
  afterEach(() => service.close());

  const append = (tenantId: string, streamId: string, amount: number) =>
    service.database.inTenant(tenantId, (tx) =>
      store.append(tx, byTests, [{ streamId, expectedVersion: 'any', events: [added(amount)] }]),
    );
  const rows = () => service.asOwner('select t::text from last_counts t order by 1');
  /** What the read model must hold, told by the log alone. */
  const expected = () =>
    service.asOwner(
      `select format('(%s,%s,%s,%s)', tenant_id, stream_id, body::json #>> '{data,amount}', version) as t
       from (select distinct on (tenant_id, stream_id) * from events order by tenant_id, stream_id, version desc) e order by 1`,
    );
  const damage = async () => {
    await service.asOwner('update last_counts set amount = -1 where tally_id like $1', ['tally-%0%']);
    await service.asOwner('delete from last_counts where tally_id like $1', ['tally-%7']);
    await service.asOwner('insert into last_counts values ($1, $2, 1, 1)', [TENANTS[0], 'tally-nobody']);
  };

  it('equals what the log says, of every organisation, with numbered events and with those not numbered yet', async () => {
    const streams = Array.from({ length: 40 }, newTally);
    for (const stream of streams) for (const tenant of TENANTS) await append(tenant, stream, 1);
    const relay = new Relay({ database: other, log: () => undefined, publish: () => Promise.resolve() });
    relay.wake();
    await until(async () => (await service.asOwner('select from sequencer where head = 80')).length > 0);
    await relay.stop();
    for (const stream of streams.slice(0, 10)) await append(TENANTS[1], stream, 2);
    await damage();
    const before = await rows();
    expect(before).not.toEqual(await expected());
    const { removed, written } = await rebuild(other, [lastCounts], 'last_counts');
    expect(await rows()).toEqual(await expected());
    expect(removed).toBeGreaterThan(1);
    expect(written).toBeGreaterThanOrEqual(removed - 1);
    expect(await rebuild(other, [lastCounts], 'last_counts')).toEqual({ removed: 0, written: 0 });
  });

  it('equals what the log says while appends go on, and holds nobody up for good', async () => {
    const streams = Array.from({ length: 20 }, newTally);
    for (const stream of streams) await append(TENANTS[0], stream, 1);
    const relay = new Relay({ database: other, log: () => undefined, publish: () => Promise.resolve() });
    store.onAppended(() => relay.wake());
    await damage();
    await service.asOwner('delete from last_counts where tally_id = $1', ['tally-nobody']);
    const write = async (writer: number) => {
      for (let turn = 0; turn < 100; turn += 1)
        await append(TENANTS[turn % 2]!, streams[(turn % 5) * 4 + writer]!, turn);
    };
    const rebuildOften = async () => {
      for (let round = 0; round < 6; round += 1) await rebuild(other, [lastCounts], 'last_counts');
    };
    await Promise.all([rebuildOften(), ...[0, 1, 2, 3].map(write)]);
    await relay.stop();
    expect(await rows()).toEqual(await expected());
  });

  it('waits for a writer that was first, and takes its event in', async () => {
    const stream = newTally();
    await append(TENANTS[0], stream, 1);
    await service.asOwner('update last_counts set amount = -1');
    let finish = () => {};
    let began = () => {};
    const written = new Promise<void>((resolve) => (began = resolve));
    const writer = service.database.inTenant(TENANTS[0], async (tx) => {
      await store.append(tx, byTests, [{ streamId: stream, expectedVersion: 'any', events: [added(2)] }]);
      began();
      await new Promise<void>((resolve) => (finish = resolve));
    });
    await written;
    const rebuilt = rebuild(other, [lastCounts], 'last_counts');
    const waiting = "select from pg_locks where not granted and relation = 'last_counts'::regclass";
    await until(async () => (await service.asOwner(waiting)).length > 0);
    finish();
    await Promise.all([writer, rebuilt]);
    expect(await rows()).toEqual(await expected());
  });

  it('must be one that events make', () => {
    expect(() => rebuild(other, [lastCounts], 'events')).toThrow('there are: last_counts');
    expect(() => rebuild(other, [{ ...lastCounts, table: 'access_keys' }], 'access_keys')).toThrow('in no event');
  });
});

describe('every read model of the product', () => {
  let app: TestApp;
  let kits: readonly ServiceKit[];
  beforeAll(async () => {
    app = await openApp();
    kits = app.nest.get<readonly ServiceKit[]>(KITS);
    await liveALittle(app);
  });
  afterAll(() => app.close());

  it('[F16] comes out of a rebuild as it was, to the byte, also when all of it was lost', async () => {
    const filled: string[] = [];
    for (const { database, definition } of kits) {
      for (const table of new Set(definition.projections.map((one) => one.table))) {
        if (NOT_FROM_EVENTS.has(table)) continue;
        const place = `${definition.name}.${table}`;
        const dump = () => app.asOwner(`select t::text from ${place} t order by 1`);
        const before = await dump();
        expect([place, await rebuild(database, definition.projections, table)]).toEqual([
          place,
          { removed: 0, written: 0 },
        ]);
        await app.asOwner(`delete from ${place}`);
        expect(await rebuild(database, definition.projections, table)).toEqual({ removed: 0, written: before.length });
        expect(await dump()).toEqual(before);
        if (before.length > 0) filled.push(place);
      }
    }
    expect(filled.length).toBeGreaterThan(6);
  });

  it('[F16] comes out of a rebuild of all at once as it was', async () => {
    const { database, definition } = kits.find(({ name }) => name === 'membership')!;
    const all = rebuildable(definition.projections);
    const dump = async () => {
      const rows: unknown[] = [];
      for (const table of all) rows.push(await app.asOwner(`select t::text from membership.${table} t order by 1`));
      return rows;
    };
    const before = await dump();
    for (const table of all) await app.asOwner(`delete from membership.${table}`);
    const rebuilt = await rebuildTables(database, definition.projections, all);
    expect(await dump()).toEqual(before);
    expect([...rebuilt.values()].map(({ written }) => written)).toEqual(before.map((rows) => (rows as []).length));
    for (const again of (await rebuildTables(database, definition.projections, all)).values())
      expect(again).toEqual({ removed: 0, written: 0 });
  });

  it('is written by projections alone, or is named as one that cannot be rebuilt', () => {
    const apps = fileURLToPath(new URL('../apps', import.meta.url));
    const sources = readdirSync(apps, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .map((file) => readFileSync(`${apps}/${file}`, 'utf8'));
    const tables = new Set(kits.flatMap(({ definition }) => definition.projections.map((one) => one.table)));
    const writes = (table: string) =>
      new RegExp(`(insert into|update|delete from) "?${table}\\b|writeRows\\(\\s*\\w+,\\s*'${table}'`);
    const otherwise = [...tables].filter((table) => sources.some((source) => writes(table).test(source)));
    expect(otherwise).toEqual([...NOT_FROM_EVENTS.keys()]);
  });
});

/** A little of everything that read models are made of: people, a group, a roster with a stranger, a leaver, items to keep. */
async function liveALittle(app: TestApp): Promise<void> {
  await app.post('/v1/profiles/political-party/activate', {});
  await app.settle();
  const csv =
    'crmId,hrId,name,email,phone,dateOfBirth,category,status,from,alias\nc-1,,Ada,,,1971-12-13,member,active,2020-01-01T00:00:00Z,ada\nc-2,,Bo,,,1972-12-13,member,active,2020-01-01T00:00:00Z,bo\n';
  await app.post('/v1/people/import', csv, { headers: { 'content-type': 'text/csv' } });
  const person = (await app.get('/v1/people?link=crmId:c-1')).body.items![0]!['personId'] as string;
  const group = { name: 'Walks', purpose: 'Walking', groupType: 'party-group', admins: [person] };
  const { groupId } = (await app.post('/v1/groups', group)).body as unknown as { groupId: string };
  await app.settle();
  const participants = ['ada', 'bo', 'somebody'].map((value) => ({ kind: 'alias', value }));
  await app.post(`/v1/groups/${groupId}/rosters`, { takenAt: '2026-01-01T08:00:00.000Z', participants });
  await app.settle();
  const leaver = {
    specversion: '1.0',
    id: 'leaver-1',
    source: 'urn:hr',
    type: 'rollcall.feeds.LeaverReported.v1',
    time: '2026-01-01T08:30:00.000Z',
    data: { subject: { kind: 'crmId', value: 'c-2' }, category: 'member', leavesAt: '2026-01-01T08:15:00.000Z' },
  };
  await app.post('/v1/feeds', leaver, { headers: { 'content-type': 'application/cloudevents+json' } });
  const item = { recordClass: 'minutes', reference: 'shelf-9', startsAt: '2025-12-01T00:00:00.000Z', period: 'P1Y' };
  await app.post('/v1/retention-items', { ...item, ownerId: person });
  await app.settle();
  await app.moveClock('2026-03-01T09:00:00.000Z');
}
