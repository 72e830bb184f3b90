import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { type EmbeddedPostgres, FolderInUse, startEmbeddedPostgres } from './embedded.js';

let folder: string;
const servers: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-embedded-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const child of children.splice(0)) {
    if (!child.kill('SIGKILL')) continue;
    await once(child, 'exit');
    await (await startEmbeddedPostgres(folder)).stop(); // stops what the child left running
  }
  await rm(folder, { recursive: true, force: true });
});

const start = async () => {
  const server = await startEmbeddedPostgres(folder);
  servers.push(server);
  return server;
};

const ask = async (url: string, ...statements: string[]): Promise<unknown> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let last: unknown;
    for (const sql of statements) last = Object.values((await client.query(sql)).rows[0] ?? {})[0];
    return last;
  } finally {
    await client.end();
  }
};

/** Another Node process that starts the server, says so (or why not) in one line, and stays. */
const startInAnotherProcess = async () => {
  const script = `import { startEmbeddedPostgres as start } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))};
    start(process.argv[1]).then(({ pid }) => console.log(pid), (error) => console.log(error.name + ': ' + error.message));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: line.toString().trim() };
};

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('embedded Postgres', () => {
  it('keeps data, address and secret in its folder over a restart', async () => {
    const first = await start();
    await ask(first.ownerUrl, 'create table kept (n int)', 'insert into kept values (7)');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(second.ownerUrl).toBe(first.ownerUrl);
    expect(await ask(second.ownerUrl, 'select n from kept')).toBe(7);
  });

  it('is UTF-8 and UTC, durable, and answers only with the right password on the loopback address', async () => {
    const { ownerUrl, urlFor } = await start();
    const setting = (name: string) => ask(ownerUrl, `select current_setting('${name}')`);
    expect(await setting('server_encoding')).toBe('UTF8');
    expect(await setting('timezone')).toBe('UTC');
    expect(await setting('fsync')).toBe('on');
    expect(await setting('listen_addresses')).toBe('127.0.0.1');
    expect((await stat(join(folder, 'postgres.password'))).mode & 0o777).toBe(0o600);

    const role = new URL(urlFor('rollcall_app'));
    await ask(ownerUrl, `create role rollcall_app login password '${role.password}'`);
    expect(await ask(role.href, 'select current_user')).toBe('rollcall_app');
    role.password = 'guess';
    await expect(ask(role.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  it('recovers the server that a killed process left behind, and loses nothing that was committed', async () => {
    const { child, said } = await startInAnotherProcess();
    const url = `postgres://postgres:${await readFile(join(folder, 'postgres.password'), 'utf8')}@127.0.0.1:${(
      await readFile(join(folder, 'postgres.port'), 'utf8')
    ).trim()}/rollcall`;
    await ask(url, 'create table kept (n int)', 'insert into kept values (7)');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(Number(said))).toBe(true);

    const server = await start();
    expect(await ask(server.ownerUrl, 'select n from kept')).toBe(7);
  });

  it('starts over a pid file whose number now belongs to a stranger, and does the stranger no harm', async () => {
    const first = await start();
    const pidFile = join(folder, 'postgres', 'postmaster.pid');
    const stale = await readFile(pidFile, 'utf8');
    const { uid, gid } = await stat(pidFile);
    await first.stop();
    // Of the same user as the server: this is the one Postgres takes for a running server.
    const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {});
    try {
      await writeFile(pidFile, stale.replace(/^\d+/, String(stranger.pid)), { mode: 0o644 });
      const second = await start();
      expect(await ask(second.ownerUrl, 'select 1')).toBe(1);
      expect(isAlive(stranger.pid!)).toBe(true);
    } finally {
      stranger.kill();
    }
  });

  it('refuses a second process on the same folder, and leaves the first one alone', async () => {
    const { ownerUrl } = await start();
    const { said } = await startInAnotherProcess();
    expect(said).toMatch(/^FolderInUse: Another Rollcall is running on .+Stop it first/);
    await expect(startEmbeddedPostgres(folder)).rejects.toBeInstanceOf(FolderInUse);
    expect(await ask(ownerUrl, 'select 1')).toBe(1);
  });

  it('leaves the order of shutdown to the application: no signal handlers, and Ctrl-C does not reach the server', async () => {
    const handlers = () =>
      process.listenerCount('SIGINT') + process.listenerCount('SIGTERM') + process.listenerCount('exit');
    const before = handlers();
    const { pid } = await start();
    expect(handlers()).toBe(before);
    expect(isAlive(-pid)).toBe(true); // it leads a process group of its own, so a terminal's Ctrl-C goes past it
  });
});
