import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { lastCounts, tallyMigration, type TallyEvents } from '../testing/tally.js';
import { tenantTable } from './migrate.js';
import { project, projection, writeRows, type RowChange } from './projection.js';

const shelves = {
  name: 'Shelves1700000000008',
  sql: [
    tenantTable(
      'shelves',
      `shelf_no integer not null, room text not null, label text, "offset" integer default 5, tags text[], about jsonb,
       opened_at timestamptz, opened_on date`,
      'shelf_no, room',
    ),
  ],
};
const KEY = ['shelfNo', 'room'];
const at = (shelfNo: number, room = 'a') => ({ shelfNo, room });

describe('row changes of a projection', () => {
  let service: ServiceDatabase;

  beforeAll(async () => {
    service = await openServiceDatabase('membership', { migrations: [shelves, tallyMigration] });
  });
  afterAll(() => service.close());

  const write = (changes: readonly RowChange[], tenant: string = randomUUID()) =>
    service.database.inTenant(tenant, async (tx) => {
      await writeRows(tx, 'shelves', KEY, changes);
      return tx.query(
        'select shelf_no, room, label, "offset", tags, about, opened_at, opened_on from shelves order by room, shelf_no',
      );
    });
  const EMPTY = { label: null, offset: 5, tags: null, about: null, opened_at: null, opened_on: null };

  it('insert a row, and then change only the columns they name', async () => {
    const tenant = randomUUID();
    await write([{ upsert: { ...at(1), label: 'x', offset: 2 } }], tenant);
    const rows = await write([{ upsert: { ...at(1), label: 'y' } }, { upsert: at(2) }], tenant);
    expect(rows).toEqual([
      { ...EMPTY, shelf_no: 1, room: 'a', label: 'y', offset: 2 },
      { ...EMPTY, shelf_no: 2, room: 'a' },
    ]);
  });

  it('update only a row that is there', async () => {
    const changes = [{ upsert: at(1) }, { update: { ...at(1), label: 'x' } }, { update: { ...at(2), label: 'x' } }];
    expect(await write(changes)).toEqual([{ ...EMPTY, shelf_no: 1, room: 'a', label: 'x' }]);
  });

  it('remove a row by its whole key', async () => {
    const tenant = randomUUID();
    await write([{ upsert: at(1) }, { upsert: at(1, 'b') }], tenant);
    expect(await write([{ remove: at(1) }], tenant)).toEqual([{ ...EMPTY, shelf_no: 1, room: 'b' }]);
  });

  it('leave nothing of an update in a row that was not there before it', async () => {
    const changes = [{ update: { ...at(1), label: 'lost' } }, { upsert: { ...at(1), offset: 1 } }];
    expect(await write(changes)).toEqual([{ ...EMPTY, shelf_no: 1, room: 'a', offset: 1 }]);
  });

  it('leave nothing of a removed row in the one that takes its place', async () => {
    const tenant = randomUUID();
    await write([{ upsert: { ...at(1), label: 'old' } }], tenant);
    const changes = [{ remove: at(1) }, { update: { ...at(1), label: 'lost' } }, { upsert: at(1) }];
    expect(await write(changes, tenant)).toEqual([{ ...EMPTY, shelf_no: 1, room: 'a' }]);
  });

  it('write arrays, documents, instants, dates and nulls, and read them back as text', async () => {
    const row = {
      ...at(1),
      tags: ['a', 'b,"c"', '{}'],
      about: { deep: [1, null, 'é'] },
      openedAt: '2026-03-29T01:30:00.123Z',
      openedOn: '2026-03-29',
      label: '\\ "quoted" {curly}',
    };
    const [first] = await write([{ upsert: row }]);
    expect(first).toEqual({
      shelf_no: 1,
      room: 'a',
      label: row.label,
      offset: 5,
      tags: row.tags,
      about: row.about,
      opened_at: row.openedAt,
      opened_on: row.openedOn,
    });
    const emptied = { ...at(1), tags: [], about: null, openedAt: null, openedOn: undefined, label: undefined };
    const [second] = await write([{ upsert: row }, { update: emptied }]);
    expect(second).toEqual({ ...EMPTY, shelf_no: 1, room: 'a', tags: [] });
  });

  it('touch one organisation’s rows only', async () => {
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await write([{ upsert: { ...at(1), label: 'theirs' } }], theirs);
    await write(
      [{ update: { ...at(1), label: 'x' } }, { remove: at(1) }, { upsert: { ...at(1), label: 'mine' } }],
      mine,
    );
    expect(await write([], theirs)).toEqual([{ ...EMPTY, shelf_no: 1, room: 'a', label: 'theirs' }]);
    await expect(service.database.asRelay((tx) => writeRows(tx, 'shelves', KEY, [{ remove: at(1) }]))).rejects.toThrow(
      'one organisation',
    );
  });

  it('give the same rows by the page as one by one', async () => {
    const key = fc.record({ shelfNo: fc.integer({ min: 1, max: 2 }), room: fc.constantFrom('a', 'b') });
    const columns = fc.record(
      {
        label: fc.option(fc.constantFrom('p', 'q')),
        offset: fc.integer({ min: 0, max: 3 }),
        tags: fc.array(fc.constantFrom('t', 'u'), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    const written = fc.tuple(key, columns).map(([k, c]) => ({ ...k, ...c }));
    const change: fc.Arbitrary<RowChange> = fc.oneof(
      written.map((upsert) => ({ upsert })),
      written.map((update) => ({ update })),
      key.map((remove) => ({ remove })),
    );
    const changes = fc.array(change, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(changes, changes, async (before, page) => {
        const [byPage, oneByOne] = [randomUUID(), randomUUID()];
        for (const tenant of [byPage, oneByOne]) await write(before, tenant);
        for (const single of page) await write([single], oneByOne);
        expect(await write(page, byPage)).toEqual(await write([], oneByOne));
      }),
      { numRuns: 60 },
    );
  });

  it('come from the events a projection names, several from one event if need be', async () => {
    const both = projection<TallyEvents>('shelves', KEY, {
      CountAdded: ({ data }) => [{ upsert: at(data.amount) }, { upsert: at(data.amount, 'b') }],
    });
    const context = { occurredAt: '', recordedAt: '', actor: { kind: 'system', id: 'x' }, correlationId: '' } as const;
    const counted = {
      ...context,
      id: '',
      type: '',
      tenantId: '',
      streamId: 'tally-1',
      version: 3,
      data: { amount: 7 },
    };
    const tenant = randomUUID();
    await service.database.inTenant(tenant, async (tx) => {
      await project(
        tx,
        [both, lastCounts],
        [
          { ...counted, name: 'CountAdded' },
          { ...counted, name: 'AlarmRang' },
        ],
      );
      expect(await tx.query('select tally_id, amount, version from last_counts')).toEqual([
        { tally_id: 'tally-1', amount: 7, version: 3 },
      ]);
    });
    expect((await write([], tenant)).map(({ shelf_no, room }) => [shelf_no, room])).toEqual([
      [7, 'a'],
      [7, 'b'],
    ]);
  });
});
