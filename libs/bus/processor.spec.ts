import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliveryContract } from '../testing/delivery-contract.js';
import { openBench, until, type Bench } from '../testing/delivery.js';
import { counted, handled, parked } from '../testing/delivery-messages.js';
import { type Broker, startBroker } from '../testing/kafka.js';
import { inProcessTransport } from './inprocess/index.js';
import { kafkaTransport } from './kafka/index.js';

deliveryContract('in process', () => inProcessTransport());

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
}, 300_000);
afterAll(() => broker.stop());

deliveryContract('Kafka', () =>
  kafkaTransport({ brokers: broker.brokers, clientId: 'spec', sessionTimeout: 6000, log: () => {} }),
);

describe('many messages that cannot be handled', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(inProcessTransport());
  });
  afterEach(() => bench.close());

  it('[R9] use up their tries side by side, so that none holds up the others for long', async () => {
    bench.script.trouble = ({ streamId }) => {
      if (streamId !== 'tally-sound') throw new TypeError('a bug');
    };
    await bench.start('counts');
    const tenant = randomUUID();
    const bad = Array.from({ length: 12 }, (_, n) => counted(tenant, `tally-${n}`, 1));
    await bench.transport.publish([...bad, counted(tenant, 'tally-sound', 1)]);
    await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 13);
    expect((await parked(bench)).map(({ attempts }) => attempts)).toEqual(bad.map(() => 5));
    expect(bench.said.filter((line) => line.includes('tries a batch again'))).toHaveLength(4);
  });
});
