/** A Kafka cluster of three nodes in KRaft mode, each broker and controller in one, whose processes can be killed one by one. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kafkaJars } from '../../libs/testing/kafka.js';
import { clusterOf } from '../../libs/testing/witness.js';
import { ending, freePorts, type Guard, hasEnded, until } from './ground.js';

const run = promisify(execFile);
const NODES = [1, 2, 3] as const;
const STARTING = 300; // seconds

interface Jars {
  readonly classPath: string;
  readonly logging: string;
}

/** One node; its address stays the same however often it is started. */
export class Node {
  private child: ChildProcess | undefined;

  constructor(
    readonly id: number,
    readonly address: string,
    readonly folder: string,
    private readonly jars: Jars,
    private readonly guard: Guard,
  ) {}

  get isUp(): boolean {
    return this.child !== undefined && !hasEnded(this.child);
  }

  /** Starts the process; it answers a few seconds later. */
  async start(): Promise<void> {
    if (this.isUp) return;
    const output = await open(join(this.folder, 'broker.log'), 'a');
    const memory = ['-Xms96m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
    const logging = `-Dlog4j2.configurationFile=${this.jars.logging}`;
    const command = [...memory, logging, '-cp', this.jars.classPath, 'kafka.Kafka', join(this.folder, 'properties')];
    const child = spawn('java', command, { stdio: ['ignore', output.fd, output.fd] });
    await output.close();
    this.child = child;
    this.guard.watch(child.pid!);
    child.once('exit', () => this.guard.release(child.pid!));
  }

  /** Ends the process: SIGKILL as a crash does, SIGTERM in order, SIGSTOP and SIGCONT to let it sleep. Resolves when it has ended, if it does. */
  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    if (!this.child || !this.isUp) return;
    this.child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ending(this.child);
  }
}

export class Brokers {
  private constructor(readonly nodes: readonly Node[]) {}

  get addresses(): string[] {
    return this.nodes.map(({ address }) => address);
  }

  /** Makes and starts the three nodes; resolves when all are in the cluster. */
  static async start(folder: string, guard: Guard): Promise<Brokers> {
    const jars = await kafkaJars();
    const ports = await freePorts(2 * NODES.length);
    const cluster = randomBytes(16).toString('base64url').replace(/^-/, '_');
    const voters = NODES.map((id, index) => `${id}@127.0.0.1:${ports[NODES.length + index]}`).join();
    const nodes = NODES.map(
      (id, index) => new Node(id, `127.0.0.1:${ports[index]}`, join(folder, `broker-${id}`), jars, guard),
    );
    await Promise.all(
      nodes.map(async (node, index) => {
        await mkdir(node.folder, { recursive: true });
        const file = join(node.folder, 'properties');
        await writeFile(file, settings(node, voters, ports[NODES.length + index]!));
        const format = ['kafka.tools.StorageTool', 'format', '-t', cluster, '-c', file];
        await run('java', ['-XX:TieredStopAtLevel=1', '-cp', jars.classPath, ...format], { timeout: STARTING * 1000 });
        await node.start();
      }),
    );
    const brokers = new Brokers(nodes);
    await brokers.whole();
    return brokers;
  }

  /** Starts those that are down. */
  async startAll(): Promise<void> {
    for (const node of this.nodes) await node.start();
  }

  async killAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.signal('SIGKILL')));
  }

  /** Resolves when every node is in the cluster and, where a topic is named, every replica of it is in sync; with the seconds waited. */
  whole(topic?: string): Promise<number> {
    return until('all brokers are in the cluster', STARTING, async () => {
      const seen = await clusterOf(this.addresses, topic).catch(() => undefined);
      return seen?.alive.length === NODES.length && (seen.inSync ?? NODES.length) === NODES.length;
    });
  }

  /** The node that leads the first partition of a topic. */
  async leaderOf(topic: string): Promise<Node> {
    const { leader } = await clusterOf(this.addresses, topic);
    return this.nodes.find(({ id }) => id === leader)!;
  }

  /** The node that leads the controllers, as the quorum has written it down. */
  async controller(): Promise<Node> {
    const file = join(this.nodes[0]!.folder, 'data', '__cluster_metadata-0', 'quorum-state');
    const { leaderId } = JSON.parse(await readFile(file, 'utf8')) as { leaderId: number };
    return this.nodes.find(({ id }) => id === leaderId) ?? this.nodes[0]!;
  }
}

function settings({ id, address, folder }: Node, voters: string, controllerPort: number): string {
  const values = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://${address},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${address}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    // As in production: nothing is acknowledged before two replicas have it, and nobody leads who lacks it.
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'unclean.leader.election.enable': false,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 3,
    'transaction.state.log.replication.factor': 3,
    'share.coordinator.state.topic.replication.factor': 3,
    // Small and quick.
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 6000,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
