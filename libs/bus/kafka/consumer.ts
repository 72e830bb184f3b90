import { setTimeout as delay } from 'node:timers/promises';
import type { EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs';
import {
  type ReceivedMessage,
  type Subscribed,
  type Subscription,
  type TransportLog,
  type TransportStatus,
  TransportStopped,
  batchLimit,
  inPieces,
  reasonOf,
} from '../transport.js';
import { retry } from './options.js';
import { settled } from './topics.js';

const tries = 4;
const firstPause = 100;
const beat = 1000;
const beatFor = 60_000;

export interface ConsumerSettings {
  sessionTimeout: number;
  log: TransportLog;
  /** Called when kafkajs has given the consumer up. */
  fatal: (error: Error) => void;
}

/** Topic → the partitions a member holds. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

export interface Consumer extends Subscribed {
  readonly group: string;
  /** What it held when it last joined. */
  assigned(): Assignment;
  /** When it last had a batch in hand: now, while it has one. Process time in milliseconds. */
  handedAt(): number;
  /** Milliseconds since the status last changed. */
  unchangedFor(): number;
}

/**
 * Joins the group and hands over its batches. An offset is committed only after `onBatch` has resolved [R8].
 * Rejects when the brokers or the topics are not there; a fault while joining shows in the status, as any later one.
 */
export async function consume(
  kafka: Kafka,
  subscription: Subscription,
  { sessionTimeout, log, fatal }: ConsumerSettings,
): Promise<Consumer> {
  const { group, topics } = subscription;
  let [status, since, stopping]: [TransportStatus, number, boolean] = ['starting', performance.now(), false];
  let [assigned, handedAt, inHand]: [Assignment, number, boolean] = [{}, performance.now(), false];
  const become = (next: TransportStatus) => {
    if (status !== next) [status, since] = [next, performance.now()];
  };
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout,
    heartbeatInterval: beat,
    rebalanceTimeout: 60_000,
    // A stop waits for the fetch under way, so it must not be a long one.
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    retry: { ...retry, restartOnFailure: async () => !stopping },
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
    assigned = memberAssignment;
    become('running');
  });
  consumer.on(consumer.events.REBALANCING, () => become('starting'));
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    log('error', 'A consumer crashed', { group, reason: reasonOf(error), restart });
    if (stopping) return;
    become(restart ? 'starting' : 'crashed');
    if (!restart) fatal(error);
  });
  const stop = async () => {
    stopping = true;
    await consumer.disconnect();
    become('stopped');
  };
  try {
    await consumer.connect();
    await settled(() => consumer.subscribe({ topics: [...topics], fromBeginning: true }));
  } catch (error) {
    await stop();
    throw error;
  }
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => {
      // kafkajs may go on for a while after it was stopped amid joining.
      if (stopping) throw new TransportStopped(`Group ${group}`);
      inHand = true;
      try {
        await handle(payload, subscription, log, () => stopping);
      } finally {
        [inHand, handedAt] = [false, performance.now()];
      }
    },
  });
  return {
    group,
    assigned: () => assigned,
    handedAt: () => (inHand ? performance.now() : handedAt),
    status: () => status,
    unchangedFor: () => performance.now() - since,
    stop,
  };
}

/** Hands one fetched batch over in pieces, and commits each piece as soon as it has been handled. */
async function handle(
  payload: EachBatchPayload,
  subscription: Subscription,
  log: TransportLog,
  isStopping: () => boolean,
): Promise<void> {
  const { topic, partition, messages } = payload.batch;
  for (const piece of inPieces(messages, batchLimit)) {
    if (!payload.isRunning() || payload.isStale()) return;
    const received = piece.map((message) => receive(topic, partition, message));
    await handOver(payload, subscription, received, log, isStopping);
    const last = piece.at(-1)?.offset ?? '';
    const offset = String(BigInt(last) + 1n);
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    payload.resolveOffset(last);
    await payload.heartbeat();
  }
}

/**
 * Calls the handler, again after a pause when it rejects, a few times while the group is kept alive.
 * Then it throws: kafkajs fetches anew, and in the end leaves and joins the group again. What is thrown is a plain
 * Error whatever the handler threw, since kafkajs gives a consumer up for good over a TypeError and its like [R11].
 */
async function handOver(
  payload: EachBatchPayload,
  subscription: Subscription,
  received: readonly ReceivedMessage[],
  log: TransportLog,
  isStopping: () => boolean,
): Promise<void> {
  let lost: unknown;
  // A group that is being divided anew is no reason to drop work in hand: kafkajs is told afterwards.
  const heartbeat = () => payload.heartbeat().catch((error: unknown) => void (lost = error));
  for (let attempt = 1, pause = firstPause; ; attempt += 1, pause *= 2) {
    try {
      return await beating(heartbeat, () => subscription.onBatch(received, heartbeat));
    } catch (error) {
      const reason = reasonOf(error);
      log('warn', 'A batch was not handled and comes again', { group: subscription.group, reason, pause });
      if (attempt === tries || isStopping()) throw new Error(`The handler failed: ${reason}`, { cause: error });
    }
    await heartbeat();
    if (lost !== undefined) throw lost;
    await delay(pause);
  }
}

/**
 * Keeps the member in its group while the handler waits for a slow database, but not for ever: one that hangs for
 * more than a minute without a heartbeat of its own loses its partitions to another member.
 */
async function beating(heartbeat: () => Promise<void>, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - begun < beatFor) void heartbeat();
  }, beat);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}

function receive(topic: string, partition: number, { key, headers, value, offset }: KafkaMessage): ReceivedMessage {
  return {
    topic,
    partition,
    offset,
    key: key?.toString() ?? '',
    headers: textsOf(headers ?? {}),
    value: value ?? Buffer.alloc(0),
  };
}

/** Kafka allows a header name twice; the last one counts. */
function textsOf(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String([value].flat().at(-1) ?? '')]),
  );
}
