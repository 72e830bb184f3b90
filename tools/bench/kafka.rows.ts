import { startBroker } from '../../libs/testing/kafka.js';
import { openRoundTrip } from '../../libs/testing/kafka-round-trip.js';
import { Client } from '../example/client.js';
import { bareSteps } from './bare-steps.js';
import { startDistributed } from './distributed.js';
import type { Ground } from './ground.js';
import { told, type Row, type Size } from './harness.js';
import { leaving } from './leaving.js';

/** The four services as processes of their own over a real Kafka broker, on the Postgres of all sides. */
export async function kafkaRows(ground: Ground, size: Size): Promise<Row[]> {
  const undo: (() => Promise<void>)[] = [];
  try {
    const broker = await startBroker();
    undo.push(() => broker.stop());
    const { ownerUrl, urlFor } = await ground.databaseUrl('bench_distributed');
    const running = await startDistributed({
      brokers: broker.brokers,
      ownerUrl,
      // Roles belong to the whole server, and other groups have theirs.
      urlFor: (user) => urlFor(`${user}_distributed`),
    });
    undo.push(() => running.stop());
    const trip = await openRoundTrip(broker.brokers);
    undo.push(() => trip.close());
    const bare = await bareSteps(ground, 'bench_bare_kafka', trip.once);
    undo.push(() => bare.close());
    told('  the four services are ready');
    const client = new Client(running.url, running.key);
    return await leaving({ client, bare, id: 'leaver-kafka', how: 'four services over Kafka' }, size);
  } finally {
    for (let last = undo.pop(); last; last = undo.pop()) await last();
  }
}
