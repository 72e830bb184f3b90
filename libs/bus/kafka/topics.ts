import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { retry } from './options.js';

/**
 * What the group has committed is no longer, or not yet, in the topic: messages were deleted before the group saw
 * them, or the topic was made anew. Going on would skip or repeat silently, so it takes a decision [R12].
 */
export class OffsetOutOfRange extends Error {
  override readonly name = 'OffsetOutOfRange';
  constructor(group: string, place: string, committed: string, range: { low: string; high: string }) {
    super(`Group ${group} stands at ${committed} in ${place}, which holds ${range.low} to ${range.high}`);
  }
}

/** Creates the missing topics and resolves when each has a leader. Another process doing the same does no harm. */
export async function createMissing(
  kafka: Kafka,
  topics: readonly string[],
  { partitions, replication }: { partitions: number; replication: number },
): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const present = new Set(await admin.listTopics());
    const missing = [...new Set(topics)].filter((topic) => !present.has(topic));
    if (missing.length === 0) return;
    // The broker unpacks what others compressed: kafkajs cannot read most of it, and the consumer would die of it.
    const configEntries = [{ name: 'compression.type', value: 'uncompressed' }];
    if (replication >= 3) configEntries.push({ name: 'min.insync.replicas', value: '2' });
    await admin.createTopics({
      timeout: 15_000,
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replication,
        configEntries,
      })),
    });
    await admin.fetchTopicMetadata({ topics: missing });
  });
}

/** Rejects with `OffsetOutOfRange` when the group's place in one of the topics is outside what the topic holds. */
export async function checkOffsets(kafka: Kafka, group: string, topics: readonly string[]): Promise<void> {
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
    }
  });
}

/** A negative offset means that the group has not committed anything yet. */
function isOutside(offset: string, { low, high }: { low: string; high: string }): boolean {
  const committed = BigInt(offset);
  return committed >= 0n && (committed < BigInt(low) || committed > BigInt(high));
}

/** Runs the work, and again when the brokers say that they will be ready in a moment; kafkajs does not see to that. */
async function withAdmin(kafka: Kafka, work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = kafka.admin({ retry });
  await admin.connect();
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work(admin);
      } catch (error) {
        if (!(error instanceof kafkajs.KafkaJSError) || !error.retriable || attempt === 20) throw error;
        await delay(250);
      }
    }
  } finally {
    await admin.disconnect();
  }
}
