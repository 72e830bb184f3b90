import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { EventStore } from '#eventsourcing';
import { openLog } from '#nest';
import { startServices } from '../../apps/standalone/standalone.js';
import { Client, settled } from '../example/client.js';
import { bareSteps } from './bare-steps.js';
import { CAUSE, left, TENANT } from './events.js';
import type { Ground } from './ground.js';
import { measure, rateOf, type Row, type Size } from './harness.js';
import { inManyGroups, leaving } from './leaving.js';
import { active, feed, leaves } from './statements.js';

const BATCH = 1_000;

/** The whole product over HTTP: how fast it takes in, and how soon what follows can be read. */
export async function httpRows(ground: Ground, size: Size): Promise<Row[]> {
  const { ownerUrl, urlFor } = await ground.databaseUrl('bench_product');
  const running = await startServices({
    ownerUrl,
    urlFor,
    keys: join(ground.folder, 'keys'),
    env: { PORT: '0' },
    log: openLog('bench', 'error'),
  });
  const client = new Client(running.url, running.first!.key);
  try {
    return [...(await intake(ground, client, size)), ...(await leavingRows(ground, client, size))];
  } finally {
    await running.stop();
  }
}

async function intake(ground: Ground, client: Client, size: Size): Promise<Row[]> {
  const service = await ground.service('bench_intake');
  const store = new EventStore({ service: 'membership' });
  const batches = size.quick ? 2 : 5;
  let people: string[][] = [];
  const send = (make: (subject: string) => object) =>
    rateOf(batches * BATCH, async () => {
      for (const batch of people) await feed(client, batch.map(make));
    });
  const bulk = () =>
    rateOf(batches * BATCH, async () => {
      for (let nr = 0; nr < batches; nr++) {
        const appends = Array.from({ length: BATCH }, () => ({
          streamId: `plain-${randomUUID()}`,
          expectedVersion: 'none' as const,
          events: [left()],
        }));
        await service.database.inTenant(TENANT, (tx) => store.append(tx, CAUSE, appends));
      }
    });
  const bar = { metric: 'rate', unit: 'statements/s', beside: 'own bulk append' };
  try {
    return await measure(
      {
        sides: {
          'own bulk append': bulk,
          'of new people': async () => {
            people = Array.from({ length: batches }, () => Array.from({ length: BATCH }, () => randomUUID()));
            return send(active);
          },
          // Those just made known leave: always right after the side above.
          'of known people': async () => {
            if (people.length === 0) throw new Error('Nobody is known yet');
            await settled(client);
            const figures = await send(leaves);
            await settled(client);
            return figures;
          },
        },
        inOrder: true,
        bars: [
          {
            ...bar,
            id: 'intake',
            what: 'feed intake over HTTP, 1,000 leavers a batch, each known',
            of: 'of known people',
            atLeast: 0.4,
          },
          {
            ...bar,
            id: 'intake-new',
            what: 'feed intake over HTTP, 1,000 statuses a batch, each of somebody new',
            of: 'of new people',
          },
        ],
      },
      size,
    );
  } finally {
    await service.close();
  }
}

/** How soon an order can be read after its leaver was reported, for people in one group and in many. */
async function leavingRows(ground: Ground, client: Client, size: Size): Promise<Row[]> {
  const bare = await bareSteps(ground, 'bench_bare');
  try {
    return [
      ...(await leaving({ client, bare, id: 'leaver', how: 'standalone' }, size)),
      ...(await inManyGroups(client, size)),
    ];
  } finally {
    await bare.close();
  }
}
