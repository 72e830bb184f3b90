/** Harm done to a broker's topics and groups, as an operator or a lost disk might. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';

/** Deletes a topic with all its messages; resolves when it is gone. */
export function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  return withAdmin(brokers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    while ((await admin.listTopics()).includes(topic)) await delay(50);
  });
}

/** Puts a group, which must have no member, at this offset of every partition of a topic. */
export function placeGroup(brokers: readonly string[], group: string, topic: string, offset: string): Promise<void> {
  return withAdmin(brokers, async (admin) => {
    const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => ({ partition, offset }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  });
}

async function withAdmin(brokers: readonly string[], work: (admin: Admin) => Promise<void>): Promise<void> {
  const admin = new Kafka({ clientId: 'harm', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}
