import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Broker, startBroker } from '../../testing/kafka.js';
import { kafkaTransport } from './index.js';

const YEAR = 365 * 86_400_000; // milliseconds

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
}, 300_000);
afterAll(() => broker.stop());
afterEach(() => void jest.restoreAllMocks());

describe('the transport over Kafka', () => {
  it.each([YEAR, -YEAR])('[R57] publishes from a host whose clock is %d ms off', async (off) => {
    const transport = kafkaTransport({ brokers: broker.brokers, clientId: 'spec', log: () => {} });
    const topic = `spec-${randomUUID()}`;
    try {
      await transport.ensureTopics([topic]);
      const now = Date.now.bind(Date);
      jest.spyOn(Date, 'now').mockImplementation(() => now() + off);
      const message = { topic, key: 'tally-a', headers: {}, value: Buffer.from('1') };
      await expect(transport.publish([message])).resolves.toBeUndefined();
    } finally {
      await transport.close();
    }
  });
});
