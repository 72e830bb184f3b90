import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openServiceDatabase, type ServiceDatabase } from '../testing/service-database.js';
import { storeContract } from '../testing/store-contract.js';
import { added, byTests, newTally, tallyMigration } from '../testing/tally.js';
import type { Transaction } from './database.js';
import { sqlState } from './errors.js';
import { EventStore } from './store.js';

storeContract('membership');

describe('the log is append-only by privilege', () => {
  let service: ServiceDatabase;
  const tenant = randomUUID();
  const store = new EventStore({ service: 'membership' });
  const NOT_ALLOWED = '42501';

  const insert = 'insert into events select tenant_id, stream_id, version, event_id, type, body from events';
  const harm = {
    UPDATE: "update events set body = '{}'",
    'UPDATE of the version': 'update events set version = version + 1',
    DELETE: 'delete from events',
    TRUNCATE: 'truncate events',
    'INSERT … ON CONFLICT DO UPDATE': `${insert} on conflict (tenant_id, stream_id, version) do update set body = '{}'`,
    MERGE: 'merge into events e using events o on e.event_id = o.event_id when matched then delete',
    'SELECT … FOR UPDATE': 'select from events for update',
    'DISABLE TRIGGER': 'alter table events disable trigger user',
    'DISABLE ROW LEVEL SECURITY': 'alter table events disable row level security',
    'DROP TABLE': 'drop table events',
    session_replication_role: 'set local session_replication_role = replica',
    'UPDATE of the order': 'update sequence set position = position + 1',
    'DELETE from the order': 'delete from sequence',
    'TRUNCATE of the order': 'truncate sequence',
  };
  const roles = {
    application: (work: (tx: Transaction) => Promise<unknown>) => service.database.inTenant(tenant, work),
    relay: (work: (tx: Transaction) => Promise<unknown>) =>
      service.database.asRelay(async (tx) => {
        await tx.actFor(tenant);
        return work(tx);
      }),
  };

  beforeAll(async () => {
    service = await openServiceDatabase('membership', { migrations: [tallyMigration] });
    await service.database.inTenant(tenant, (tx) =>
      store.append(tx, byTests, [{ streamId: newTally(), expectedVersion: 'none', events: [added(1)] }]),
    );
  });
  afterAll(() => service.close());

  for (const [role, act] of Object.entries(roles)) {
    it.each(Object.entries(harm))(`[R4] refuses the ${role} role %s`, async (_, sql) => {
      const before = await service.asOwner('select * from events');
      await expect(act((tx) => tx.query(sql)).catch(sqlState)).resolves.toBe(NOT_ALLOWED);
      expect(await service.asOwner('select * from events')).toEqual(before);
    });
  }

  it('[R4] refuses the application role the relay’s tables and a ticket of its own choice', async () => {
    for (const sql of [
      'select from pending',
      'delete from pending',
      'insert into sequence values (1, gen_random_uuid(), $$tally-1$$, 1)',
      'update sequencer set epoch = epoch + 1',
      'update clock set manual_at = now()',
      `insert into pending (tenant_id, stream_id, version, xid) values ('${tenant}', 'tally-1', 1, '3')`,
    ])
      await expect(roles.application((tx) => tx.query(sql)).catch(sqlState)).resolves.toBe(NOT_ALLOWED);
  });
});
