import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#eventsourcing/embedded';
import { openLog, type ServiceKit } from '#nest';
import { startServices } from '../apps/standalone/standalone.js';
import { KITS } from '../libs/nest/operations.js';
import { postgresTools } from '../libs/testing/postgres-tools.js';
import { rebuild } from './rebuild.js';

const SERVICES = ['gateway', 'membership', 'consent', 'retention'] as const;
const run = promisify(execFile);
// Two databases and a dozen programs have to start, on a machine that may be busy.
const PATIENCE = 600_000;

let folder: string;
let tools: string;
let here: EmbeddedPostgres;
let elsewhere: EmbeddedPostgres;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  tools = await postgresTools();
  folder = await mkdtemp(join(tmpdir(), 'rollcall-dump-'));
  await chmod(folder, 0o755); // Postgres runs as another user where we are root
  const serve = (name: string) => startEmbeddedPostgres(at(name), { durable: false });
  [here, elsewhere] = await Promise.all([serve('here'), serve('elsewhere')]);
}, PATIENCE);
afterAll(async () => {
  await Promise.all([here.stop(), elsewhere.stop()]);
  await rm(folder, { recursive: true, force: true });
});

interface Running {
  ask(path: string, body?: object): Promise<Record<string, unknown>>;
  readonly kits: ReadonlyMap<string, ServiceKit>;
  stop(): Promise<void>;
}

let key: string;
/** Runs the four services on a server; both have the same key-encryption key. */
async function start({ ownerUrl, urlFor }: EmbeddedPostgres): Promise<Running> {
  const log = openLog('test', 'error');
  const services = await startServices({ ownerUrl, urlFor, keys: at('keys'), env: { PORT: '0' }, log });
  key = services.first?.key ?? key;
  return {
    kits: new Map(services.app.get<readonly ServiceKit[]>(KITS).map((kit) => [kit.name, kit])),
    stop: () => services.stop(),
    ask: async (path, body) => {
      const response = await fetch(`${services.url}/v1/${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return (await response.json()) as Record<string, unknown>;
    },
  };
}

/** What the programs of an operator find in their environment. */
function settings(server: EmbeddedPostgres): Record<string, string> {
  const urls = SERVICES.map((name) => [`${name.toUpperCase()}_DATABASE_URL`, server.urlFor(`rollcall_${name}`)]);
  const env = { PATH: process.env['PATH'] ?? '', PG_BIN: tools, ROLLCALL_DATABASE_OWNER_URL: server.ownerUrl };
  return { ...env, ...(Object.fromEntries(urls) as Record<string, string>) };
}
const dump = (...args: string[]) => run('ops/dump.sh', args, { env: settings(here) });
const undump = (...args: string[]) => run('ops/undump.sh', args, { env: settings(elsewhere) });

/** Every event of every service with its place in the log, to the byte. */
async function logsOf({ kits }: Running): Promise<unknown[]> {
  const logs = [...kits.values()].map(({ name, database }) =>
    database.asRelay(async (tx) => ({
      name,
      events: await tx.query('select * from events order by tenant_id, stream_id, version'),
      order: await tx.query('select * from sequence order by position'),
    })),
  );
  return Promise.all(logs);
}

async function settled({ kits }: Running): Promise<void> {
  const unpublished = (kit: ServiceKit) =>
    kit.database.asRelay(async (tx) => {
      const [row] = await tx.query<{ open: boolean }>(
        'select published < head or exists (select from pending) as open from sequencer',
      );
      return row!.open;
    });
  for (const kit of kits.values())
    while (await unpublished(kit)) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function erasuresOf(server: EmbeddedPostgres): Promise<string> {
  const lists = SERVICES.map((service) =>
    run(process.execPath, ['dist/tools/erasures.js', 'export', service], {
      env: { ROLLCALL_DATABASE_URL: server.urlFor(`rollcall_${service}`) },
    }),
  );
  return (await Promise.all(lists)).map(({ stdout }) => stdout).join('');
}

describe('a dump of the four services', () => {
  it(
    '[R35] [R53] [AMZ-113] taken while they run and restored on another server has the whole history and nobody who was erased since',
    async () => {
      const before = await start(here);
      const register = async (name: string) =>
        (await before.ask('people', { name, source: 'crm', links: [{ kind: 'crmId', value: randomUUID() }] }))[
          'personId'
        ] as string;
      await before.ask('profiles/political-party/activate', {});
      const [ada, bo] = [await register('Ada Kept'), await register('Bo Gone')];
      await settled(before);
      const logs = await logsOf(before);
      const began = performance.now();
      const dumped = await dump(at('dump'), at('dumped-keys'));
      expect(dumped.stdout).toMatch(/^Dumped gateway membership consent retention after \d+ s/);
      const { database, vault } = before.kits.get('membership')!;
      const [{ tenant_id: tenantId }] = (await database.asRelay((tx) =>
        tx.query<{ tenant_id: string }>('select tenant_id from events limit 1'),
      )) as [{ tenant_id: string }];
      await database.inTenant(tenantId, (tx) => vault.erase(tx, bo));
      await register('Cy Later'); // after the backup: lost with it
      await writeFile(at('erasures.ndjson'), await erasuresOf(here));
      await before.stop();

      const restored = await undump(at('dump'), at('dumped-keys'), at('erasures.ndjson'));
      expect(restored.stdout).toMatch(
        /membership: 1 erasures hold, of which the backup had 1 undone[^]*Restored .* after \d+ s/,
      );
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      process.stdout.write(`Dumped, erased and restored on another server in ${seconds} s\n`);

      const after = await start(elsewhere);
      expect(await logsOf(after)).toEqual(logs);
      expect(JSON.stringify(await after.ask(`people/${ada}`))).toContain('Ada Kept');
      const gone = JSON.stringify(await after.ask(`people/${bo}`));
      expect([gone.includes('erased'), gone.includes('Bo Gone')]).toEqual([true, false]);
      // What was read is what the events say, and new events go on where the log ended.
      for (const kit of after.kits.values())
        for (const table of new Set(kit.definition.projections.map((one) => one.table)))
          if (table !== 'access_keys')
            expect([table, await rebuild(kit.database, kit.definition.projections, table)]).toEqual([
              table,
              { removed: 0, written: 0 },
            ]);
      const { head } = (await after.ask('services/membership/progress')) as { head: number };
      await after.ask('people', { name: 'Di New', source: 'crm', links: [{ kind: 'crmId', value: randomUUID() }] });
      await settled(after);
      const progress = (await after.ask('services/membership/progress')) as { head: number };
      expect(progress.head).toBeGreaterThan(head);
      await after.stop();
    },
    PATIENCE,
  );

  it('holds the keys apart, and is neither written over nor restored over what is there', async () => {
    const [data, keys] = [await readFile(at('dump/rollcall.dump')), await readFile(at('dumped-keys/rollcall.dump'))];
    expect([data.includes('membership_keys'), keys.includes('membership_keys')]).toEqual([false, true]);
    await expect(dump(at('dump'), at('more-keys'))).rejects.toThrow('is there already');
    await expect(undump(at('dump'), at('dumped-keys'), at('erasures.ndjson'))).rejects.toThrow('has gateway already');
    await expect(undump(at('dump'), at('dumped-keys'), at('no-list'))).rejects.toThrow('list is wanted');
    await writeFile(at('dump/rollcall.dump'), data.subarray(1));
    await expect(undump(at('dump'), at('dumped-keys'), at('erasures.ndjson'))).rejects.toThrow('is damaged');
  });

  it('[R58] shows no password in the arguments of a program, which everybody on the machine can read', async () => {
    const [told, PG_BIN] = [at('told'), at('bin')];
    await mkdir(PG_BIN);
    const program = `#!/bin/sh
printf '%s\\n' "$*" "password $PGPASSWORD" >> '${told}'
for argument; do case $argument in --file=*) : > "\${argument#--file=}" ;; esac; done
`;
    await writeFile(join(PG_BIN, 'pg_dump'), program, { mode: 0o755 });
    await run('ops/dump.sh', [at('dump-2'), at('keys-2'), 'consent'], { env: { ...settings(here), PG_BIN } });
    const { password } = new URL(here.ownerUrl);
    const lines = (await readFile(told, 'utf8')).trim().split('\n');
    const given = lines.filter((line) => line.startsWith('password '));
    expect(given).toEqual([`password ${password}`, `password ${password}`]);
    const programs = lines.filter((line) => !line.startsWith('password '));
    expect(programs).toEqual([
      expect.stringMatching(/--dbname=postgres:\/\/postgres@\S+.*--schema=consent --file/),
      expect.stringMatching(/--schema=consent_keys --file/),
    ]);
    expect(programs.join()).not.toContain(password);
  });
});
