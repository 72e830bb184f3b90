import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '#eventsourcing/embedded';

/** An empty throwaway database. Roles belong to the whole server: a test that makes some names them after `name`. */
export interface FreshDatabase {
  readonly name: string;
  /** Superuser's URL of this database. */
  readonly ownerUrl: string;
  /** The same database as another role. */
  readonly urlFor: (user: string, password: string) => string;
  /** Ends every connection to it and removes it. */
  readonly drop: () => Promise<void>;
}

// Jest's own process, which outlives its workers: it says which run this is. Under `--runInBand` it is this very process.
const RUN = process.send ? process.ppid : process.pid;
const FOLDER = join(tmpdir(), `rollcall-test-${RUN}`);
const ADDRESS = join(FOLDER, 'address.json');

type Server = { ownerUrl: string; pid: number };
let server: Promise<Server> | undefined;

/**
 * The one Postgres (real, without fsync) of this test run. Whoever asks first starts it, so a run of pure unit tests
 * costs nothing; it ends with the run, even a killed one. `ownerUrl` is the superuser's.
 */
export function testPostgres(): Promise<Server> {
  return (server ??= findOrStart());
}

/** Creates an empty database of its own name on the test server (about 50 ms). */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { ownerUrl } = await testPostgres();
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await asOwner(ownerUrl, `create database ${name}`);
  const at = (user?: string, password?: string) => {
    const url = new URL(ownerUrl);
    url.pathname = `/${name}`;
    if (user !== undefined) [url.username, url.password] = [user, password ?? ''];
    return url.href;
  };
  return { name, ownerUrl: at(), urlFor: at, drop: () => asOwner(ownerUrl, `drop database ${name} with (force)`) };
}

async function findOrStart(): Promise<Server> {
  const turn = `${FOLDER}.starting`;
  for (let waited = 0; waited < 60_000; waited += 50) {
    const running = await readAddress();
    if (running) return running;
    // mkdir is atomic: one caller starts it, the others wait for the address.
    if (await takes(turn)) return start(turn);
    await sleep(50);
  }
  throw new Error(`No test database after 60 s. Remove ${turn} if it was left by a test run that was cut short.`);
}

const takes = (turn: string) =>
  mkdir(turn).then(
    () => true,
    () => false,
  );

async function start(turn: string): Promise<Server> {
  try {
    return (await readAddress()) ?? (await launch()); // another may have finished between our look and our turn
  } finally {
    await rmdir(turn);
  }
}

async function launch(): Promise<Server> {
  const { ownerUrl, pid } = await startEmbeddedPostgres(FOLDER, { durable: false });
  // The worker that starts it may end before the others need it, and a killed run calls nobody: a shell keeps watch.
  const watch = 'while kill -0 "$0" 2>/dev/null; do sleep 0.3; done; kill -QUIT "$1"; sleep 1; rm -rf "$2"';
  spawn('/bin/sh', ['-c', watch, String(RUN), String(pid), FOLDER], { detached: true, stdio: 'ignore' }).unref();
  await writeFile(`${ADDRESS}.new`, JSON.stringify({ ownerUrl, pid }), { mode: 0o600 });
  await rename(`${ADDRESS}.new`, ADDRESS);
  return { ownerUrl, pid };
}

async function readAddress(): Promise<Server | undefined> {
  try {
    const found = JSON.parse(await readFile(ADDRESS, 'utf8')) as Server;
    process.kill(found.pid, 0); // throws when the server is gone
    return found;
  } catch {
    return undefined;
  }
}

async function asOwner(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
