import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStore } from '#eventsourcing';
import { openLog } from '#nest';
import { startServices } from '../../apps/standalone/standalone.js';
import { Client, settled } from '../example/client.js';
import { bareSteps } from './bare-steps.js';
import { CAUSE, left, TENANT } from './events.js';
import type { Ground } from './ground.js';
import { measure, rateOf, timesOf, type Row, type Size } from './harness.js';
import { openParty, type Someone } from './party.js';
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
    return [...(await intake(ground, client, size)), ...(await leaving(ground, client, size))];
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

/** From a leaver's report to the order that can be read, one at a time; beside the bare steps it cannot do without. */
async function leaving(ground: Ground, client: Client, size: Size): Promise<Row[]> {
  const each = size.quick ? 10 : 40;
  const rounds = size.quick ? 2 : 5;
  const groups = size.quick ? 20 : 500;
  const party = await openParty(client);
  const waiting = await party.members(each * rounds);
  const everywhere = await party.inGroups(groups, rounds);
  const bare = await bareSteps(ground);
  const idle = () => settled(client);
  const bar = {
    unit: 'ms',
    what: 'leaver reported → removal order readable over REST, standalone',
    beside: 'bare steps',
  };
  try {
    return await measure(
      {
        rounds,
        sides: {
          ours: () => timesOf(each, () => ordered(client, waiting.pop()!, 1), idle),
          'bare steps': () => bare.run(each * 2),
          'in many groups': () => timesOf(1, () => ordered(client, everywhere.pop()!, groups), idle),
        },
        bars: [
          { ...bar, id: 'leaver-p50', metric: 'p50', atMost: 3 },
          { ...bar, id: 'leaver-p99', metric: 'p99', atMost: 6 },
          {
            id: 'leaver-groups',
            what: `the same for one person in ${groups} groups, all orders`,
            unit: 'ms',
            metric: 'p50',
            of: 'in many groups',
            beside: 'ours',
            atMost: 10,
          },
        ],
      },
      size,
    );
  } finally {
    await bare.close();
  }
}

async function ordered(client: Client, { personId, crmId }: Someone, count: number): Promise<void> {
  await feed(client, [leaves(crmId)]);
  for (;;) {
    const { items } = await client.get<{ items: unknown[] }>(`/v1/removal-orders?personId=${personId}&limit=500`);
    if (items.length === count) return;
    await delay(1);
  }
}
