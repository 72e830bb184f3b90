/** A search for values that must not be there, in everything an installation writes, says or can still open. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { Database } from '#eventsourcing';
import type { Vault } from '#vault';
import { postgresTools } from './postgres-tools.js';

const run = promisify(execFile);
const MOST = 1024 * 1024 * 1024; // bytes of one dump

/**
 * Says which of these marks stand in a text or in bytes: as they are in any case, in hexadecimal as Postgres dumps bytes, or in base64 as
 * JSON carries them. Marks are of ASCII and have six characters or more, so that chance does not write them.
 */
export function spotter(marks: readonly string[]): (where: string | Buffer) => string[] {
  const forms = marks.flatMap((mark) => [mark, mark.toLowerCase()]).flatMap((mark) => [...formsOf(mark)]);
  const literally = (form: string) => form.replaceAll(/[.+*?/\\^$()[\]{}|]/g, '\\$&');
  const pattern = new RegExp([...new Set(forms)].map(literally).join('|'), 'gi');
  return (where) => {
    const text = typeof where === 'string' ? where : where.toString('latin1');
    return [...new Set(text.match(pattern))];
  };
}

function* formsOf(mark: string): Generator<string> {
  yield mark;
  yield Buffer.from(mark).toString('hex');
  // Wherever it begins among groups of three bytes; the characters shared with neighbours are left off.
  for (const before of [0, 1, 2]) {
    const whole = Buffer.from('-'.repeat(before) + mark);
    for (const alphabet of ['base64', 'base64url'] as const)
      yield whole.toString(alphabet).slice(Math.ceil((before * 4) / 3), Math.floor((whole.length * 4) / 3));
  }
}

/** Every database of a server as `pg_dump` writes it, in clear text. @param ownerUrl the superuser's, of any of them. */
export async function dumpAll(ownerUrl: string): Promise<string> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    'select datname as name from pg_database where datallowconn and not datistemplate',
  );
  await client.end();
  const dumps: string[] = [];
  for (const { name } of rows) {
    const url = new URL(ownerUrl);
    url.pathname = `/${name}`;
    dumps.push(await dumpOf(url.href));
  }
  return dumps.join('\n');
}

/** One database as `pg_dump` writes it, in clear text. */
export async function dumpOf(ownerUrl: string): Promise<string> {
  const tool = join(await postgresTools(), 'pg_dump');
  return (await run(tool, [`--dbname=${ownerUrl}`, '--inserts'], { maxBuffer: MOST })).stdout;
}

/** Everything the vaults of an organisation, and what is parked, still open to somebody who has every key there is; `<service> <field>: <value>` each. */
export async function whatOpens(
  services: Iterable<{ readonly name: string; readonly database: Database; readonly vault: Vault }>,
  organisationId: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const { name, database, vault } of services)
    await database.inTenant(organisationId, async (tx) => {
      const subjects = await tx.query<{ id: string }>('select distinct subject_id as id from personal_data');
      for (const { id } of subjects)
        for (const [field, personal] of Object.entries(await vault.readAll(tx, id)))
          if (personal.state === 'value') found.push(`${name} ${field}: ${personal.value}`);
      for (const { value } of await tx.query<{ value: Buffer }>("select value from parked where value <> ''"))
        found.push(`${name} parked: ${(await vault.open(tx, value)).toString()}`);
    });
  return found;
}

/** The command lines of these processes and of all that they started, as everybody on the machine can read them. */
export async function commandLines(pids: Iterable<number>): Promise<string[]> {
  const read = (path: string) => readFile(`/proc/${path}`, 'utf8').catch(() => '');
  const all = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid) => ({
        pid: Number(pid),
        parent: Number(/^PPid:\s*(\d+)/m.exec(await read(`${pid}/status`))?.[1]),
        line: (await read(`${pid}/cmdline`)).replaceAll('\0', ' ').trim(),
      })),
  );
  const family = new Set(pids);
  for (let grown = true; grown;) {
    const before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
    grown = family.size > before;
  }
  return all.filter(({ pid }) => family.has(pid)).map(({ line }) => line);
}

/** Every file under a folder with what it holds; one that goes meanwhile is left out, as a database at work removes some. */
export async function* filesUnder(folder: string): AsyncGenerator<{ path: string; bytes: Buffer }> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (bytes) yield { path, bytes };
  }
}
