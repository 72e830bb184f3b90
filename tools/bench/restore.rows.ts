import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { record, type NewEvent } from '#domain';
import { Database, EventStore, Relay } from '#eventsourcing';
import { startEmbeddedPostgres } from '#eventsourcing/embedded';
import { Vault, vaultMigration } from '#vault';
import { membership } from '../../apps/membership/membership.service.js';
import { postgresTools } from '../../libs/testing/postgres-tools.js';
import { listErasures } from '../erasures.js';
import { rebuildable, rebuildTables } from '../rebuild.js';
import { CAUSE, TENANT } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { measure, secondsSince, told, type Figures, type Row, type Size } from './harness.js';

const run = promisify(execFile);
const EVENTS_OF_A_PERSON = 20;
const PAGE = 50;
const LIMIT_SECONDS = 900;

/** From a service with so many events to the same service on another server, with nobody back who was erased since, and every read model checked. */
export async function restoreRows(ground: Ground, { quick }: Size): Promise<Row[]> {
  const count = quick ? 20_000 : 1_000_000;
  const bar = { metric: 'seconds', unit: 's' };
  const what = (part: string) => `${part}, ${count.toLocaleString('en')} events`;
  const part = { ...bar, beside: 'ours', called: 'in all' };
  const round = () => restored(ground, count);
  return measure(
    {
      round,
      bars: [
        {
          ...bar,
          id: 'restore',
          what: what('a service dumped, restored elsewhere, erasures applied, read models made anew'),
          beside: 'fifteen minutes',
          atMost: 1,
        },
        { ...part, id: 'restore-dump', what: what('of this the dump'), of: 'dumped' },
        { ...part, id: 'restore-undump', what: what('of this the restore, with the erasures'), of: 'undumped' },
        { ...part, id: 'restore-rebuild', what: what('of this the read models, compared row by row'), of: 'rebuilt' },
      ],
    },
    { quick, rounds: 1, span: 0 },
  );
}

async function restored(ground: Ground, count: number): Promise<Record<string, Figures>> {
  const here = await ground.service('bench_restore', [vaultMigration('membership'), ...membership.migrations]);
  const elsewhere = await startEmbeddedPostgres(join(ground.folder, 'elsewhere'));
  try {
    const vault = new Vault(randomBytes(32), 'membership');
    const people = await fill(here, vault, count);
    const env = { PATH: process.env['PATH'], PG_BIN: await postgresTools() };
    const [folder, keys] = [join(ground.folder, 'dump'), join(ground.folder, 'dumped-keys')];
    const dumped = await seconds(() =>
      run('ops/dump.sh', [folder, keys, 'membership'], {
        env: { ...env, ROLLCALL_DATABASE_OWNER_URL: ground.ownerOf('bench_restore').ownerUrl },
      }),
    );
    const url = elsewhere.urlFor('rollcall_bench');
    const list = await erasing(here, vault, people.slice(0, count / 2_000), join(ground.folder, 'erasures.ndjson'));
    const undumped = await seconds(() =>
      run('ops/undump.sh', [folder, keys, list], {
        env: { ...env, ROLLCALL_DATABASE_OWNER_URL: elsewhere.ownerUrl, MEMBERSHIP_DATABASE_URL: url },
      }),
    );
    const rebuilt = await seconds(() => mustBeWhole(url, count, people.length - count / 2_000));
    const limit = { seconds: LIMIT_SECONDS };
    const ours = { seconds: dumped.seconds + undumped.seconds + rebuilt.seconds };
    return { ours, dumped, undumped, rebuilt, 'fifteen minutes': limit };
  } finally {
    await elsewhere.stop();
    await here.close();
  }
}

async function seconds(work: () => Promise<unknown>): Promise<{ seconds: number }> {
  const began = performance.now();
  await work();
  return { seconds: (performance.now() - began) / 1_000 };
}

/** People with a value in the vault and a past of twenty events each, written and numbered by the product's own store and relay. Returns their ids. */
async function fill({ database, owner }: ServiceGround, vault: Vault, count: number): Promise<string[]> {
  const began = performance.now();
  const store = new EventStore({ service: 'membership', projections: membership.projections });
  const people = Array.from({ length: count / EVENTS_OF_A_PERSON }, () => randomUUID());
  const relay = new Relay({ database, publish: () => Promise.resolve(), log: () => {} });
  for (let from = 0; from < people.length; from += PAGE)
    await database.inTenant(TENANT, async (tx) => {
      const page = people.slice(from, from + PAGE);
      await vault.writeMany(tx, new Map(page.map((id) => [id, { name: `Somebody ${id}` }])));
      const appends = page.map((id) => ({
        streamId: `person-${id}`,
        expectedVersion: 'none' as const,
        events: pastOf(id),
      }));
      await store.append(tx, CAUSE, appends);
    });
  const head = async () => Number((await owner.query<{ head: string }>('select head from sequencer')).rows[0]!.head);
  while ((await head()) < count) await delay(50);
  await relay.stop();
  await owner.query('vacuum analyze');
  told(`  a service of ${count.toLocaleString('en')} events: ${secondsSince(began)}`);
  return people;
}

/** Known, linked and then a member by ever newer statements, who leaves and comes back. */
function pastOf(personId: string): NewEvent[] {
  const at = (nr: number) => new Date(Date.UTC(2026, 0, 1 + nr)).toISOString();
  const known = { personId, category: 'member' as const, source: 'crm' };
  const steps = Array.from({ length: (EVENTS_OF_A_PERSON - 2) / 3 }, (_, nr) => [
    record('PersonStatusSynced', { ...known, status: 'active', from: at(nr), reportedAt: at(nr) }),
    record('LeaverDetected', { ...known, trigger: 'membership_ended', leftAt: at(nr), reportedAt: at(nr) }),
    record('LeaverRescinded', { ...known, reportedAt: at(nr) }),
  ]).flat();
  const commitment = randomBytes(32).toString('base64url');
  return [
    record('PersonRegistered', { personId, source: 'crm' }),
    record('PersonLinked', { personId, kind: 'crmId', commitment, source: 'crm', confidence: 'stated' }),
    ...steps,
  ];
}

/** Erases these people after the dump, and writes the list of erasures as an operator does. Returns its path. */
async function erasing(service: ServiceGround, vault: Vault, people: readonly string[], list: string): Promise<string> {
  await service.database.inTenant(TENANT, async (tx) => {
    for (const person of people) await vault.erase(tx, person);
  });
  const erasures = await listErasures(service.database);
  await writeFile(list, erasures.map((erasure) => `${JSON.stringify(erasure)}\n`).join(''));
  return list;
}

/** Makes every read model anew; throws unless all events are there, all rows were right, and just those are known who were not erased. */
async function mustBeWhole(url: string, count: number, known: number): Promise<void> {
  const database = await Database.open({ url, schema: 'membership' });
  try {
    const rebuilt = await rebuildTables(database, membership.projections, rebuildable(membership.projections));
    const wrong = [...rebuilt].filter(([, { removed, written }]) => removed + written > 0);
    const [found] = await database.inTenant(TENANT, (tx) =>
      tx.query<{ events: number; numbered: number; values: number }>(
        `select (select count(*)::int from events) as events, (select count(*)::int from sequence) as numbered,
           (select count(*)::int from personal_data) as values`,
      ),
    );
    const expected = { events: count, numbered: count, values: known };
    if (wrong.length > 0 || JSON.stringify(found) !== JSON.stringify(expected))
      throw new Error(`Restored ${JSON.stringify({ found, wrong })} and not ${JSON.stringify(expected)}`);
  } finally {
    await database.close();
  }
}
