import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { toMessage } from '#bus';
import { kafkaTransport, type KafkaOptions } from '#bus/kafka';
import type { NewEvent } from '#domain';
import { EventStore, Relay, type RelayOptions } from '#eventsourcing';
import { openBench, TOPIC, until, type Bench, type Consumer } from '../../libs/testing/delivery.js';
import { effectsOf, handled, parked } from '../../libs/testing/delivery-messages.js';
import { type Broker, startBroker } from '../../libs/testing/kafka.js';
import { deleteTopic, placeGroup } from '../../libs/testing/kafka-faults.js';
import { added, byTests } from '../../libs/testing/tally.js';
import { replay } from './replay.js';

const tenant = randomUUID();
const streamId = `tally-${randomUUID()}`;
const store = new EventStore({ service: 'membership' });
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

describe('replaying a service', () => {
  let broker: Broker;
  let kafka: KafkaOptions;
  let bench: Bench;
  let group: string;
  let topic: string;
  let relay: Relay | undefined;
  beforeAll(async () => {
    broker = await startBroker();
    kafka = { brokers: broker.brokers, clientId: 'spec', sessionTimeout: 6000, log: () => {} };
  }, 300_000);
  afterAll(() => broker.stop());
  beforeEach(async () => {
    bench = await openBench(kafkaTransport(kafka));
    [group, topic] = [`${bench.wire.prefix}counts`, `${bench.wire.prefix}${TOPIC}`];
    await bench.transport.ensureTopics([TOPIC]);
  });
  afterEach(async () => {
    await relay?.stop();
    await bench.close();
  });

  const append = (events: readonly NewEvent[]) =>
    bench.service.database.inTenant(tenant, (tx) =>
      store.append(tx, byTests, [{ streamId, expectedVersion: 'any', events }]),
    );
  const startRelay = () => {
    const publish: RelayOptions['publish'] = (events) => bench.transport.publish(events.map(toMessage));
    relay = new Relay({ database: bench.service.database, log: () => {}, pollEvery: 20, publish });
  };
  const publishAll = async () => {
    startRelay();
    const sql = 'select 1 from sequencer where head = published and not exists (select from pending)';
    await until('everything is published', async () => (await bench.service.asOwner(sql)).length > 0);
    await relay?.stop();
  };
  const replayed = () =>
    replay({ database: bench.service.database, kafka, processors: [{ name: group, topics: [topic] }] });
  const start = (): Promise<Consumer> => bench.start('counts');

  /** Ten events published and handled; the consumer is stopped, and five more are published. */
  const interrupted = async () => {
    await append(upTo(10).map(added));
    await publishAll();
    const consumer = await start();
    await until('ten are handled', async () => (await handled(bench, 'counts')) === 10);
    await consumer.stop();
    await append(upTo(5).map(added));
    await publishAll();
  };
  const expectEveryEffectOnce = async (last: number) => {
    await start();
    startRelay();
    await until('all are handled', async () => (await handled(bench, 'counts')) >= last);
    await until('all have come again', () => bench.wire.accepted.length >= 10 + last);
    expect(await effectsOf(bench, streamId)).toEqual(upTo(last));
    expect(await handled(bench, 'counts')).toBe(last);
    expect(await parked(bench)).toEqual([]);
  };

  it('[R12] [R14] brings back a topic that was deleted, with every effect once', async () => {
    await interrupted();
    await deleteTopic(broker.brokers, topic);
    await expect(start()).rejects.toMatchObject({ name: 'OffsetOutOfRange' });
    await replayed();
    await expectEveryEffectOnce(15);
  });

  it('[R12] brings a group back that stands beyond the end of its topic, with every effect once', async () => {
    await interrupted();
    await placeGroup(broker.brokers, group, topic, '99');
    await expect(start()).rejects.toMatchObject({ name: 'OffsetOutOfRange' });
    await replayed();
    await expectEveryEffectOnce(15);
  });

  it('[R12] publishes events of an old version as they were stored', async () => {
    await append([{ name: 'CountNamed', data: { names: ['a'], lang: 'en' } }]);
    await bench.service.asOwner(
      `update events set type = 'rollcall.membership.CountNamed.v1', body = replace(body, '{"names":["a"],"lang":"en"}', '{"name":"a"}')`,
    );
    await publishAll();
    const data: unknown[] = [];
    bench.script.trouble = (event) => void data.push(event.data);
    await start();
    await until('it is handled', async () => (await handled(bench, 'counts')) === 1);
    expect(await parked(bench)).toEqual([]);
    expect(data).toEqual([{ names: ['a'], lang: 'en' }]);
    expect(bench.wire.accepted[0]!.headers['ce_type']).toBe('rollcall.membership.CountNamed.v1');
  });

  it('[R12] is refused while the service publishes or consumes', async () => {
    startRelay();
    await append([added(1)]);
    const consumer = await start();
    await until('it is handled', async () => (await handled(bench, 'counts')) === 1);
    await expect(replayed()).rejects.toThrow('Stop every process of membership first');
    await relay?.stop();
    await expect(replayed()).rejects.toThrow('no running instances');
    await consumer.stop();
    await replayed();
  });
});
