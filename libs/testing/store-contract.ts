import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { record, type NewEvent } from '#domain';
import {
  EventStore,
  EventTooLarge,
  InvalidEvent,
  readSequenced,
  sqlState,
  WrongExpectedVersion,
  type Append,
  type ExpectedVersion,
  type StoreOptions,
} from '#eventsourcing';
import { openServiceDatabase, type ServiceDatabase } from './service-database.js';
import { added, byTests, lastCounts, newTally, tally, tallyMigration } from './tally.js';

const LIMIT = 262_144;
const outcome = (result: PromiseSettledResult<unknown>) =>
  result.status === 'fulfilled' ? 'stored' : (result.reason as Error).name;

/** What the event store promises to whoever appends and reads: run by the store's own spec on a migrated schema. */
export function storeContract(schema: string): void {
  describe('the event store contract', () => {
    let service: ServiceDatabase;
    const tenant = randomUUID();
    const newStore = (options: Partial<StoreOptions> = {}) =>
      new EventStore({ service: 'membership', projections: [lastCounts], deciders: [tally], ...options });
    const append = (appends: readonly Append[], store = newStore(), cause = byTests) =>
      service.database.inTenant(tenant, (tx) => store.append(tx, cause, appends));
    const write = (streamId: string, expectedVersion: ExpectedVersion, ...events: NewEvent[]) =>
      append([{ streamId, expectedVersion, events }]);
    const read = async (streamId: string) =>
      (await service.database.inTenant(tenant, (tx) => newStore().read(tx, [streamId]))).get(streamId)!;
    const counts = async (table: string, streamId: string, column = 'stream_id') =>
      Number(
        (await service.asOwner<{ n: string }>(`select count(*) n from ${table} where ${column} = $1`, [streamId]))[0]!
          .n,
      );

    beforeAll(async () => {
      service = await openServiceDatabase(schema, { migrations: [tallyMigration] });
    });
    afterAll(() => service.close());

    it.each<[ExpectedVersion, number, string]>([
      ['none', 0, 'stored'],
      ['none', 2, 'WrongExpectedVersion'],
      [0, 0, 'stored'],
      [0, 2, 'WrongExpectedVersion'],
      [2, 2, 'stored'],
      [1, 2, 'WrongExpectedVersion'],
      [3, 2, 'WrongExpectedVersion'],
      [1, 0, 'WrongExpectedVersion'],
      ['any', 0, 'stored'],
      ['any', 2, 'stored'],
    ])('expecting %s of a stream of %i events: %s', async (expected, length, result) => {
      const id = newTally();
      if (length > 0) await write(id, 'none', ...Array.from({ length }, (_, n) => added(n)));
      const [written] = await Promise.allSettled([write(id, expected, added(8), added(9))]);
      expect(outcome(written)).toBe(result);
      const versions = (await read(id)).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: length + (result === 'stored' ? 2 : 0) }, (_, n) => n + 1));
    });

    it('[R1] keeps nothing of an append of which one stream is elsewhere', async () => {
      const [fresh, taken] = [newTally(), newTally()];
      await write(taken, 'none', added(1));
      const alarm = record('AlarmSet', { alarm: 'a', dueAt: '2030-01-01T00:00:00.000Z' });
      const both: Append[] = [
        { streamId: fresh, expectedVersion: 'none', events: [added(1), alarm] },
        { streamId: taken, expectedVersion: 'none', events: [added(2)] },
      ];
      await expect(append(both)).rejects.toThrow(WrongExpectedVersion);
      for (const table of ['events', 'pending', 'deadlines']) expect(await counts(table, fresh)).toBe(0);
      expect(await counts('last_counts', fresh, 'tally_id')).toBe(0);
    });

    it('takes read models and deadlines back with the events when the transaction fails later', async () => {
      const id = newTally();
      let seen: number | undefined;
      const failed = service.database.inTenant(tenant, async (tx) => {
        const alarm = record('AlarmSet', { alarm: 'a', dueAt: '2030-01-01T00:00:00.000Z' });
        await newStore().append(tx, byTests, [{ streamId: id, expectedVersion: 'none', events: [added(7), alarm] }]);
        seen = (await tx.query('select from last_counts natural join deadlines where tally_id = $1', [id])).length;
        throw new Error('changed my mind');
      });
      await expect(failed).rejects.toThrow('changed my mind');
      expect(seen).toBe(1);
      for (const table of ['events', 'pending', 'deadlines']) expect(await counts(table, id)).toBe(0);
      expect(await counts('last_counts', id, 'tally_id')).toBe(0);
    });

    it('refuses an event id that was used before, in the same append or another', async () => {
      const same = randomUUID();
      const store = newStore({ newId: () => same });
      const [one, two] = [newTally(), newTally()];
      const twice = append([{ streamId: one, expectedVersion: 'none', events: [added(1), added(2)] }], store);
      await expect(twice.catch(sqlState)).resolves.toBe('23505');
      await append([{ streamId: one, expectedVersion: 'none', events: [added(1)] }], store);
      const again = append([{ streamId: two, expectedVersion: 'none', events: [added(1)] }], store);
      await expect(again.catch(sqlState)).resolves.toBe('23505');
      expect(await counts('events', two)).toBe(0);
    });

    it('[R1] lets exactly one of many writers have each version', async () => {
      const id = newTally();
      for (let version = 0; version < 20; version++) {
        const writers = Array.from({ length: 8 }, (_, n) => write(id, version, added(n)));
        const outcomes = (await Promise.allSettled(writers)).map(outcome);
        expect(outcomes.filter((o) => o === 'stored')).toHaveLength(1);
        expect(outcomes.filter((o) => o === 'WrongExpectedVersion')).toHaveLength(7);
      }
    });

    it('[R1] turns 1,000 concurrent appends to one stream into successes and conflicts, with no gap in its versions', async () => {
      const id = newTally();
      const outcomes = (await Promise.allSettled(Array.from({ length: 1000 }, () => write(id, 'any', added(1))))).map(
        outcome,
      );
      const stored = outcomes.filter((o) => o === 'stored').length;
      expect(stored).toBeGreaterThan(0);
      expect(stored + outcomes.filter((o) => o === 'WrongExpectedVersion').length).toBe(1000);
      expect((await read(id)).map(({ version }) => version)).toEqual(Array.from({ length: stored }, (_, n) => n + 1));
    });

    it('appends to many streams at once, in the order they were given', async () => {
      const ids = Array.from({ length: 500 }, newTally);
      const all = ids.map((streamId, n): Append => ({
        streamId,
        expectedVersion: 'none',
        events: [added(n), added(-n)],
      }));
      const recorded = await append(all);
      expect(recorded.map(({ streamId, version }) => [streamId, version])).toEqual(
        ids.flatMap((id) => [
          [id, 1],
          [id, 2],
        ]),
      );
      const tickets = await service.asOwner<{ stream_id: string; version: number }>(
        'select stream_id, version from pending where stream_id = any($1) order by ticket',
        [ids],
      );
      expect(tickets.map((row) => [row.stream_id, row.version])).toEqual(
        ids.flatMap((id) => [
          [id, 1],
          [id, 2],
        ]),
      );
    });

    it('never deadlocks two appends to the same streams in opposite order', async () => {
      for (let round = 0; round < 20; round++) {
        const all = Array.from({ length: 100 }, (): Append => ({
          streamId: newTally(),
          expectedVersion: 'none',
          events: [added(1)],
        }));
        const outcomes = (await Promise.allSettled([append(all), append(all.toReversed())])).map(outcome);
        expect(outcomes.sort()).toEqual(['WrongExpectedVersion', 'stored']);
      }
    });

    it('refuses one append that names a stream twice', async () => {
      const one: Append = { streamId: newTally(), expectedVersion: 'any', events: [added(1)] };
      await expect(append([one, one])).rejects.toThrow('names a stream twice');
    });

    it('[R5] keeps the exact bytes of what was written', async () => {
      const id = newTally();
      const note = 'Zażółć 🐍 "quoted" \\ \u0000 \u2028 line\nend ';
      await write(id, 'none', record('CountAdded', { note, amount: 1 }));
      const [event] = await read(id);
      expect(event!.data).toEqual({ note, amount: 1 });
      const { occurredAt, recordedAt, actor, correlationId } = event!;
      const written = JSON.stringify({ occurredAt, recordedAt, actor, correlationId, data: { note, amount: 1 } });
      const [row] = await service.asOwner<{ bytes: Buffer }>(
        "select convert_to(body, 'UTF8') bytes from events where stream_id = $1",
        [id],
      );
      expect(row!.bytes.equals(Buffer.from(written))).toBe(true);
    });

    it.each<[string, object, string]>([
      ['an unknown field', { amount: 1, surname: 'Doe' }, '/surname'],
      ['a wrong type', { amount: 'Doe' }, '/amount must be integer'],
      ['a missing field', { note: 'Doe' }, 'required properties amount'],
    ])('refuses an event with %s, naming the field and never the value', async (_, data, fault) => {
      const id = newTally();
      const error = await write(id, 'none', { name: 'CountAdded', data }).catch((e: Error) => e);
      expect(error).toBeInstanceOf(InvalidEvent);
      expect((error as Error).message).toContain(fault);
      expect(JSON.stringify(error) + (error as Error).stack).not.toContain('Doe');
      expect(await counts('events', id)).toBe(0);
    });

    it('[R6] takes a body of 256 KiB and refuses one byte more', async () => {
      const id = newTally();
      await write(id, 'none', record('CountAdded', { note: '', amount: 1 }));
      const [row] = await service.asOwner<{ n: number }>(
        'select octet_length(body) n from events where stream_id = $1',
        [id],
      );
      const room = LIMIT - row!.n;
      // A two-byte letter: bytes are counted, not characters.
      const full = 'é'.repeat(Math.floor(room / 2)) + 'x'.repeat(room % 2);
      await write(id, 1, record('CountAdded', { note: full, amount: 1 }));
      await expect(write(id, 2, record('CountAdded', { note: `${full}x`, amount: 1 }))).rejects.toThrow(EventTooLarge);
      expect(await read(id)).toHaveLength(2);
    });

    it('[R5] reads old versions in their newest form and leaves their bytes alone', async () => {
      const id = newTally();
      const context = {
        occurredAt: '2020-01-01T00:00:00.000Z',
        recordedAt: '2020-01-01T00:00:00.000Z',
        ...byTests,
        correlationId: randomUUID(),
      };
      const old = [{ name: 'a' }, { names: ['a', 'b'] }, { names: ['c'], lang: 'de' }];
      const bodies = old.map((data) => JSON.stringify({ ...context, data }));
      for (const [n, body] of bodies.entries())
        await service.asOwner('insert into events values ($1, $2, $3, gen_random_uuid(), $4, $5)', [
          tenant,
          id,
          n + 1,
          `rollcall.membership.CountNamed.v${n + 1}`,
          body,
        ]);
      const events = await read(id);
      expect(events.map(({ type, name }) => [type, name])).toEqual(
        old.map(() => ['rollcall.membership.CountNamed.v3', 'CountNamed']),
      );
      expect(events.map(({ data }) => data)).toEqual([
        { names: ['a'], lang: 'en' },
        { names: ['a', 'b'], lang: 'en' },
        old[2],
      ]);
      const stored = await service.asOwner<{ body: string }>(
        'select body from events where stream_id = $1 order by version',
        [id],
      );
      expect(stored.map(({ body }) => body)).toEqual(bodies);
    });

    it('carries the case and the cause from event to event', async () => {
      const id = newTally();
      const [first, second] = await write(id, 'none', added(1), added(2));
      expect(second!.correlationId).toBe(first!.correlationId);
      expect(first).not.toHaveProperty('causationId');
      const cause = { ...byTests, correlationId: first!.correlationId, causationId: second!.id };
      await append(
        [{ streamId: id, expectedVersion: 2, events: [added(3)], occurredAt: '2026-01-01T00:00:00.000Z' }],
        newStore(),
        cause,
      );
      const third = (await read(id))[2]!;
      expect(third).toMatchObject({ ...cause, occurredAt: '2026-01-01T00:00:00.000Z' });
      expect(third.recordedAt > third.occurredAt).toBe(true);
    });

    it('wakes whoever waits after the commit, and not after a rollback', async () => {
      const woken: string[] = [];
      const store = newStore();
      store.onAppended(() => woken.push('woken'));
      const one: Append = { streamId: newTally(), expectedVersion: 'none', events: [added(1)] };
      await append([one], store);
      await append([one], store).catch(() => woken.push('refused'));
      expect(woken).toEqual(['woken', 'refused']);
    });

    it('[R26] reads and appends for one organisation only', async () => {
      const id = newTally();
      await write(id, 'none', added(1));
      const elsewhere = await service.database.inTenant(randomUUID(), (tx) => newStore().read(tx, [id]));
      expect(elsewhere.get(id)).toEqual([]);
      const one: Append = { streamId: id, expectedVersion: 'any', events: [added(1)] };
      await expect(service.database.asRelay((tx) => newStore().append(tx, byTests, [one]))).rejects.toThrow(
        'one organisation',
      );
      await expect(service.database.asRelay((tx) => newStore().read(tx, [id]))).rejects.toThrow('one organisation');
      expect(await service.database.inTenant(randomUUID(), (tx) => readSequenced(tx.query, 0, 10))).toEqual([]);
    });
  });
}
