import { setTimeout as delay } from 'node:timers/promises';
import { lookInto } from '../../libs/testing/witness.js';
import { atLeast, atMost, type Fault, type Figures, sound } from './fault.js';
import { until } from './ground.js';
import { Client } from './journal.js';
import type { Edit } from './plant.js';
import { type Scene, tenth } from './scene.js';
import { APPS } from './services.js';

/** In every processor, the first event of each topic is one that its handler cannot bear, however often it is tried. */
const poison: Edit = {
  file: 'libs/bus/processor.js',
  find: 'const handler = this.messageHandlers.get(pattern);',
  replace:
    'const bad = (globalThis.badEvents ??= new Map());\n' +
    '        for (const event of [payload].flat()) {\n' +
    "            const place = this.name + ' ' + event.type.split('.')[1];\n" +
    '            if (!bad.has(place)) bad.set(place, event.id);\n' +
    "            if (bad.get(place) === event.id) throw new TypeError('poison');\n" +
    '        }\n' +
    '        const handler = this.messageHandlers.get(pattern);',
};

/** One message of each topic fails in every handler until the handlers are mended; it and those behind it are then replayed. */
export const poisoned: Fault = {
  id: 'F10',
  what: 'a poison message in each topic for every processor; mended and replayed, twice',
  run: (scene) => scene.during(() => poisonAndMend(scene)),
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'topics', APPS.length),
    ...atLeast(figures, 'replayed', APPS.length),
    ...atMost(figures, 'replayedTwice', 0),
    ...atMost(figures, 'slowestParking', 60),
    ...atMost(figures, 'lag', 15),
  ],
  planted: {
    what: 'takes an event that failed for handled',
    edits: [{ file: 'libs/bus/handling.js', find: 'if (!failed) return true;', replace: 'return true;' }],
  },
};

async function poisonAndMend(scene: Scene): Promise<Figures> {
  const { world } = scene;
  await runFrom(scene, await world.variant([poison]));
  const lags: number[] = [];
  let topics: string[] = [];
  const look = async () => {
    lags.push(await lagOf(world.ownerUrl));
    topics = [...new Set((await parkedNow(world.ownerUrl)).map(({ topic }) => topic))];
    return topics.length === APPS.length;
  };
  // With the bug nothing is ever parked: then that is the finding.
  await until('a message of each topic is set aside', 90, look, 500).catch(() => undefined);
  const parked = await parkedNow(world.ownerUrl);
  await runFrom(scene, world.build);
  await delay(500);
  const replayed = await replayAll(scene);
  return {
    topics: topics.length,
    poisoned: parked.filter(({ attempts }) => attempts > 0).length,
    behind: parked.filter(({ attempts }) => attempts === 0).length,
    slowestParking: tenth(Math.max(0, ...parked.map(({ after }) => after))),
    lag: tenth(Math.max(...lags)),
    ...replayed,
  };
}

/** Lets all services run from this build. */
async function runFrom({ world }: Scene, dist: string): Promise<void> {
  await Promise.all(
    world.apps.map(async (service) => {
      await service.stop();
      service.dist = dist;
      service.start();
    }),
  );
  await world.ready();
}

interface Parked {
  readonly service: string;
  readonly id: string;
  readonly topic: string;
  readonly attempts: number;
  /** Seconds from the first time the event could have been handled. */
  readonly after: number;
}

function parkedNow(ownerUrl: string): Promise<Parked[]> {
  const sources = APPS.map((app) => `select event_id, body from ${app}.events`).join(' union all ');
  const rows = APPS.map(
    (app) => `select '${app}' as service, parked_id as id, topic, attempts, extract(epoch from parked_at -
        (select max((e.body::json ->> 'recordedAt')::timestamptz) from (${sources}) e where e.event_id::text = headers ->> 'ce_id'))::float8 as after
      from ${app}.parked where state = 'parked'`,
  ).join(' union all ');
  return lookInto(ownerUrl, (query) => query<Parked>(rows));
}

/** Seconds until every processor has handled, or set aside, what is numbered at this moment; 60 are waited at most. */
async function lagOf(ownerUrl: string): Promise<number> {
  const handled = APPS.map((app) => `select processor, topic, handled::int as handled from ${app}.checkpoints`);
  const heads = APPS.map((app) => `select 'rollcall.${app}' as topic, head::int as head from ${app}.sequencer`);
  return lookInto(ownerUrl, async (query) => {
    const heldBy = new Map(
      (await query<{ topic: string; head: number }>(heads.join(' union all '))).map(({ topic, head }) => [topic, head]),
    );
    const isThere = async () =>
      (await query<{ topic: string; handled: number }>(handled.join(' union all '))).every(
        (row) => row.handled >= (heldBy.get(row.topic) ?? 0),
      );
    return until('everything is handled or set aside', 60, isThere, 100).catch(() => 60);
  });
}

/** Replays everything that is set aside, as an admin of each organisation does, until nothing is; then all of it once more. */
async function replayAll(scene: Scene): Promise<{ replayed: number; replayedTwice: number }> {
  const { generator, journal, world } = scene;
  const clients = [...generator.clients, new Client(world.url, world.key, '', journal)];
  const all: { client: Client; path: string }[] = [];
  let replayed = 0;
  const round = async () => {
    for (const client of clients) {
      for (const service of APPS) {
        const { body } = await client.get(`/v1/services/${service}/parked`);
        for (const { parkedId } of (body['items'] ?? []) as { parkedId: string }[]) {
          const path = `/v1/services/${service}/parked/${parkedId}/replay`;
          all.push({ client, path });
          replayed += await replay(client, path);
        }
      }
    }
    return (await parkedNow(world.ownerUrl)).length === 0;
  };
  await until('nothing is set aside any more', 120, round);
  let replayedTwice = 0;
  for (const { client, path } of all) replayedTwice += await replay(client, path);
  return { replayed, replayedTwice };
}

async function replay(client: Client, path: string): Promise<number> {
  const { body } = await client.post(path, {});
  return ((body['replayed'] ?? []) as string[]).length;
}
