import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliveryContract } from '../testing/delivery-contract.js';
import { openBench, TOPIC, until, type Bench } from '../testing/delivery.js';
import { counted, countedUpTo, effectsOf, handled, parked, stored } from '../testing/delivery-messages.js';
import { type Broker, startBroker } from '../testing/kafka.js';
import { toMessage } from './cloudevents.js';
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

  it('[R9] keep none of their own batch waiting: those of other streams take effect before the first pause', async () => {
    const before: number[][] = [];
    bench.script.trouble = async ({ streamId }) => {
      if (streamId !== 'tally-bad') return;
      before.push(await effectsOf(bench, 'tally-sound'));
      throw new TypeError('a bug');
    };
    await bench.start('counts');
    const tenant = randomUUID();
    const sound = countedUpTo(tenant, 'tally-sound', 3);
    await bench.transport.publish([...countedUpTo(tenant, 'tally-bad', 2), ...sound]);
    await until('all are handled or parked', async () => (await handled(bench, 'counts')) === 5);
    expect(before).toEqual([[], [], [1, 2, 3], [1, 2, 3], [1, 2, 3]]);
    expect((await parked(bench)).map(({ attempts }) => attempts)).toEqual([5, 0]);
  });
});

describe('events that nobody of a service handles', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(inProcessTransport());
  });
  afterEach(() => bench.close());

  it('[R7] [R10] are passed over by all its processors in one transaction, each counting for itself', async () => {
    await bench.start('counts');
    await bench.start('statements', [TOPIC]);
    const [ours, theirs] = [randomUUID(), randomUUID()];
    const cancelled = (tenant: string, version: number) =>
      toMessage(stored(tenant, 'tally-a', version, { name: 'AlarmCancelled', data: { alarm: 'fire' } }));
    await bench.transport.publish([cancelled(ours, 1), cancelled(theirs, 1), cancelled(ours, 2)]);
    expect([await handled(bench, 'counts'), await handled(bench, 'statements')]).toEqual([3, 3]);
    const [row] = await bench.service.asOwner<{ rows: string; transactions: string }>(
      'select count(*) as rows, count(distinct xmin::text) as transactions from inbox',
    );
    expect(row).toEqual({ rows: '6', transactions: '1' });
  });
});
