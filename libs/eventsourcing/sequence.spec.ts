import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';

describe('the function that numbers pending events', () => {
  let service: ServiceDatabase;
  const tenant = randomUUID();

  beforeEach(async () => {
    service = await openServiceDatabase('membership');
  });
  afterEach(() => service.close());

  it('[R3] reads no row again that is numbered already, however long an old snapshot keeps it', async () => {
    const old = new Client({ connectionString: service.url });
    await old.connect();
    await old.query('begin isolation level repeatable read');
    await old.query('select 1');
    const number = (from: string) =>
      service.asOwner<{ taken: string; next_xid: string }>(
        'select taken, next_xid::text from sequencer, number_pending(epoch, $1::xid8, 50000)',
        [from],
      );
    const fill = `insert into pending (tenant_id, stream_id, version) select '${tenant}', 'tally-1', n from generate_series(1, 20000) n`;
    await service.asOwner(fill);
    const [written] = await service.asOwner<{ xid: string }>('select max(xid)::text as xid from pending');
    const [first] = await number('0');
    expect(first!.taken).toBe('20000');
    // The bound cannot pass a writer of another test on the same server that began earlier; it does once that one has ended.
    let bound = first!.next_xid;
    while (BigInt(bound) <= BigInt(written!.xid)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      bound = (await number('0'))[0]!.next_xid;
    }
    const entriesRead = async () => {
      await service.asOwner('select pg_stat_force_next_flush()');
      const [row] = await service.asOwner<{ n: number }>(
        "select sum(idx_tup_read)::int as n from pg_stat_user_indexes where relname = 'pending'",
      );
      return row!.n;
    };
    const before = await entriesRead();
    await service.asOwner('vacuum analyze pending');
    for (let n = 0; n < 10; n++) await number(bound);
    expect((await entriesRead()) - before).toBeLessThan(100);
    await old.end();
  });

  it('[R3] numbers page after page and says when it has reached the end', async () => {
    await service.asOwner(
      `insert into pending (tenant_id, stream_id, version) select '${tenant}', 'tally-1', n from generate_series(1, 5) n`,
    );
    const page = (epoch: number) =>
      service.asOwner('select taken, new_head from number_pending($1, $2, 2)', [epoch, '0']);
    expect(await page(0)).toEqual([{ taken: '2', new_head: '2' }]);
    expect(await page(1)).toEqual([]); // another leads
    expect(await page(0)).toEqual([{ taken: '2', new_head: '4' }]);
    expect(await page(0)).toEqual([{ taken: '1', new_head: '5' }]);
    expect(await page(0)).toEqual([{ taken: '0', new_head: '5' }]);
    const order = await service.asOwner('select position::int, version from sequence order by position');
    expect(order).toEqual([1, 2, 3, 4, 5].map((position) => ({ position, version: position })));
  });

  it('[R3] writes nothing where nothing is to be numbered, and still tells a leader that another leads', async () => {
    const idle = (epoch: number) =>
      service.asOwner("select taken, next_xid > '0' as is_known from number_pending($1, '0', 100)", [epoch]);
    const marks = () => service.asOwner('select xmin::text, xmax::text from sequencer');
    const before = await marks();
    expect(await idle(0)).toEqual([{ taken: '0', is_known: true }]);
    expect(await idle(1)).toEqual([]);
    expect(await marks()).toEqual(before);
  });
});
