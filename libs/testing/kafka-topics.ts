/** A broker's topics as somebody sees them who may read and write all of them, past the product. */
import { randomUUID } from 'node:crypto';
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';

/** A message with all that travels with it; `text` is its key, its headers and its value, a line each. */
export interface Kept {
  readonly topic: string;
  readonly text: string;
}

const clientOf = (brokers: readonly string[]) =>
  new Kafka({ clientId: 'looking', brokers: [...brokers], logLevel: logLevel.NOTHING });

/** Every message of every topic but Kafka's own, from the first that is kept to the last there is now. */
export async function everyMessage(brokers: readonly string[]): Promise<Kept[]> {
  const kafka = clientOf(brokers);
  const ends = await withAdmin(kafka, endsOf);
  const open = new Set([...ends].filter(([, { from, to }]) => from < to).map(([place]) => place));
  const kept: Kept[] = [];
  if (open.size === 0) return kept;
  const consumer = kafka.consumer({ groupId: `looking-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...new Set([...ends.values()].map(({ topic }) => topic))], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const run = consumer.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message: { key, headers = {}, value, offset } }) => {
        const lines = Object.entries(headers).map(([name, given]) => `${name}: ${String(given)}`);
        kept.push({ topic, text: [String(key), ...lines, String(value)].join('\n') });
        const place = `${topic}/${partition}`;
        if (BigInt(offset) + 1n >= ends.get(place)!.to) open.delete(place);
        if (open.size === 0) resolve();
        return Promise.resolve();
      },
    });
    run.catch(reject);
  });
  await consumer.disconnect();
  return kept;
}

async function endsOf(admin: Admin) {
  const ends = new Map<string, { topic: string; from: bigint; to: bigint }>();
  for (const topic of await admin.listTopics())
    if (!topic.startsWith('__'))
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
        ends.set(`${topic}/${partition}`, { topic, from: BigInt(low), to: BigInt(high) });
  return ends;
}

/** Writes one message, as another system does; resolves when the broker has it. */
export async function writeTo(
  brokers: readonly string[],
  topic: string,
  message: { readonly key: string; readonly headers: Record<string, string>; readonly value: string },
): Promise<void> {
  const producer = clientOf(brokers).producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [message] });
  await producer.disconnect();
}

/** A topic's settings by Kafka's own names, with what holds by default. */
export function settingsOf(brokers: readonly string[], topic: string): Promise<Record<string, string>> {
  return withAdmin(clientOf(brokers), async (admin) => {
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  });
}

/** Deletes every message a topic has now, as `kafka-delete-records.sh` does. */
export function emptyTopic(brokers: readonly string[], topic: string): Promise<void> {
  return withAdmin(clientOf(brokers), async (admin) => {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({
      partition,
      offset: high,
    }));
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
