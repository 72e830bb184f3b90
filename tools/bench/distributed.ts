import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What the four services stand on: brokers, and a database that its owner may set up. */
interface Foundation {
  readonly brokers: readonly string[];
  readonly ownerUrl: string;
  readonly urlFor: (user: string) => string;
}

/** Starts the four services from the build, each a process of its own, over Kafka; resolves when all of them are ready. */
export async function startDistributed({ brokers, ownerUrl, urlFor }: Foundation) {
  const ports = await Promise.all(Array.from({ length: 4 }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const shared = {
    PATH: process.env['PATH'],
    LOG_LEVEL: 'error',
    ROLLCALL_DATABASE_OWNER_URL: ownerUrl,
    ROLLCALL_INTERNAL_SECRET: randomBytes(32).toString('hex'),
    ROLLCALL_KEK: randomBytes(32).toString('base64'),
    KAFKA_BROKERS: brokers.join(','),
    ROLLCALL_MEMBERSHIP_URL: urls[1],
    ROLLCALL_CONSENT_URL: urls[2],
    ROLLCALL_RETENTION_URL: urls[3],
    ROLLCALL_GATEWAY_URL: urls[0],
  };
  let said = '';
  const processes = ['gateway', 'membership', 'consent', 'retention'].map((service, nr) => {
    const own = { ROLLCALL_DATABASE_URL: urlFor(`rollcall_${service}`), PORT: String(ports[nr]) };
    const child = spawn(
      process.execPath,
      ['--disable-warning=TimeoutNegativeWarning', `dist/apps/${service}/main.js`],
      {
        env: { ...shared, ...own },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return child;
  });
  const stop = async () => void (await Promise.all(processes.map(end)));
  try {
    for (const url of urls) await ready(url, processes);
    return { url: urls[0]!, key: await firstKey(() => said), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The gateway shows it a moment after it is ready. */
async function firstKey(said: () => string): Promise<string> {
  for (const limit = performance.now() + 30_000; performance.now() < limit; await delay(20)) {
    const key = /shown once: (\S+)/.exec(said())?.[1];
    if (key) return key;
  }
  throw new Error('The gateway showed no key');
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

async function ready(url: string, processes: readonly ChildProcess[]): Promise<void> {
  const isReady = () =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  for (const limit = performance.now() + 120_000; !(await isReady()); await delay(50))
    if (performance.now() > limit || processes.some(hasEnded)) throw new Error(`Nothing is ready at ${url}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
