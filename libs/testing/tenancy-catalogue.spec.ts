import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { vaultMigration, keysSchema } from '../vault/migration.js';
import { openServiceDatabase, type ServiceDatabase } from './service-database.js';
import { tallyMigration } from './tally.js';
import { tenancyFaults } from './tenancy-catalogue.js';

const OWN = `tenant_id = nullif(current_setting('app.tenant', true), '')::uuid`;

describe('the catalogue’s tenancy faults', () => {
  let service: ServiceDatabase;
  let app: string;

  beforeAll(async () => {
    service = await openServiceDatabase('membership', { migrations: [vaultMigration('membership'), tallyMigration] });
    app = new URL(service.url).username;
  });
  afterAll(() => service.close());

  /** The faults that come with these statements, which are then taken back. */
  const faultsOf = async (...statements: string[]) => {
    await service.asOwner('begin');
    try {
      for (const statement of statements) await service.asOwner(statement.replaceAll(':app', app));
      return await tenancyFaults(service.asOwner, 'membership');
    } finally {
      await service.asOwner('rollback');
    }
  };

  it('[R25] are none in the machinery’s own schema and the vault’s', async () => {
    expect(await tenancyFaults(service.asOwner, 'membership')).toEqual([]);
    expect(await tenancyFaults(service.asOwner, keysSchema('membership'))).toEqual([]);
    expect(await service.database.inTenant('', (tx) => tenancyFaults(tx.query, 'membership'))).toEqual([]);
  });

  const policy = 'has a policy that shows other rows than an organisation’s own';
  const writing = 'has a policy that lets other rows be written than an organisation’s own';
  const key = 'is unique over all organisations';
  const view = 'is a view with its owner’s rights';
  const grant = 'grants what passes row-level security by';
  const appendOnly = 'may be changed though it is append-only';

  it.each<[string, string[], string[]]>([
    ['a table of nobody', ['create table stray (id uuid)'], ['stray has no tenant_id']],
    [
      'a table without row-level security',
      ['create table bare (tenant_id uuid not null, id uuid)'],
      ['bare does not force row-level security on its owner', 'bare has no policy', 'bare has no row-level security'],
    ],
    ['security switched off', ['alter table events disable row level security'], ['events has no row-level security']],
    [
      'security not forced',
      ['alter table events no force row level security'],
      ['events does not force row-level security on its owner'],
    ],
    ['no policy', ['drop policy tenant on last_counts'], ['last_counts has no policy']],
    [
      'a tenant that may be missing',
      ['alter table inbox drop constraint inbox_pkey', 'alter table inbox alter tenant_id drop not null'],
      ['inbox has a tenant_id that is not a uuid, or may be null'],
    ],
    ['a policy for everybody', ['create policy p on inbox for select using (true)'], [`inbox ${policy}`]],
    [
      'a policy of the application',
      ['create policy p on inbox for delete to ":app" using (true)'],
      [`inbox ${policy}`],
    ],
    [
      'a policy that fails on a used connection',
      [`create policy p on inbox for select to ":app" using (tenant_id = current_setting('app.tenant', true)::uuid)`],
      [`inbox ${policy}`],
    ],
    [
      'a policy that writes for others',
      [`create policy p on inbox for insert to ":app" with check (true)`],
      [`inbox ${writing}`],
    ],
    [
      'a policy that moves rows to others',
      [`create policy p on inbox for update to ":app" using (${OWN}) with check (true)`],
      [`inbox ${writing}`],
    ],
    ['a unique key', ['alter table inbox add unique (event_id, processor)'], [`inbox.event_id,processor ${key}`]],
    ['a unique index', ['create unique index on inbox (event_id)'], [`inbox.event_id ${key}`]],
    ['a unique expression', ['create unique index odd on inbox (lower(processor))'], [`inbox.odd ${key}`]],
    [
      'a foreign key',
      ['alter table last_counts add position bigint references sequence'],
      ['last_counts.position refers to rows of any organisation'],
    ],
    ['a view', ['create view peek as select * from events'], [`peek ${view}`]],
    [
      'a view that says it is safe and is not',
      ['create view peek with (security_invoker = off) as select * from events'],
      [`peek ${view}`],
    ],
    ['a materialised view', ['create materialized view peek as select * from events'], [`peek ${view}`]],
    [
      'a function of the owner',
      ["create function peek() returns bigint language sql security definer as 'select count(*) from events'"],
      ['peek is a function with its owner’s rights'],
    ],
    ['UPDATE of events', ['grant update on events to ":app"'], [`events (UPDATE) ${appendOnly}`]],
    ['UPDATE of one column', ['grant update (body) on events to ":app_relay"'], [`events (UPDATE) ${appendOnly}`]],
    ['DELETE of events', ['grant delete on events to ":app_relay"'], [`events (DELETE) ${appendOnly}`]],
    ['UPDATE of the order', ['grant update on sequence to public'], [`sequence (UPDATE) ${appendOnly}`]],
    [
      'TRUNCATE of events',
      ['grant truncate on events to ":app"'],
      [`events (TRUNCATE) ${grant}`, `events (TRUNCATE) ${appendOnly}`],
    ],
    ['TRUNCATE of any table', ['grant truncate on inbox to ":app"'], [`inbox (TRUNCATE) ${grant}`]],
    [
      'a role past all policies',
      ['alter role ":app" bypassrls'],
      [':app is a role that row-level security does not hold'],
    ],
    [
      'a role that owns a table',
      ['alter table inbox owner to ":app"'],
      [':app is a role that row-level security does not hold'],
    ],
    [
      'a role that is the relay all the time',
      ['grant ":app_relay" to ":app" with inherit true'],
      [':app is a role that has the relay’s rights without asking for them'],
    ],
  ])('[R25] name %s', async (_, planted, faults) => {
    expect(await faultsOf(...planted)).toEqual(faults.map((fault) => fault.replaceAll(':app', app)));
  });

  it('accept what keeps organisations apart, and what a service excepts by name', async () => {
    const safe = [
      'create view peek with (security_invoker = true) as select * from events',
      'create unique index on inbox (event_id, tenant_id)',
      'alter table last_counts add foreign key (tenant_id, tally_id, version) references events (tenant_id, stream_id, version)',
      'create policy p on inbox for select to ":app_relay" using (true)',
      `create policy q on inbox as restrictive to ":app" using (processor <> 'x')`,
    ];
    expect(await faultsOf(...safe)).toEqual([]);
    await service.asOwner('begin');
    await service.asOwner('create table stray (id uuid)');
    expect(await tenancyFaults(service.asOwner, 'membership', { stray: 'holds nothing of anybody' })).toEqual([]);
    await service.asOwner('rollback');
  });
});
