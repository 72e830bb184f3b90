/**
 * Looks at what really lies in Postgres and Kafka, with the bare drivers and none of the product's code: a judge must not ask the judged.
 */
import { randomUUID } from 'node:crypto';
import { type Admin, type IHeaders, Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';

/** One message as it lies in a topic. */
export interface LyingMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** Runs statements over one connection of this URL (a superuser's sees every organisation), and closes it. Instants come as text in UTC. */
export async function lookInto<T>(
  url: string,
  look: (query: <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  client.on('error', () => undefined); // the server was killed: the statement under way says so
  await client.connect();
  try {
    return await look(
      async <Row>(sql: string, parameters: readonly unknown[] = []) =>
        (await client.query(sql, [...parameters])).rows as Row[],
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

const connect = (brokers: readonly string[]) =>
  new Kafka({ clientId: 'witness', brokers: [...brokers], logLevel: logLevel.NOTHING, connectionTimeout: 3_000 });

/** Everything that lies in these topics now, by topic, in order of partition and offset. A topic that is not there is empty. */
export async function lyingIn(
  brokers: readonly string[],
  topics: readonly string[],
): Promise<Map<string, LyingMessage[]>> {
  const found = new Map<string, LyingMessage[]>(topics.map((topic) => [topic, []]));
  const kafka = connect(brokers);
  const left = await withAdmin(kafka, (admin) => ends(admin, topics));
  if (left.size === 0) return found;
  const groupId = `witness-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [...new Set([...left.keys()].map(topicOf))], fromBeginning: true });
  const reading = new Promise<void>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`Not all of the topics could be read: ${[...left.keys()].join()}`)),
      90_000,
    );
    const eachBatch = async ({ batch }: { batch: { topic: string; partition: number; messages: Received[] } }) => {
      const place = `${batch.topic}/${batch.partition}`;
      for (const message of batch.messages) found.get(batch.topic)!.push(lying(batch.partition, message));
      const last = batch.messages.at(-1);
      if (last && BigInt(last.offset) + 1n >= (left.get(place) ?? 0n)) left.delete(place);
      if (left.size > 0) return;
      clearTimeout(limit);
      resolve();
    };
    consumer.run({ autoCommit: false, eachBatch }).catch(reject);
  });
  try {
    await reading;
  } finally {
    await consumer.disconnect();
  }
  await withAdmin(kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
  for (const messages of found.values())
    messages.sort((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  return found;
}

/** Where groups stand in the topics they listen to: the offset each gets next by `group topic/partition`; 0 where it has committed nothing. */
export function placesOf(
  brokers: readonly string[],
  listening: readonly { readonly group: string; readonly topic: string }[],
): Promise<Map<string, bigint>> {
  return withAdmin(connect(brokers), async (admin) => {
    const places = new Map<string, bigint>();
    const standing = async (groupId: string, topics: string[]) => {
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics }))
        for (const { partition, offset } of partitions)
          places.set(`${groupId} ${topic}/${partition}`, BigInt(offset) < 0n ? 0n : BigInt(offset));
    };
    const groups = Map.groupBy(listening, ({ group }) => group);
    await Promise.all([...groups].map(([group, own]) => standing(group, [...new Set(own.map(({ topic }) => topic))])));
    return places;
  });
}

/** Ids of the brokers that answer as members of the cluster, and which of them leads a partition of the topic, where one is named. */
export function clusterOf(
  brokers: readonly string[],
  topic?: string,
): Promise<{ alive: number[]; leader?: number | undefined; inSync?: number | undefined }> {
  return withAdmin(connect(brokers), async (admin) => {
    const alive = (await admin.describeCluster()).brokers.map(({ nodeId }) => nodeId);
    if (topic === undefined) return { alive };
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics[0]?.partitions ?? [];
    return { alive, leader: partitions[0]?.leader, inSync: Math.min(...partitions.map(({ isr }) => isr.length)) };
  });
}

async function ends(admin: Admin, topics: readonly string[]): Promise<Map<string, bigint>> {
  const present = new Set(await admin.listTopics());
  const left = new Map<string, bigint>();
  for (const topic of topics.filter((name) => present.has(name)))
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (BigInt(high) > BigInt(low)) left.set(`${topic}/${partition}`, BigInt(high));
  return left;
}

const topicOf = (place: string) => place.slice(0, place.lastIndexOf('/'));

interface Received {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders;
}

function lying(partition: number, { offset, key, value, headers = {} }: Received): LyingMessage {
  const texts = Object.entries(headers).map(([name, text]) => [name, [text].flat().at(-1)?.toString() ?? '']);
  return {
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? '',
    headers: Object.fromEntries(texts) as Record<string, string>,
    value: value?.toString() ?? '',
  };
}

async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin({ retry: { retries: 3 } });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
