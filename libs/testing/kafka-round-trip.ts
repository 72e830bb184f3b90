import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

/** A message there and back by kafkajs alone: the least that anything on it can take. */
export interface RoundTrip {
  /** Sends one message, acknowledged by all replicas, and resolves when its consumer has it. One at a time. */
  readonly once: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens a topic of its own on these brokers; resolves when its consumer has had a first message. */
export async function openRoundTrip(brokers: readonly string[]): Promise<RoundTrip> {
  const kafka = new Kafka({ clientId: 'round-trip', brokers: [...brokers], logLevel: logLevel.ERROR });
  const topic = `round-trip-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: topic });
  let arrived: () => void = () => undefined;
  await Promise.all([producer.connect(), consumer.connect()]);
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: () => Promise.resolve(arrived()) });
  const value = Buffer.alloc(600, 'x');
  const once = async () => {
    const back = new Promise<void>((resolve) => (arrived = resolve));
    await producer.send({ topic, acks: -1, messages: [{ key: 'one', value }] });
    await back;
  };
  await once();
  return { once, close: async () => void (await Promise.all([producer.disconnect(), consumer.disconnect()])) };
}
