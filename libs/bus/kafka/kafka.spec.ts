import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { Arrivals, eventually, numbered, transportContract } from '../../testing/bus-contract.js';
import { type Broker, startBroker } from '../../testing/kafka.js';
import type { Transport, TransportLog } from '../transport.js';
import { type KafkaOptions, kafkaTransport } from './index.js';
import { standingsOf } from './progress.js';
import { withAdmin as settledAdmin } from './topics.js';

/** Brokers allow no less unless told so. */
const sessionTimeout = 6000;

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
}, 300_000);
afterAll(() => broker.stop());

const open = (more: Partial<KafkaOptions> = {}) =>
  kafkaTransport({ brokers: broker.brokers, clientId: 'spec', sessionTimeout, log: () => {}, ...more });

transportContract('Kafka', { durable: true, sharedGroups: true }, async () => {
  const transport = open();
  let second: Transport | undefined;
  return {
    transport,
    reopen: async () => {
      await transport.close();
      second = open();
      return second;
    },
    close: async () => {
      await transport.close();
      await second?.close();
    },
  };
});

describe('the transport over Kafka', () => {
  const logged: string[] = [];
  const log: TransportLog = (_, message, fields) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  let transport: Transport;
  let topic: string;
  let group: string;

  beforeEach(async () => {
    logged.length = 0;
    transport = open({ log });
    topic = `spec-${randomUUID()}`;
    group = `${topic}.group`;
    await transport.ensureTopics([topic]);
  });
  afterEach(() => transport.close());

  it('[R11] consumes again after a handler has thrown TypeErrors until the consumer crashed', async () => {
    const arrivals = new Arrivals();
    const crashed = () => logged.some((line) => line.startsWith('A consumer crashed'));
    const fatal: Error[] = [];
    transport.onFatal((error) => fatal.push(error));
    const onBatch: Arrivals['take'] = async (batch) => {
      if (!crashed()) throw new TypeError('fetch failed');
      await arrivals.take(batch);
    };
    const subscribed = await transport.subscribe({ group, topics: [topic], onBatch });
    await transport.publish([numbered(topic, 'a', 0)]);
    await eventually('the consumer crashes', crashed);
    await eventually('it consumes again', () => arrivals.messages.length > 0);
    expect(subscribed.status()).toBe('running');
    expect(fatal).toEqual([]);
  });

  it('[R8] delivers again what a process had done but not committed when it was killed', async () => {
    await transport.publish(Array.from({ length: 10 }, (_, n) => numbered(topic, 'a', n)));
    const killed = consumeInChild({ brokers: broker.brokers, group, topic });
    await eventually('the child has begun', () => killed.done.length > 0);
    killed.child.kill('SIGKILL');
    const arrivals = new Arrivals();
    await transport.subscribe({ group, topics: [topic], onBatch: arrivals.take });
    await eventually('all are handled', () => arrivals.numbers().length === 10);
    const redelivered = arrivals.numbers().filter((number) => killed.done.includes(number));
    expect(redelivered.length).toBeGreaterThan(0);
    killed.tidy();
  });

  it('[R8] keeps its place in the group while a handler takes longer than a silent member is waited for', async () => {
    const arrivals = new Arrivals();
    let calls = 0;
    const subscribed = await transport.subscribe({
      group,
      topics: [topic],
      onBatch: async (batch) => {
        await arrivals.take(batch);
        if (calls++ === 0) await delay(1.4 * sessionTimeout);
      },
    });
    await transport.publish([numbered(topic, 'a', 0)]);
    await transport.publish([numbered(topic, 'a', 1)]);
    await eventually('both are handled', () => arrivals.numbers().length === 2);
    await subscribed.stop();
    expect(arrivals.messages).toHaveLength(2);
  });

  it('[R12] refuses to start a group whose place in the topic has been deleted, or never was', async () => {
    const { messages: handled, take } = new Arrivals();
    const subscription = { group, topics: [topic], onBatch: take };
    const subscribed = await transport.subscribe(subscription);
    await transport.publish([numbered(topic, 'a', 0)]);
    await eventually('the message is handled', () => handled.length === 1);
    await subscribed.stop();
    await transport.publish([numbered(topic, 'a', 1), numbered(topic, 'a', 2)]);
    const partition = handled[0]?.partition ?? 0;
    await withAdmin(async (admin) => {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: '3' }] });
    });
    const deleted = `Group ${group} stands at 1 in ${topic}/${partition}, which holds 3 to 3`;
    await expect(transport.subscribe(subscription)).rejects.toThrow(deleted);

    const place = { groupId: group, topic, partitions: [{ partition, offset: '9' }] };
    await withAdmin((admin) => admin.setOffsets(place));
    await expect(transport.subscribe(subscription)).rejects.toMatchObject({ name: 'OffsetOutOfRange' });
  });

  it('[R11] tells of a consumer that can never go on, once', async () => {
    const fatal: Error[] = [];
    transport.onFatal((error) => fatal.push(error));
    const foreign = `${topic}-foreign`;
    await settledAdmin(client(), (admin) => admin.createTopics({ topics: [{ topic: foreign }], timeout: 10_000 }));
    const subscribed = await transport.subscribe({ group, topics: [foreign], onBatch: async () => {} });
    await publishCompressed(foreign);
    await eventually('the death is told', () => fatal.length > 0);
    // The driver may fail at the compression or, where it was sent a part of the batch, at the end of the buffer: in vain either way.
    expect(fatal).toHaveLength(1);
    expect(subscribed.status()).toBe('crashed');
    expect(transport.healthy()).toEqual({ ok: false, detail: `group ${group} is crashed` });
  });

  it('reads what another producer compressed, from a topic of its own making', async () => {
    const arrivals = new Arrivals();
    await transport.subscribe({ group, topics: [topic], onBatch: arrivals.take });
    await publishCompressed(topic);
    await eventually('it is there', () => arrivals.messages.length === 1);
    expect(arrivals.messages[0]?.value.toString()).toBe('x'.repeat(99));
  });

  it('publishes more at once than the broker takes in one request, in order', async () => {
    const arrivals = new Arrivals();
    await transport.subscribe({ group, topics: [topic], onBatch: arrivals.take });
    const value = Buffer.alloc(200_000);
    await transport.publish(Array.from({ length: 12 }, (_, n) => ({ ...numbered(topic, 'a', n), value })));
    await eventually('all are there', () => arrivals.numbers().length === 12);
    expect(arrivals.numbers()).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it('[R18] gives a publishing up when no broker answers within the limit, and says so', async () => {
    const away = open({ brokers: ['127.0.0.1:1'], limit: 200 });
    await expect(away.publish([numbered(topic, 'a', 0)])).rejects.toThrow('within 200 ms');
    expect(away.healthy()).toMatchObject({ ok: false });
    await away.close();
  });

  it('[R14] starts without brokers, and consumes when they come', async () => {
    const seed = await closedDoor();
    const late = open({ brokers: seed.brokers, log });
    const arrivals = new Arrivals();
    const made = `${topic}-late`;
    await late.ensureTopics([made]);
    const subscribed = await late.subscribe({ group, topics: [made], onBatch: arrivals.take });
    expect(await late.answers()).toBe(false);
    expect(subscribed.status()).toBe('starting');
    expect(late.healthy()).toMatchObject({ ok: false, detail: expect.stringContaining(`for group ${group}`) });
    await seed.openTo(broker.brokers[0]!);
    await eventually('it has joined', () => subscribed.status() === 'running');
    await late.publish([numbered(made, 'a', 0)]);
    await eventually('the message is handled', () => arrivals.messages.length === 1);
    await eventually('it says that it is well', () => late.healthy().ok);
    await late.close();
    await seed.close();
  });

  it('[R12] tells of a place that is lost also when the brokers come later', async () => {
    const seed = await closedDoor();
    const late = open({ brokers: seed.brokers, log });
    const fatal: Error[] = [];
    late.onFatal((error) => fatal.push(error));
    const handled = new Map([[topic, 5]]);
    await late.subscribe({ group, topics: [topic], handled, onBatch: async () => {} });
    await seed.openTo(broker.brokers[0]!);
    await eventually('it is told', () => fatal.length > 0);
    expect(fatal).toMatchObject([{ name: 'OffsetOutOfRange' }]);
    await late.close();
    await seed.close();
  });

  it('[R11] sees how far a group is behind in what its member holds', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => (release = done));
    await transport.publish([numbered(topic, 'a', 0), numbered(topic, 'a', 1)]);
    const { messages, take } = new Arrivals();
    const onBatch: Arrivals['take'] = (batch) => take(batch).then(() => held);
    const subscribed = await transport.subscribe({ group, topics: [topic], onBatch });
    await eventually('they are in hand', () => messages.length === 2);
    const partition = messages[0]!.partition;
    const look = (assigned: number[]) => standingsOf(client(), group, { [topic]: assigned });
    expect(await look([partition])).toEqual([{ place: `${topic}/${partition}`, committed: 0n, end: 2n }]);
    expect(await look([])).toEqual([]);
    release();
    await subscribed.stop();
    expect(await look([partition])).toMatchObject([{ committed: 2n }]);
  });

  it('refuses to send a password in clear', () => {
    const sasl = { mechanism: 'plain', username: 'rollcall', password: 'secret' } as const;
    expect(() => open({ sasl })).toThrow('in clear');
    expect(() => open({ sasl, ssl: true })).not.toThrow();
  });
});

/** An address nobody listens at, until it is opened and leads to a broker. */
async function closedDoor() {
  const server = createServer();
  const listen = (port: number) =>
    new Promise<number>((done) => server.listen(port, '127.0.0.1', () => done((server.address() as AddressInfo).port)));
  const close = () => new Promise<void>((done) => server.close(() => done()));
  const port = await listen(0);
  await close();
  return {
    brokers: [`127.0.0.1:${port}`],
    openTo: async (address: string) => {
      const [host, to] = address.split(':');
      server.on('connection', (socket) => {
        const onward = connect(Number(to), host);
        socket.on('error', () => onward.destroy());
        onward.on('error', () => socket.destroy());
        socket.pipe(onward).pipe(socket);
      });
      await listen(port);
    },
    close,
  };
}

const client = () =>
  new kafkajs.Kafka({ clientId: 'other', brokers: broker.brokers, logLevel: kafkajs.logLevel.NOTHING });

async function withAdmin(work: (admin: kafkajs.Admin) => Promise<unknown>): Promise<void> {
  const admin = client().admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Publishes as another producer might, in a form that kafkajs cannot read. */
async function publishCompressed(topic: string): Promise<void> {
  const { CompressionCodecs, CompressionTypes, Partitioners } = kafkajs;
  const unable = CompressionCodecs[CompressionTypes.ZSTD];
  const compress = async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer);
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({ compress, decompress: async () => Buffer.alloc(0) });
  const producer = client().producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic, compression: CompressionTypes.ZSTD, messages: [{ key: 'a', value: 'x'.repeat(99) }] });
  await producer.disconnect();
  CompressionCodecs[CompressionTypes.ZSTD] = unable;
}

/** Consumes in a process of its own, which says what it has done and then hangs before it can commit. */
function consumeInChild(options: { brokers: string[]; group: string; topic: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-consumer-'));
  const root = resolve(import.meta.dirname, '../../..');
  const swc = join(root, 'node_modules/@swc/cli/bin/swc.js');
  execFileSync(process.execPath, [swc, 'libs/bus', '-d', folder, '--ignore', '**/*.spec.ts', '--quiet'], { cwd: root });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const script = `
    import { kafkaTransport } from './libs/bus/kafka/index.js';
    const { brokers, group, topic } = ${JSON.stringify(options)};
    const transport = kafkaTransport({ brokers, clientId: 'child', sessionTimeout: 6000 });
    const onBatch = async (batch) => {
      for (const message of batch) console.log(message.headers.number);
      await new Promise(() => {});
    };
    await transport.subscribe({ group, topics: [topic], onBatch });
  `;
  writeFileSync(join(folder, 'main.js'), script);
  const child: ChildProcess = spawn(process.execPath, [join(folder, 'main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const done: number[] = [];
  child.stdout?.on('data', (text: Buffer) => done.push(...text.toString().trim().split('\n').map(Number)));
  return { child, done, tidy: () => rmSync(folder, { recursive: true, force: true }) };
}
