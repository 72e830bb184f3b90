import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FEEDS_TOPIC, Unprocessable, type BusMessage } from '#bus';
import { until, type Bench } from './delivery.js';
import { CANARY, counted, effectsOf, handled, parked, statement } from './delivery-messages.js';

const [ours, theirs] = [randomUUID(), randomUUID()];
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const context = JSON.parse(counted(ours, 'tally-x', 1).value.toString()) as Record<string, unknown>;

/** What cannot be read, and the reason it is parked with. Each carries the canary, which no reason may repeat. */
const unreadable: readonly (readonly [string, string, () => BusMessage])[] = [
  [
    'an unknown type',
    'ce_type is not an event we know',
    () => counted(ours, 'tally-x', 1, { headers: { ce_type: `rollcall.membership.${CANARY}.v9` } }),
  ],
  [
    "another topic's type",
    'ce_type is not an event of this topic',
    () => counted(ours, 'tally-x', 1, { headers: { ce_type: 'rollcall.gateway.ApiKeyRevoked.v1' } }),
  ],
  [
    'undecodable JSON',
    'the value is not JSON in UTF-8',
    () => counted(ours, 'tally-x', 1, { value: Buffer.from(`{"${CANARY}`) }),
  ],
  [
    'bytes that are not UTF-8',
    'the value is not JSON in UTF-8',
    () => counted(ours, 'tally-x', 1, { value: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }),
  ],
  [
    'a list for a value',
    'the value is not a JSON object',
    () => counted(ours, 'tally-x', 1, { value: json([CANARY]) }),
  ],
  [
    'a value without context',
    'the value lacks the context of an event',
    () => counted(ours, 'tally-x', 1, { value: json({ data: { amount: 1 }, note: CANARY }) }),
  ],
  [
    'an old version whose data is not of it',
    'the data cannot be read in the version that ce_type names',
    () =>
      counted(ours, 'tally-x', 1, {
        headers: { ce_type: 'rollcall.membership.CountNamed.v1' },
        value: json({ ...context, data: null }),
      }),
  ],
  [
    'a payload that does not fit its schema',
    'does not fit its schema: /amount must be integer',
    () => counted(ours, 'tally-x', 1, { value: json({ ...context, data: { amount: CANARY } }) }),
  ],
  [
    'no specversion',
    'ce_specversion is not 1.0',
    () => counted(ours, 'tally-x', 1, { headers: { ce_specversion: undefined } }),
  ],
  ['no id', 'ce_id or ce_source is missing', () => counted(ours, 'tally-x', 1, { headers: { ce_id: undefined } })],
  ['an id of another form', 'ce_id is not a UUID', () => counted(ours, 'tally-x', 1, { headers: { ce_id: CANARY } })],
  [
    'a version of another form',
    'ce_subject or ce_streamversion is missing',
    () => counted(ours, 'tally-x', 1, { headers: { ce_streamversion: '99999999999' } }),
  ],
  ['a foreign key', 'the key is not ce_subject', () => counted(ours, 'tally-x', 1, { key: CANARY })],
  [
    'a key and headers no database takes',
    'the key is not ce_subject',
    () => counted(ours, 'tally-x', 1, { key: 'a\0b', headers: { other: 'c\0d' } }),
  ],
  [
    'an organisation id of another form',
    'ce_tenantid does not name an organisation',
    () => counted(CANARY, 'tally-x', 1),
  ],
  [
    'the nil organisation',
    'ce_tenantid does not name an organisation',
    () => counted('00000000-0000-0000-0000-000000000000', 'tally-x', 1),
  ],
];

/** Faults of handlers and of messages. */
export function faultContract(current: () => Bench): void {
  describe('a handler that fails', () => {
    it('[R9] over a passing bug succeeds at the next try', async () => {
      const bench = current();
      let failures = 0;
      bench.script.trouble = () => {
        if (failures++ === 0) throw new TypeError('fetch failed');
      };
      await bench.start('counts');
      await bench.transport.publish([counted(ours, 'tally-a', 1)]);
      await until('it is handled', async () => (await handled(bench, 'counts')) === 1);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
      expect(await parked(bench)).toEqual([]);
    });

    it('[R9] [R11] every time has its message parked after five tries; the consumer goes on', async () => {
      const bench = current();
      let tries = 0;
      bench.script.trouble = ({ streamId }) => {
        if (streamId !== 'tally-bad') return;
        tries += 1;
        throw new TypeError(CANARY);
      };
      const { processor } = await bench.start('counts');
      await bench.transport.publish([counted(ours, 'tally-bad', 1), counted(ours, 'tally-a', 1)]);
      await bench.transport.publish([counted(ours, 'tally-a', 2)]);
      await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 3);
      expect(await effectsOf(bench, 'tally-a')).toEqual([1, 2]);
      expect(await effectsOf(bench, 'tally-bad')).toEqual([]);
      expect(await parked(bench)).toMatchObject([
        { key: 'tally-bad', reason: 'TypeError', attempts: 5, state: 'parked' },
      ]);
      expect(tries).toBe(5);
      expect(processor.consumerStatus()).toBe('running');
    });

    it.each(['40001', '40P01'])(
      '[R9] over a conflict of transactions (%s) is tried on and never parked',
      async (code) => {
        const bench = current();
        let conflicts = 0;
        bench.script.trouble = async (_, tx) => {
          if (conflicts++ < 8) await tx.query(`do $$ begin raise exception using errcode = '${code}'; end $$`);
        };
        await bench.start('counts');
        await bench.transport.publish([counted(ours, 'tally-a', 1)]);
        await until('it is handled', async () => (await handled(bench, 'counts')) === 1);
        expect(await effectsOf(bench, 'tally-a')).toEqual([1]);
        expect(await parked(bench)).toEqual([]);
      },
    );

    it('[R9] over a statement the database refuses is a bug like any other, and its effect is undone', async () => {
      const bench = current();
      bench.script.trouble = async ({ streamId }, tx) => {
        if (streamId === 'tally-bad') await tx.query('select 1 / 0');
      };
      await bench.start('counts');
      await bench.transport.publish([counted(ours, 'tally-bad', 1), counted(ours, 'tally-a', 1)]);
      await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 2);
      expect(await effectsOf(bench, 'tally-bad')).toEqual([]);
      expect(await parked(bench)).toMatchObject([{ key: 'tally-bad', attempts: 5 }]);
    });

    it('[R9] for good has its message parked at once', async () => {
      const bench = current();
      bench.script.trouble = () => {
        throw new Unprocessable(CANARY);
      };
      await bench.start('counts');
      await bench.transport.publish([counted(ours, 'tally-a', 1)]);
      await until('it is parked', async () => (await handled(bench, 'counts')) === 1);
      expect(await parked(bench)).toMatchObject([{ reason: 'Unprocessable', attempts: 1 }]);
      expect(bench.script.calls).toEqual([1]);
    });

    it('leaves the batch acting for the right organisation, whomever it acted for', async () => {
      const bench = current();
      bench.script.trouble = async ({ streamId }, tx) => {
        if (streamId === 'tally-a') await tx.actFor(theirs);
        if (streamId === 'tally-bad') {
          await tx.actFor(theirs);
          throw new Unprocessable();
        }
      };
      await bench.start('counts');
      const messages = ['tally-a', 'tally-bad', 'tally-b'].map((stream) => counted(ours, stream, 1));
      await bench.transport.publish(messages);
      await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 3);
      const owners = await bench.service.asOwner<{ tenant_id: string }>(
        'select tenant_id from effects union all select tenant_id from parked',
      );
      expect(owners.map((row) => row.tenant_id)).toEqual([ours, ours, ours]);
    });
  });

  describe('a message that cannot be read', () => {
    it.each(unreadable)('[R10] for %s is parked once, saying why and repeating nothing', async (_, reason, build) => {
      const bench = current();
      const message = build();
      await bench.start('counts');
      await bench.transport.publish([message, counted(ours, 'tally-a', 1)]);
      // Without an id only its place tells a message from another.
      if (message.headers['ce_id']) await bench.transport.publish([message]);
      await bench.transport.publish([counted(ours, 'tally-b', 1)]);
      const count = message.headers['ce_id'] ? 4 : 3;
      await until('all have come', () => bench.wire.accepted.length === count);
      expect((await parked(bench)).map((row) => row.reason)).toEqual([reason]);
      expect(await handled(bench, 'counts')).toBe(3);
      expect([...(await effectsOf(bench, 'tally-a')), ...(await effectsOf(bench, 'tally-b'))]).toEqual([1, 1]);
      expect(bench.said.join()).not.toContain(CANARY);
    });

    it('[R10] is parked once although its batch comes again', async () => {
      const bench = current();
      const dying = await bench.start('counts');
      bench.wire.diesBeforeCommit = true;
      const nameless = counted(ours, 'tally-x', 1, { headers: { ce_id: undefined } });
      const published = bench.transport.publish([nameless]).catch(() => undefined);
      await until('it has come twice', () => bench.wire.accepted.length >= 2);
      await dying.stop();
      await published;
      expect(await parked(bench)).toHaveLength(1);
      expect(await handled(bench, 'counts')).toBe(1);
    });

    it('[R10] from another system is refused where it speaks for one of our services', async () => {
      const bench = current();
      await bench.start('counts', [FEEDS_TOPIC]);
      await bench.transport.publish([
        counted(ours, 'tally-a', 1, { topic: FEEDS_TOPIC, headers: { ce_time: '2026-05-07T10:00:00Z' } }),
      ]);
      await until('it is parked', async () => (await handled(bench, 'counts')) === 1);
      expect(await parked(bench)).toMatchObject([{ reason: 'ce_type is not an event of this topic' }]);
      expect(bench.script.calls).toEqual([]);
    });
  });

  describe('what another system said', () => {
    const everything = `select string_agg(p::text || encode(value, 'escape'), ' ') as text from parked p`;
    const inClear = async ({ service }: Bench) => (await service.asOwner<{ text: string }>(everything))[0]!.text;

    it('[R58] is sealed while it is parked: value, key and headers', async () => {
      const bench = current();
      const odd = statement(ours, `leaver-${CANARY}`, { key: CANARY });
      const bad = statement(ours, '2', { data: { subject: { kind: CANARY, value: CANARY }, category: 'volunteer' } });
      bench.script.trouble = () => {
        throw new Unprocessable();
      };
      await bench.start('statements', [FEEDS_TOPIC]);
      await bench.transport.publish([odd, bad, { ...bad, headers: { ...bad.headers, ce_type: CANARY } }]);
      await until('all are parked', async () => (await parked(bench)).length === 3);
      const text = await inClear(bench);
      expect(text).toContain('rollcall.feeds.LeaverRescinded.v1');
      expect(text).not.toContain('canary');
      expect(text).not.toContain(Buffer.from(CANARY).toString('base64').slice(4, 20));
    });

    it('[R58] is not kept at all where its organisation cannot be read', async () => {
      const bench = current();
      await bench.start('statements', [FEEDS_TOPIC]);
      await bench.transport.publish([statement('nobody', '1', { key: CANARY })]);
      await until('it is parked', async () => (await parked(bench)).length === 1);
      expect(await parked(bench)).toMatchObject([{ reason: 'ce_tenantid does not name an organisation' }]);
      expect(await inClear(bench)).not.toContain('canary');
    });

    it('[R9] [R19] keeps no other statement waiting, and is replayed from its sealed form', async () => {
      const bench = current();
      let broken = true;
      bench.script.trouble = ({ data }) => {
        if (broken && data['category'] === 'agent') throw new Unprocessable();
      };
      const { processor } = await bench.start('statements', [FEEDS_TOPIC]);
      const subject = { kind: 'alias', value: CANARY };
      await bench.transport.publish([
        statement(ours, '1', { key: 'same', data: { subject, category: 'agent' } }),
        statement(ours, '2', { key: 'same', data: { subject, category: 'volunteer' } }),
      ]);
      await until('both are handled or parked', async () => (await handled(bench, 'statements')) === 2);
      const [row, ...others] = await parked(bench);
      expect(others).toEqual([]);
      broken = false;
      const replayed = await bench.service.database.inTenant(ours, (tx) => processor.replay(tx, row!.key));
      expect(replayed).toEqual([row!.parked_id]);
      expect(await effectsOf(bench, row!.key)).toEqual([1]);
    });
  });
}
