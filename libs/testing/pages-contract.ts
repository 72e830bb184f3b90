import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { settleParked, Unprocessable } from '#bus';
import { until, type Bench } from './delivery.js';
import { counted, countedUpTo, effectsOf, handled, parked } from './delivery-messages.js';

const [ours, theirs] = [randomUUID(), randomUUID()];

/** Projections: pages, and every version of a stream in order. */
export function pagesContract(current: () => Bench): void {
  const replay = async (bench: Bench, start: Awaited<ReturnType<Bench['start']>>, stream: string) =>
    (await bench.service.database.inTenant(ours, (tx) => start.processor.replay(tx, stream))).length;

  describe('a projection', () => {
    it('gets whole pages, each of one organisation', async () => {
      const bench = current();
      await bench.start('pages');
      const messages = [...countedUpTo(ours, 'tally-a', 40), ...countedUpTo(theirs, 'tally-a', 40)];
      await bench.transport.publish(messages);
      await until('all are handled', async () => (await handled(bench, 'pages')) === 80);
      expect(bench.script.calls).toEqual([40, 40]);
      expect((await effectsOf(bench, 'tally-a')).slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    });

    it('[R9] that fails over one event of a page has this one parked and those behind it, and no other', async () => {
      const bench = current();
      bench.script.trouble = ({ streamId, version }) => {
        if (streamId === 'tally-a' && version === 2) throw new TypeError('a bug');
      };
      await bench.start('pages');
      await bench.transport.publish([...countedUpTo(ours, 'tally-a', 3), ...countedUpTo(ours, 'tally-b', 3)]);
      await bench.transport.publish([counted(ours, 'tally-a', 4), counted(ours, 'tally-b', 4)]);
      await until('all are handled or parked', async () => (await handled(bench, 'pages')) === 8);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect(await effectsOf(bench, 'tally-b')).toEqual([1, 2, 3, 4]);
      expect(await parked(bench)).toMatchObject([
        { key: 'tally-a', reason: 'TypeError', attempts: 5 },
        { key: 'tally-a', attempts: 0 },
        { key: 'tally-a', attempts: 0 },
      ]);
    });

    it('[R13] stops a stream with a gap, and replays it in order once the missing event has come', async () => {
      const bench = current();
      const consumer = await bench.start('pages');
      await bench.transport.publish([
        counted(ours, 'tally-a', 1),
        ...countedUpTo(ours, 'tally-a', 4, 3),
        ...countedUpTo(ours, 'tally-b', 2),
      ]);
      await until('all are handled or parked', async () => (await handled(bench, 'pages')) === 5);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect(await effectsOf(bench, 'tally-b')).toEqual([1, 2]);
      expect((await parked(bench))[0]).toMatchObject({ reason: 'an earlier event of its stream has not come' });
      expect(await replay(bench, consumer, 'tally-a')).toBe(0);
      await bench.transport.publish([counted(ours, 'tally-a', 2)]);
      await until('the missing one has come', async () => (await parked(bench)).length === 3);
      expect(await replay(bench, consumer, 'tally-a')).toBe(3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4]);
      await bench.transport.publish([counted(ours, 'tally-a', 5)]);
      await until('the next is handled', async () => (await effectsOf(bench, 'tally-a')).length === 5);
    });

    it('[R13] [R19] goes on over an event that was discarded', async () => {
      const bench = current();
      bench.script.trouble = ({ version }) => {
        if (version === 2) throw new Unprocessable();
      };
      const consumer = await bench.start('pages');
      await bench.transport.publish(countedUpTo(ours, 'tally-a', 3));
      await until('all are handled or parked', async () => (await handled(bench, 'pages')) === 3);
      const [second] = await parked(bench);
      await bench.service.database.inTenant(ours, (tx) => settleParked(tx, second!.parked_id, 'discarded'));
      expect(await replay(bench, consumer, 'tally-a')).toBe(1);
      await bench.transport.publish([counted(ours, 'tally-a', 4)]);
      await until('the next is handled', async () => (await handled(bench, 'pages')) === 4);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 3, 4]);
    });

    it('[R13] [R19] takes an event that waited for a replay of its stream for the next one, and not for a gap', async () => {
      const bench = current();
      let broken = true;
      bench.script.trouble = ({ version }) => {
        if (broken && version === 2) throw new Unprocessable();
      };
      const consumer = await bench.start('pages');
      await bench.transport.publish(countedUpTo(ours, 'tally-a', 3));
      await until('all are handled or parked', async () => (await handled(bench, 'pages')) === 3);
      broken = false;
      const waiters = "select 1 from pg_stat_activity where wait_event = 'advisory' and datname = current_database()";
      await bench.service.database.inTenant(ours, async (tx) => {
        expect(await consumer.processor.replay(tx, 'tally-a')).toHaveLength(2);
        void bench.transport.publish([counted(ours, 'tally-a', 4)]);
        await until('the next one waits', async () => (await bench.service.asOwner(waiters)).length > 0);
      });
      await until('the next one is handled', async () => (await handled(bench, 'pages')) === 4);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4]);
      expect((await parked(bench)).map(({ state }) => state)).toEqual(['replayed', 'replayed']);
    });

    it('[R13] goes on at once over a discarded event that nothing waits behind', async () => {
      const bench = current();
      bench.script.trouble = ({ version }) => {
        if (version === 1) throw new Unprocessable();
      };
      await bench.start('pages');
      await bench.transport.publish([counted(ours, 'tally-a', 1)]);
      await until('it is parked', async () => (await handled(bench, 'pages')) === 1);
      const [first] = await parked(bench);
      await bench.service.database.inTenant(ours, (tx) => settleParked(tx, first!.parked_id, 'discarded'));
      await bench.transport.publish(countedUpTo(ours, 'tally-a', 3, 2));
      await until('the others are handled', async () => (await handled(bench, 'pages')) === 3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([2, 3]);
    });
  });
}
