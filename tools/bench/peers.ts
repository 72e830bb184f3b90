import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The little of a `pg` connection that the bare measurements need. */
export interface Connection {
  connect(): Promise<void>;
  query<Row = Record<string, unknown>>(
    query: string | { text: string; values?: unknown[]; name?: string },
    values?: unknown[],
  ): Promise<{ rows: Row[] }>;
  end(): Promise<void>;
}

interface EmmettEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata?: object;
}

export interface EmmettStore {
  readonly schema: { migrate(): Promise<unknown> };
  appendToStream(
    stream: string,
    events: EmmettEvent[],
    options: { expectedStreamVersion: bigint | string },
  ): Promise<unknown>;
  readStream(stream: string): Promise<{ events: unknown[] }>;
  close(): Promise<void>;
}

export interface Emmett {
  getPostgreSQLEventStore(url: string): EmmettStore;
  readMessagesBatch(execute: unknown, options: { after: bigint; batchSize: number }): Promise<{ messages: unknown[] }>;
}

export interface Dumbo {
  dumbo(options: { connectionString: string }): { execute: unknown; close(): Promise<void> };
}

export interface Boss {
  start(): Promise<unknown>;
  stop(options: { graceful: boolean }): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: { data: object; startAfter?: Date }[]): Promise<unknown>;
  fetch(name: string, options: { batchSize: number }): Promise<{ id: string }[]>;
  complete(name: string, ids: string[]): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): void;
}

export interface Peers {
  readonly emmett: Emmett;
  readonly dumbo: Dumbo;
  readonly PgBoss: new (options: { connectionString: string; supervise: boolean; schedule: boolean }) => Boss;
  readonly Client: new (options: { connectionString: string; options?: string }) => Connection;
}

const FOLDER = resolve('node_modules/.cache/bench-peers');

/**
 * Loads what we are measured beside. The peers need other versions than the product of what both use, and what lies under
 * `tools` is built with it: they are installed, from their own lock, into a folder of their own.
 */
export async function loadPeers(): Promise<Peers> {
  install();
  const require = createRequire(join(FOLDER, 'package.json'));
  const load = async <T>(name: string) => (await import(pathToFileURL(require.resolve(name)).href)) as T;
  const emmett = await load<Emmett>('@event-driven-io/emmett-postgresql');
  const dumbo = await load<Dumbo>('@event-driven-io/dumbo');
  // What exports no CommonJS entry is found by its folder.
  const boss = (await import(pathToFileURL(join(FOLDER, 'node_modules/pg-boss/dist/index.js')).href)) as Pick<
    Peers,
    'PgBoss'
  >;
  const { default: pg } = await load<{ default: Pick<Peers, 'Client'> }>('pg');
  return { emmett, dumbo, PgBoss: boss.PgBoss, Client: pg.Client };
}

function install(): void {
  const lock = readFileSync('tools/bench/peers/package-lock.json', 'utf8');
  const mark = join(FOLDER, 'installed.json');
  mkdirSync(FOLDER, { recursive: true });
  if (read(mark) === lock) return;
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join('tools/bench/peers', file), join(FOLDER, file));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: FOLDER, stdio: 'inherit' });
  writeFileSync(mark, lock);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
