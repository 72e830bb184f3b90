import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { settleParked, toMessage, Unprocessable } from '#bus';
import type { ProcessorServer } from '#bus';
import { until, type Bench } from './delivery.js';
import { counted, countedUpTo, effectsOf, handled, parked, stored } from './delivery-messages.js';

const ours = randomUUID();

/** Parked messages and those behind them. */
export function parkingContract(current: () => Bench): void {
  /** A stream whose second event is parked and whose third and fourth wait, and a sound stream beside it. */
  const withParked = async (bench: Bench): Promise<{ processor: ProcessorServer; mend: () => void }> => {
    let broken = true;
    bench.script.trouble = ({ streamId, version }) => {
      if (broken && streamId === 'tally-a' && version === 2) throw new Unprocessable();
    };
    const { processor } = await bench.start('counts');
    await bench.transport.publish([...countedUpTo(ours, 'tally-a', 3), counted(ours, 'tally-b', 1)]);
    await bench.transport.publish([counted(ours, 'tally-a', 4), counted(ours, 'tally-b', 2)]);
    await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 6);
    return { processor, mend: () => (broken = false) };
  };
  const replay = ({ service }: Bench, processor: ProcessorServer) =>
    service.database.inTenant(ours, (tx) => processor.replay(tx, 'tally-a'));
  const states = async (bench: Bench) => (await parked(bench)).map(({ state }) => state);

  describe('a parked message', () => {
    it('[R9] [R19] keeps later ones of its stream waiting, and no other', async () => {
      const bench = current();
      await withParked(bench);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect(await effectsOf(bench, 'tally-b')).toEqual([1, 2]);
      const waits = 'waits behind an earlier message of its stream';
      expect((await parked(bench)).map(({ reason }) => reason)).toEqual(['Unprocessable', waits, waits]);
    });

    it('[R10] [R19] keeps an event without a handler waiting too, and lets those of other streams pass over once', async () => {
      const bench = current();
      await withParked(bench);
      const cancelled = (streamId: string, version: number) =>
        toMessage(stored(ours, streamId, version, { name: 'AlarmCancelled', data: { alarm: 'fire' } }));
      const over = cancelled('tally-b', 3);
      for (const message of [cancelled('tally-a', 5), over, over]) await bench.transport.publish([message]);
      await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 8);
      await bench.transport.publish([counted(ours, 'tally-b', 4)]);
      await until('the next is handled', async () => (await effectsOf(bench, 'tally-b')).includes(4));
      expect(await handled(bench, 'counts')).toBe(9);
      expect((await parked(bench)).map(({ key }) => key)).toEqual(Array.from({ length: 4 }, () => 'tally-a'));
    });

    it('[R19] is replayed with those behind it, in order; a second replay has no second effect', async () => {
      const bench = current();
      const { processor, mend } = await withParked(bench);
      mend();
      expect(await replay(bench, processor)).toEqual((await parked(bench)).map((row) => row.parked_id));
      expect(await replay(bench, processor)).toEqual([]);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4]);
      expect(await states(bench)).toEqual(['replayed', 'replayed', 'replayed']);
      await bench.transport.publish([counted(ours, 'tally-a', 5)]);
      await until('the next is handled', async () => (await handled(bench, 'counts')) === 7);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4, 5]);
    });

    it('[R19] that still fails stays parked, and so do those behind it', async () => {
      const bench = current();
      const { processor } = await withParked(bench);
      expect(await replay(bench, processor)).toEqual([]);
      expect(await states(bench)).toEqual(['parked', 'parked', 'parked']);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
    });

    it('[R19] [AMZ-113] that is dealt with, one way or the other, keeps nothing of its content', async () => {
      const bench = current();
      const { processor, mend } = await withParked(bench);
      const [first] = await parked(bench);
      const contents = () => bench.service.asOwner("select from parked where value <> ''");
      expect(await contents()).toHaveLength(3);
      await bench.service.database.inTenant(ours, (tx) => settleParked(tx, first!.parked_id, 'discarded'));
      mend();
      expect(await replay(bench, processor)).toHaveLength(2);
      expect(await contents()).toEqual([]);
    });

    it('[R19] that is discarded lets those behind it be replayed, and has no effect when it comes again', async () => {
      const bench = current();
      const { processor } = await withParked(bench);
      const [first] = await parked(bench);
      await bench.service.database.inTenant(ours, async (tx) => {
        expect(await settleParked(tx, first!.parked_id, 'discarded')).toBe(true);
        expect(await settleParked(tx, first!.parked_id, 'discarded')).toBe(false);
      });
      expect(await replay(bench, processor)).toHaveLength(2);
      await bench.transport.publish(bench.wire.accepted);
      await until('all have come again', () => bench.wire.accepted.length === 12);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 3, 4]);
      expect(await handled(bench, 'counts')).toBe(6);
    });

    it('[R19] is not parked again when it is delivered again', async () => {
      const bench = current();
      await withParked(bench);
      await bench.transport.publish(bench.wire.accepted);
      await until('all have come again', () => bench.wire.accepted.length === 12);
      expect(await parked(bench)).toHaveLength(3);
      expect(await handled(bench, 'counts')).toBe(6);
    });

    it('[R19] that is just being replayed leaves nobody waiting behind it', async () => {
      const bench = current();
      const { processor, mend } = await withParked(bench);
      mend();
      const waiters = "select 1 from pg_stat_activity where wait_event = 'advisory' and datname = current_database()";
      await bench.service.database.inTenant(ours, async (tx) => {
        expect(await processor.replay(tx, 'tally-a')).toHaveLength(3);
        void bench.transport.publish([counted(ours, 'tally-a', 5)]);
        await until('the next one waits', async () => (await bench.service.asOwner(waiters)).length > 0);
      });
      await until('the next one is handled', async () => (await handled(bench, 'counts')) === 7);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4, 5]);
      expect(await states(bench)).toEqual(['replayed', 'replayed', 'replayed']);
    });

    it('[R10] [R19] of a type nobody knew takes effect once, when the type is known and it comes again as well', async () => {
      const bench = current();
      const { processor } = await bench.start('counts');
      const message = counted(ours, 'tally-a', 1);
      const early = { ...message, headers: { ...message.headers, ce_type: 'rollcall.membership.CountAdded.v2' } };
      await bench.transport.publish([early]);
      await until('it is parked', async () => (await parked(bench)).length === 1);
      await bench.service.asOwner(
        `update parked set headers = (headers::jsonb || '{"ce_type": "rollcall.membership.CountAdded.v1"}')::json`,
      );
      await bench.transport.publish([message]);
      await until('it has come again', () => bench.wire.accepted.length === 2);
      expect(await effectsOf(bench, 'tally-a')).toEqual([]);
      await replay(bench, processor);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect((await parked(bench)).every(({ state }) => state === 'replayed')).toBe(true);
    });

    it('[R19] whose version cannot be read stops no replay of those that are in order', async () => {
      const bench = current();
      const { processor, mend } = await withParked(bench);
      const odd = counted(ours, 'tally-a', 5, { headers: { ce_streamversion: 'five' } });
      await bench.transport.publish([odd]);
      await until('it is parked', async () => (await parked(bench)).length === 4);
      mend();
      expect(await replay(bench, processor)).toHaveLength(3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2, 3, 4]);
      expect(await states(bench)).toEqual(['replayed', 'replayed', 'replayed', 'parked']);
    });
  });
}
