/** Throwaway systems to rehearse on: the product's own processes, with a manual clock and data that go away afterwards. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '#eventsourcing/embedded';
import { startBroker } from '../../libs/testing/kafka.js';
import type { Stage } from './play.js';

export type Mode = 'standalone' | 'kafka';

export interface System extends Stage {
  /** Ends its processes and deletes its data. */
  stop(): Promise<void>;
}

/** What a system on Kafka is made of, for whoever searches all of it. */
export interface Insides {
  readonly brokers: readonly string[];
  /** Where the broker and Postgres keep what they are given, and their logs; a broker of others keeps its own to itself. */
  readonly folders: readonly string[];
  /** The superuser's URL of the database. */
  readonly ownerUrl: string;
  /** The URL of a service's own role. */
  readonly urlFor: (service: string) => string;
  /** The key-encryption key, as the processes are given it. */
  readonly kek: string;
  readonly pids: readonly number[];
  /** Everything the four processes have written so far. */
  readonly output: () => string;
}

/** Something that was started, and how to undo it; undone in reverse, also when a later one does not start. */
type Undo = (() => Promise<unknown>)[];

const STARTING = 120_000; // milliseconds
const STOPPING = 15_000; // longer than a process takes to stop in order

/**
 * Starts a fresh system whose clock stands at `clock` (UTC), with further settings for each of its processes. Throws with what the process
 * said when it does not start.
 */
export function startSystem(mode: Mode, clock: string, settings: Settings = {}): Promise<System> {
  return undoable(start[mode], clock, settings);
}

/** As `startSystem` on Kafka, with what it is made of. */
export function startOnKafka(clock: string, settings: Settings = {}): Promise<System & { insides: Insides }> {
  return undoable(onKafka, clock, settings);
}

type Settings = Readonly<Record<string, string>>;
type Start<T extends Stage = Stage> = (clock: string, settings: Settings, undo: Undo) => Promise<T>;

async function undoable<T extends Stage>(starting: Start<T>, clock: string, settings: Settings) {
  const undo: Undo = [];
  const stop = async () => {
    for (let last = undo.pop(); last; last = undo.pop()) await last();
  };
  try {
    return { ...(await starting(clock, settings, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const onKafka: Start<Stage & { insides: Insides }> = async (clock, settings, undo) => {
  const { broker, postgres, folder: data } = await ground(undo);
  const ports = await freePorts(4);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const kek = randomBytes(32).toString('base64');
  const urlFor = (service: string) => postgres.urlFor(`rollcall_${service}`);
  const shared = {
    ...settings,
    ROLLCALL_DATABASE_OWNER_URL: postgres.ownerUrl,
    ROLLCALL_INTERNAL_SECRET: randomBytes(32).toString('hex'),
    ROLLCALL_KEK: kek,
    ROLLCALL_CLOCK: `manual:${clock}`,
    KAFKA_BROKERS: broker.brokers.join(','),
  };
  // The gateway reads these; consent where membership is, retention where all others are.
  const upstreams = {
    ROLLCALL_MEMBERSHIP_URL: urls[0]!,
    ROLLCALL_CONSENT_URL: urls[1]!,
    ROLLCALL_RETENTION_URL: urls[2]!,
    ROLLCALL_GATEWAY_URL: urls[3]!,
  };
  const started = (['membership', 'consent', 'retention', 'gateway'] as const).map((service, index) => {
    const own = { ROLLCALL_DATABASE_URL: urlFor(service), PORT: String(ports[index]) };
    return run(service, { ...shared, ...upstreams, ...own }, undo);
  });
  await Promise.all(started.map((output, index) => ready(urls[index]!, output)));
  const [, key] = await started[3]!.says(/shown once: (\S+)/);
  const insides = {
    brokers: broker.brokers,
    folders: [data, ...(broker.folder ? [broker.folder] : [])],
    ownerUrl: postgres.ownerUrl,
    urlFor,
    kek,
    pids: [postgres.pid, ...started.map(({ child }) => child.pid!)],
    output: () => started.map(({ all }) => all()).join('\n'),
  };
  return { url: urls[3]!, key: key!, insides };
};

const start: Readonly<Record<Mode, Start>> = {
  standalone: async (clock, settings, undo) => {
    const ROLLCALL_DATA = await folder(undo);
    const own = { ROLLCALL_DATA, ROLLCALL_CLOCK: `manual:${clock}`, PORT: '0' };
    const output = run('standalone', { ...settings, ...own }, undo);
    const [, key, url] = await output.says(/keep it:\s+(\S+)[\s\S]*?API\s+(\S+)\/v1/);
    return { url: url!, key: key! };
  },
  kafka: async (clock, settings, undo) => {
    const { url, key } = await onKafka(clock, settings, undo);
    return { url, key };
  },
};

async function ground(undo: Undo) {
  const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>) => {
    const started = await starting;
    undo.push(() => started.stop());
    return started;
  };
  const data = await folder(undo);
  const both = [kept(startBroker()), kept(startEmbeddedPostgres(data))] as const;
  await Promise.allSettled(both); // so that the one that started can be ended when the other did not
  return { broker: await both[0], postgres: await both[1], folder: data };
}

async function folder(undo: Undo): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rollcall-rehearsal-'));
  undo.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

interface Output {
  readonly child: ChildProcess;
  /** Resolves with the first match in what the process writes. Rejects with all of it when the process ends, or after two minutes. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Everything it wrote, for the error message. */
  readonly all: () => string;
}

/** Runs one of the product's processes from the build. */
function run(app: string, settings: Settings, undo: Undo): Output {
  const entry = join(builtFolder(), 'apps', app, 'main.js');
  const { PATH, HOME, LANG, TMPDIR, LOG_LEVEL } = process.env;
  const env = { PATH, HOME, LANG, TMPDIR, LOG_LEVEL: LOG_LEVEL ?? 'warn', ...settings };
  const child = spawn(process.execPath, ['--enable-source-maps', entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  undo.push(() => end(child));
  const says = async (pattern: RegExp) => {
    for (const limit = Date.now() + STARTING; Date.now() < limit && !hasEnded(child); await delay(20)) {
      const match = pattern.exec(text);
      if (match) return match;
    }
    throw new Error(`The ${app} process did not start:\n${text.slice(-3000)}`);
  };
  return { child, says, all: () => text };
}

/** The compiled product: this file's own tree when it is compiled, else `dist` beside the sources. */
export function builtFolder(): string {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  return existsSync(join(root, 'package.json')) ? join(root, 'dist') : root;
}

async function ready(url: string, { child, all }: Output): Promise<void> {
  for (const limit = Date.now() + STARTING; Date.now() < limit && !hasEnded(child); await delay(50)) {
    const isReady = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
  }
  throw new Error(`Not ready at ${url}:\n${all().slice(-3000)}`);
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), STOPPING);
  await ended;
  clearTimeout(kill);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
