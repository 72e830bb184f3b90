import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { FEEDS_TOPIC } from '../transport.js';
import { retry } from './options.js';

/**
 * What the group has committed is no longer, or not yet, in the topic: messages were deleted before the group saw
 * them, or the topic was made anew. Going on would skip or repeat silently, so it takes a decision [R12].
 */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  constructor(group: string, place: string, committed: string, range: Range) {
    super(`Group ${group} stands at ${committed} in ${place}, which holds ${range.low} to ${range.high}`);
  }
}

/**
 * Others name people on the feeds topic in clear, so it is not left to how long the brokers keep everything else: a week, and at most a
 * day more, as Kafka deletes a day's file as a whole [R33].
 */
const FORGETFUL = [
  { name: 'retention.ms', value: '604800000' },
  { name: 'segment.ms', value: '86400000' },
];

/** Creates the missing topics and resolves when each has a leader. Another process doing the same does no harm. */
export async function createMissing(
  kafka: Kafka,
  topics: readonly string[],
  { partitions, replication }: { partitions: number; replication: number },
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const present = new Set(await admin.listTopics());
    const missing = [...new Set(topics)].filter((topic) => !present.has(topic));
    if (missing.length === 0) return; // also at a second attempt: the broker did not know yet what it had just created
    // The broker unpacks what others compressed: kafkajs cannot read most of it, and the consumer would die of it.
    const configEntries = [
      { name: 'compression.type', value: 'uncompressed' },
      { name: 'unclean.leader.election.enable', value: 'false' },
      // By their own clock: brokers refuse what is stamped more than an hour ahead, and drop what is stamped long ago.
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ];
    if (replication >= 3) configEntries.push({ name: 'min.insync.replicas', value: '2' });
    await admin.createTopics({
      timeout: 15_000,
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replication,
        configEntries: topic === FEEDS_TOPIC ? [...configEntries, ...FORGETFUL] : configEntries,
      })),
    });
    await admin.fetchTopicMetadata({ topics: missing });
  });
}

/**
 * Rejects with `OffsetOutOfRange` when the group's place in one of the topics is outside what the topic holds, or is gone together with
 * messages: Kafka forgets the places of its groups with the topic, and an empty one would then look like a first start [R12].
 * `handled` is how many different messages of each topic the group knows to have handled.
 */
export async function checkOffsets(
  kafka: Kafka,
  group: string,
  topics: readonly string[],
  handled: ReadonlyMap<string, number> = new Map(),
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const places = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
    for (const { topic, partitions } of places) {
      const ranges = await admin.fetchTopicOffsets(topic);
      for (const { partition, offset } of partitions) {
        const range = ranges.find((candidate) => candidate.partition === partition);
        if (range && isOutside(offset, range)) {
          throw new OffsetOutOfRange(group, `${topic}/${partition}`, offset, range);
        }
      }
      const isNew = partitions.every(({ offset }) => BigInt(offset) < 0n);
      if (isNew) checkFirstStart(group, topic, ranges, BigInt(handled.get(topic) ?? 0));
    }
  });
}

type Range = { low: string; high: string };

/** A group without a place cannot have handled more messages than the topic ever held, nor any that were deleted. */
function checkFirstStart(group: string, topic: string, ranges: readonly Range[], handled: bigint): void {
  const low = ranges.reduce((sum, range) => sum + BigInt(range.low), 0n);
  const high = ranges.reduce((sum, range) => sum + BigInt(range.high), 0n);
  if (handled === 0n || (low === 0n && handled <= high)) return;
  throw new OffsetOutOfRange(group, topic, `no place after ${handled} messages`, { low: `${low}`, high: `${high}` });
}

/** A negative offset means that the group has not committed anything yet. */
function isOutside(offset: string, { low, high }: Range): boolean {
  const committed = BigInt(offset);
  return committed >= 0n && (committed < BigInt(low) || committed > BigInt(high));
}

/**
 * Puts the group at the beginning of each topic, so that it gets everything there is once more. Rejects while a member of the group is
 * running. The topics must exist.
 */
export async function rewind(kafka: Kafka, group: string, topics: readonly string[]): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    for (const topic of topics) {
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => ({
        partition,
        offset: low,
      }));
      await admin.setOffsets({ groupId: group, topic, partitions });
    }
  });
}

/** Runs the work with a connection of its own, as `settled` does. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin({ retry });
  await admin.connect();
  try {
    return await settled(() => work(admin));
  } finally {
    await admin.disconnect();
  }
}

/**
 * Runs the work, and again when the brokers say that they will be ready in a moment. kafkajs does not see to that: a broker that has not
 * yet heard of a topic that was created a moment ago answers that it does not host it, and kafkajs gives up at once.
 */
export async function settled<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSError) || !error.retriable || attempt === 20) throw error;
      await delay(250);
    }
  }
}
