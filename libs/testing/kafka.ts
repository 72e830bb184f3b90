/**
 * A real Apache Kafka broker for tests and rehearsals, wherever one can be had:
 * a running one (`KAFKA_BROKERS`), Docker, or Kafka's own jars run by Java.
 * Nothing here depends on a test runner.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

/** A broker to talk to: `host:port` addresses, and how to be done with it. */
export interface Broker {
  brokers: string[];
  /** Where its messages and its log lie, when it is one of ours that runs from the jars. */
  folder?: string;
  /** Ends the broker and deletes its data; a broker that was already running is left alone. */
  stop(): Promise<void>;
}

const run = promisify(execFile);
const kafkaVersion = '4.3.1';
const dockerImage = 'confluentinc/cp-kafka:8.1.0';

/**
 * Starts (or finds) a broker and resolves when it answers.
 * Rejects with what to install when there is no way to get one: a test without a broker fails, it is not skipped.
 */
export async function startBroker(): Promise<Broker> {
  const given = process.env['KAFKA_BROKERS'];
  if (given) return { brokers: given.split(','), stop: async () => {} };
  if (await answers('docker', 'info')) return startInDocker();
  if (await canRunJars()) return startFromJars();
  throw new Error(
    `No Kafka broker for the tests. Do one of these: start Docker; ${installJava}; ` +
      'or set KAFKA_BROKERS=host:port to a broker of Kafka 3.9 or later.',
  );
}

const installJava =
  'install a Java runtime 17 or later and Maven (Debian, Ubuntu: apt install openjdk-17-jre-headless maven; macOS: brew install openjdk maven)';
const canRunJars = async () => (await answers('java', '-version')) && (await answers('mvn', '-version'));

async function answers(command: string, argument: string): Promise<boolean> {
  return run(command, [argument], { timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

async function startInDocker(): Promise<Broker> {
  // Imported only here: it is large, and of no use without Docker.
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(dockerImage)
    .withEnvironment({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000' })
    .start();
  const stop = async () => void (await container.stop());
  return { brokers: [`${container.getHost()}:${container.getMappedPort(9093)}`], stop };
}

/** Where Kafka's own jars lie (fetched once by Maven) as a Java class path, and the settings of its logging. Says what to install where Java or Maven is missing. */
export async function kafkaJars(): Promise<{ classPath: string; logging: string }> {
  if (!(await canRunJars())) throw new Error(`Several Kafka brokers run from Kafka's own jars: ${installJava}.`);
  const tools = toolsFolder();
  return { classPath: join(await fetchJars(tools), '*'), logging: join(tools, 'log4j2.xml') };
}

async function startFromJars(): Promise<Broker> {
  const tools = toolsFolder();
  const jars = join(await fetchJars(tools), '*');
  // Another process may take a port between our asking and Kafka's binding; three tries make that harmless.
  for (let attempt = 1; ; attempt += 1) {
    const broker = await launch(tools, jars);
    if (await ready(broker)) return broker;
    const log = await readFile(broker.log, 'utf8');
    await broker.stop();
    if (attempt === 3) throw new Error(`The Kafka broker did not start:\n${log.slice(-2000)}`);
  }
}

/** Finds `tools/kafka` from the sources as well as from the compiled tree. */
function toolsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'tools', 'kafka', 'pom.xml'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('The folder tools/kafka is missing');
    folder = parent;
  }
  return join(folder, 'tools', 'kafka');
}

/** Fetches the jars once; whoever asks meanwhile waits, as Maven's own store does not bear two writers. */
async function fetchJars(tools: string): Promise<string> {
  const lib = join(tools, 'lib');
  const jars = join(lib, kafkaVersion);
  const lock = join(lib, '.lock');
  const limit = 300_000;
  await mkdir(lib, { recursive: true });
  while (!existsSync(jars)) {
    if (await taken(lock)) {
      try {
        await fetchInto(tools, jars, limit);
      } finally {
        await rm(lock, { recursive: true, force: true });
      }
    } else {
      // A lock older than any fetch may last was left by a process that died.
      const held = await stat(lock).catch(() => undefined);
      if (held && Date.now() - held.mtimeMs > limit) await rm(lock, { recursive: true, force: true });
      await delay(200);
    }
  }
  return jars;
}

const taken = (lock: string) =>
  mkdir(lock).then(
    () => true,
    () => false,
  );

async function fetchInto(tools: string, jars: string, limit: number): Promise<void> {
  if (existsSync(jars)) return;
  const partial = `${jars}.partial`;
  await rm(partial, { recursive: true, force: true });
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  const pom = ['-f', join(tools, 'pom.xml'), `-Dkafka.version=${kafkaVersion}`];
  await run('mvn', ['-q', '-B', ...pom, ...goal], { timeout: limit });
  await rename(partial, jars);
}

interface Launched extends Broker {
  log: string;
  process: ChildProcess;
}

async function launch(tools: string, jars: string): Promise<Launched> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-kafka-'));
  const settings = join(folder, 'server.properties');
  const [brokerPort, controllerPort] = await freePorts();
  const values: Record<string, string> = {
    brokerPort: String(brokerPort),
    controllerPort: String(controllerPort),
    dataFolder: join(folder, 'data'),
  };
  const template = await readFile(join(tools, 'server.properties'), 'utf8');
  await writeFile(
    settings,
    template.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
  );
  // A cluster id beginning with a dash would be read as an option.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, '_');
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', settings, '--standalone'];
  await run('java', ['-XX:TieredStopAtLevel=1', '-cp', jars, ...format], { timeout: 60_000 });
  const log = join(folder, 'broker.log');
  const broker = await spawnBroker(tools, jars, settings, log);
  return { brokers: [`127.0.0.1:${brokerPort}`], folder, log, process: broker, stop: () => end(broker, folder) };
}

/**
 * The broker must not outlive us, even when we are killed: a shell waits on a pipe that only we hold open,
 * and kills the broker when the pipe closes.
 */
async function spawnBroker(tools: string, jars: string, settings: string, log: string): Promise<ChildProcess> {
  const watch = [
    'exec 3<&0',
    '"$@" </dev/null 3<&- &',
    'broker=$!',
    '{ cat <&3 >/dev/null; kill -KILL $broker; } 2>/dev/null &',
    'watcher=$!',
    'exec 3<&-',
    'wait $broker',
    'kill $watcher 2>/dev/null',
  ].join('\n');
  const memory = ['-Xms128m', '-Xmx512m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const logging = `-Dlog4j2.configurationFile=${join(tools, 'log4j2.xml')}`;
  const java = ['java', ...memory, logging, '-cp', jars, 'kafka.Kafka', settings];
  const output = await open(log, 'w');
  const child = spawn('sh', ['-c', watch, 'sh', ...java], { stdio: ['pipe', output.fd, output.fd] });
  await output.close();
  return child;
}

async function end(broker: ChildProcess, folder: string): Promise<void> {
  const ended = broker.exitCode === null && new Promise((resolve) => broker.once('exit', resolve));
  broker.stdin?.end();
  await ended;
  await rm(folder, { recursive: true, force: true });
}

/** Resolves true when the broker answers as a member of its cluster, false when it ended or stayed silent for a minute. */
async function ready(broker: Launched): Promise<boolean> {
  const limit = Date.now() + 60_000;
  while (broker.process.exitCode === null && Date.now() < limit) {
    if (await inCluster(broker.brokers)) return true;
    await delay(100);
  }
  return false;
}

async function inCluster(brokers: string[]): Promise<boolean> {
  const kafka = new Kafka({ clientId: 'start', brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

async function freePorts(): Promise<number[]> {
  const servers = [createServer(), createServer()];
  const listen = (server: ReturnType<typeof createServer>) =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
