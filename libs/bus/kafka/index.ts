/** The transport over Apache Kafka. The only folder that knows kafkajs: none of its types leaves it [R61]. */
import { Kafka, type RetryOptions, type SASLOptions, logLevel } from 'kafkajs';
import {
  type Subscribed,
  type Subscription,
  type Transport,
  type TransportLog,
  TransportStopped,
  publishLimit,
} from '../transport.js';
import { type Consumer, consume } from './consumer.js';
import {
  type KafkaOptions,
  defaultPartitions,
  defaultReplication,
  logToStandardError,
  questionRetry,
} from './options.js';
import { openPatience } from './patience.js';
import { watchProgress } from './progress.js';
import { openSender } from './sender.js';
import { readFacts, weaknessesOf } from './safety.js';
import { checkOffsets, createMissing, rewind } from './topics.js';

export type { KafkaOptions } from './options.js';
export { OffsetOutOfRange } from './topics.js';

/** How long a consumer may be joining its group before the process counts as unhealthy, in milliseconds [R11]. */
const joiningLimit = 60_000;

/**
 * A transport over the given brokers. Nothing is connected before it is needed.
 * `subscribe` also rejects with `OffsetOutOfRange` (see there); where that is found in the background, `onFatal` tells of it.
 */
export function kafkaTransport(options: KafkaOptions): Transport {
  const { sessionTimeout = 10_000, log = logToStandardError } = options;
  const { partitions = defaultPartitions, replication = defaultReplication } = options;
  const kafka = connectionTo(options, log);
  const sender = openSender(kafka, options.limit ?? publishLimit);
  const consumers = new Set<Consumer>();
  const listeners: ((error: Error) => void)[] = [];
  let died: Error | undefined;
  let closed = false;

  const fatal = (error: Error) => {
    if (died) return;
    died = error;
    for (const listener of listeners) listener(error);
  };

  const asking = connectionTo(options, log, questionRetry(options.brokers.length));
  const patience = openPatience(asking, log, fatal);
  const endWatch = watchProgress(kafka, consumers, log, fatal);

  const join = async (subscription: Subscription): Promise<Consumer> => {
    await checkOffsets(kafka, subscription.group, subscription.topics, subscription.handled);
    const consumer = await consume(kafka, subscription, { sessionTimeout, log, fatal });
    consumers.add(consumer);
    if (closed) await consumer.stop();
    return consumer;
  };

  return {
    publish: (messages) => sender.publish(messages),
    subscribe: async (subscription) => {
      if (closed) throw new TransportStopped('The transport');
      return joined(
        (work) => patience.once(`group ${subscription.group}`, work),
        () => join(subscription),
      );
    },
    ensureTopics: (topics) =>
      patience.once(`topics ${topics.join(', ')}`, () => createMissing(kafka, topics, { partitions, replication })),
    answers: () => patience.answers(),
    onceReachable: (what, work) => patience.once(what, work),
    onFatal: (listener) => {
      listeners.push(listener);
      if (died) listener(died);
    },
    healthy: () => {
      const waiting = patience.waiting().map((what) => `no broker answered yet for ${what}`);
      const problems = [closed ? 'closed' : '', sender.failure() ?? '', ...[...consumers].map(problemOf), ...waiting];
      const found = problems.filter((problem) => problem !== '');
      return { ok: found.length === 0, detail: found.join('; ') || `${consumers.size} groups on Kafka` };
    },
    close: async () => {
      closed = true;
      patience.close();
      endWatch();
      await Promise.all([...consumers].map((consumer) => consumer.stop()));
      await sender.close();
    },
  };
}

/** A subscription that may still be waiting for the brokers: it is `starting` until then, and stopping it keeps it from joining. */
async function joined(
  once: (work: () => Promise<void>) => Promise<void>,
  join: () => Promise<Consumer>,
): Promise<Subscribed> {
  let consumer: Consumer | undefined;
  let isStopped = false;
  await once(async () => {
    if (isStopped) return;
    consumer = await join();
    if (isStopped) await consumer.stop();
  });
  return {
    status: () => consumer?.status() ?? (isStopped ? 'stopped' : 'starting'),
    stop: async () => {
      isStopped = true;
      await consumer?.stop();
    },
  };
}

/**
 * Lets a group get everything in these topics again, from their beginning: the way out of `OffsetOutOfRange`. Creates the topics that are
 * missing. Rejects while the group has a running member. The inbox of the group keeps effects single.
 */
export async function resetGroup(options: KafkaOptions, group: string, topics: readonly string[]): Promise<void> {
  const { partitions = defaultPartitions, replication = defaultReplication, log = logToStandardError } = options;
  const kafka = connectionTo(options, log);
  await createMissing(kafka, topics, { partitions, replication });
  await rewind(kafka, group, topics);
}

/**
 * What about the brokers could lose an acknowledged message, a sentence each with what to do; empty when nothing could [R15]. Creates those
 * of the topics that are missing. `keep` is how long, in milliseconds, messages must be kept, except those of `inbound` topics.
 */
export async function weaknesses(
  options: KafkaOptions,
  { topics, inbound, keep }: { topics: readonly string[]; inbound: readonly string[]; keep: number },
): Promise<string[]> {
  const { partitions = defaultPartitions, replication = defaultReplication, log = logToStandardError } = options;
  const kafka = connectionTo(options, log);
  await createMissing(kafka, topics, { partitions, replication });
  return weaknessesOf(await readFacts(kafka, topics, inbound), keep);
}

const levels: Partial<Record<logLevel, 'error' | 'warn'>> = { [logLevel.ERROR]: 'error', [logLevel.WARN]: 'warn' };

function problemOf(consumer: Consumer): string {
  const status = consumer.status();
  const tooLong = status === 'starting' && consumer.unchangedFor() > joiningLimit;
  return status === 'crashed' || tooLong ? `group ${consumer.group} is ${status}` : '';
}

function connectionTo({ brokers, clientId, ssl, sasl }: KafkaOptions, log: TransportLog, retry?: RetryOptions): Kafka {
  if (sasl?.mechanism === 'plain' && !ssl) throw new Error('SASL plain without TLS would send the password in clear');
  return new Kafka({
    clientId,
    brokers: [...brokers],
    ssl,
    sasl: sasl as SASLOptions | undefined,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    ...(retry && { retry }),
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => {
      const { message, ...fields } = entry.log;
      log(levels[entry.level] ?? 'info', message, fields);
    },
  });
}
