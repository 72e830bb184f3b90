import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLog, type ServiceKit } from '#nest';
import { startStandalone } from '../apps/standalone/standalone.js';
import { applyErasures, type Erasure } from './erasures.js';
import { KITS } from '../libs/nest/operations.js';

let folder: string;
let key: string;
const at = (name: string) => join(folder, name);
const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: 'utf8' });
const erasures = (task: string, place: string, input = '') =>
  spawnSync(process.execPath, ['dist/tools/erasures.js', task, place], { input, encoding: 'utf8' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-backup-'));
  await chmod(folder, 0o755); // Postgres runs as another user where we are root
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs Rollcall on a folder for as long as `work` takes. */
async function during<T>(name: string, work: (ask: Ask, kits: readonly ServiceKit[]) => Promise<T>): Promise<T> {
  const log = openLog('test', 'error');
  const rollcall = await startStandalone({ ROLLCALL_DATA: at(name), PORT: '0' }, log);
  key = rollcall.first?.key ?? key;
  const ask: Ask = async (path, body) => {
    const response = await fetch(`${rollcall.url}/v1/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  try {
    return await work(ask, rollcall.app.get<readonly ServiceKit[]>(KITS));
  } finally {
    await rollcall.stop();
  }
}
type Ask = (path: string, body?: object) => Promise<Record<string, unknown>>;

/** The log of the service that knows people, to the byte. */
const logOf = (kits: readonly ServiceKit[]) =>
  kits
    .find(({ name }) => name === 'membership')!
    .database.asRelay((tx) =>
      tx.query<{ tenant_id: string }>('select * from events order by tenant_id, stream_id, version'),
    );

describe('a backup of a folder', () => {
  it('[R35] [R53] [AMZ-113] restored elsewhere has the whole history and nobody who was erased since', async () => {
    const people = await during('data', async (ask, kits) => {
      const register = async (name: string, crmId: string) =>
        (await ask('people', { name, source: 'crm', links: [{ kind: 'crmId', value: crmId }] }))['personId'] as string;
      const [ada, bo] = [await register('Ada Kept', 'crm-1'), await register('Bo Gone', 'crm-2')];
      const log = await logOf(kits);
      return { ada, bo, log, tenantId: log[0]!.tenant_id };
    });
    expect(run('ops/backup.sh', at('data'), at('backup.tgz'))).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/after \d+ s/),
    });

    await during('data', async (_, kits) => {
      const { database, vault } = kits.find(({ name }) => name === 'membership')!;
      await database.inTenant(people.tenantId, (tx) => vault.erase(tx, people.bo));
    });
    const list = erasures('export', at('data'));
    expect(list.stdout).toContain(people.bo);
    expect(list.stdout).not.toContain(people.ada);
    await writeFile(at('erasures.ndjson'), list.stdout);

    const restored = run(
      'ops/restore.sh',
      at('backup.tgz'),
      at('elsewhere'),
      at('erasures.ndjson'),
      at('data/keys/kek'),
    );
    expect(restored).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/membership: 1 erasures hold, of which the backup had 1 undone[^]*after \d+ s/),
    });
    await during('elsewhere', async (ask, kits) => {
      expect(await logOf(kits)).toEqual(people.log);
      expect(JSON.stringify(await ask(`people/${people.ada}`))).toContain('Ada Kept');
      const bo = JSON.stringify(await ask(`people/${people.bo}`));
      expect(bo).toContain('erased');
      expect(bo).not.toContain('Bo Gone');
      const { database, vault } = kits.find(({ name }) => name === 'membership')!;
      const held = await database.inTenant(people.tenantId, async (tx) => {
        const values = await tx.query('select from personal_data where subject_id = $1', [people.bo]);
        await vault.permitNewKey(tx, people.bo);
        await vault.write(tx, people.bo, { name: 'Bo Again' });
        return values.length;
      });
      expect(held).toBe(0);
      // The list once more: it undoes no return, and closes the door to somebody this copy has never seen.
      const [first] = list.stdout
        .split('\n')
        .map((line) => JSON.parse(line || '{}') as Erasure)
        .filter(({ subjectId }) => subjectId === people.bo);
      const stranger = { ...first!, subjectId: people.ada.replace(/.$/, (last) => (last === '0' ? '1' : '0')) };
      expect(await applyErasures(database, [first!, stranger])).toBe(0);
      await database.inTenant(people.tenantId, async (tx) => {
        expect(await vault.read(tx, people.bo, ['name'])).toEqual({ name: { state: 'value', value: 'Bo Again' } });
        await expect(vault.write(tx, stranger.subjectId, { name: 'Cy' })).rejects.toThrow('erased');
      });
    });
  }, 240_000);

  it('[CN-15] holds no key-encryption key', () => {
    const listed = run('tar', '-tzf', at('backup.tgz')).stdout.split('\n');
    expect(listed).toContain('./postgres/PG_VERSION');
    expect(listed.filter((name) => name.includes('kek') || name.includes('/keys'))).toEqual([]);
  });

  it('is not made of a folder in use, nor over another backup', async () => {
    expect(run('ops/backup.sh', at('data'), at('backup.tgz'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('never written over'),
    });
    await mkdir(at('used/postgres'), { recursive: true });
    for (const name of ['PG_VERSION', 'postmaster.pid']) await writeFile(at(`used/postgres/${name}`), '18');
    expect(run('ops/backup.sh', at('used'), at('other.tgz'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Stop it first'),
    });
  });

  it('is not restored when it is damaged, without a list of erasures, or over a folder that is there', async () => {
    const restore = (backup: string, into: string, list: string) =>
      run('ops/restore.sh', at(backup), at(into), at(list), at('data/keys/kek'));
    expect(restore('backup.tgz', 'data', 'erasures.ndjson').stderr).toContain('is there already');
    expect(restore('backup.tgz', 'third', 'no.ndjson').stderr).toContain('no.ndjson is missing');
    const bytes = await readFile(at('backup.tgz'));
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(at('backup.tgz'), bytes);
    expect(restore('backup.tgz', 'third', 'erasures.ndjson')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is damaged'),
    });
  });
});
