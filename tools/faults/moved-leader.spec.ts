import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { kafkaTransport } from '#bus/kafka';
import { lyingIn } from '../../libs/testing/witness.js';
import { Brokers } from './brokers.js';
import { type Guard, guardOver, until } from './ground.js';

const TOPIC = 'moved';

let brokers: Brokers;
let guard: Guard;
let admin: Admin;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-moved-leader-'));
  guard = guardOver(folder);
  brokers = await Brokers.start(folder, guard);
  admin = new Kafka({ clientId: 'spec', brokers: brokers.addresses, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
}, 300_000);
afterAll(async () => {
  await admin?.disconnect();
  await brokers?.killAll();
  await guard?.close();
});

describe('the transport over several brokers', () => {
  it('[R8] [R15] loses no message when a partition has moved to a broker that has taken others of the same request', async () => {
    const replicas = [
      { partition: 0, replicas: [1] },
      { partition: 1, replicas: [2] },
    ];
    await admin.createTopics({
      topics: [
        { topic: TOPIC, replicaAssignment: replicas, configEntries: [{ name: 'min.insync.replicas', value: '1' }] },
      ],
      waitForLeaders: true,
    });
    const transport = kafkaTransport({ brokers: brokers.addresses, clientId: 'spec', log: () => {} });
    const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);
    const publish = (value: string) =>
      transport.publish(keys.map((key) => ({ topic: TOPIC, key, headers: {}, value: Buffer.from(value) })));
    try {
      await publish('before'); // it knows the leaders now
      await admin.alterPartitionReassignments({
        topics: [{ topic: TOPIC, partitionAssignment: [{ partition: 1, replicas: [1] }] }],
      });
      await until('the partition has moved', 60, async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
        return topics[0]!.partitions.every(({ leader }) => leader === 1);
      });
      await publish('after');
      const lying = (await lyingIn(brokers.addresses, [TOPIC])).get(TOPIC)!;
      expect(new Set(lying.map(({ partition }) => partition))).toEqual(new Set([0, 1]));
      const after = lying.filter(({ value }) => value === 'after').map(({ key }) => key);
      expect(new Set(after)).toEqual(new Set(keys));
    } finally {
      await transport.close();
    }
  });
});
