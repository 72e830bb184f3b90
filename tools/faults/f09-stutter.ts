import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { type LyingMessage, lookInto, lyingIn } from '../../libs/testing/witness.js';
import { killBetweenCommits } from './f02-kill-between-commits.js';
import { atLeast, atMost, type Fault, type Figures, sound } from './fault.js';
import { type Dice, until } from './ground.js';
import type { Edit } from './plant.js';
import type { Scene } from './scene.js';
import { APPS } from './services.js';
import { topicOf } from './view.js';

/** Messages are shuffled so far from their places at most. */
const WINDOW = 50;

/** Hands every event to the bus three times, those of different streams in any order, a stream's own first copies in theirs. */
const stutters: Edit = {
  file: 'libs/eventsourcing/relay.js',
  find: 'await this.options.publish(events);',
  replace:
    'const streams = new Map();\n' +
    '                for (const event of events) {\n' +
    '                    const id = event.tenantId + event.streamId;\n' +
    '                    if (!streams.has(id)) streams.set(id, { own: [], next: 0 });\n' +
    '                    streams.get(id).own.push({ event, left: 3 });\n' +
    '                }\n' +
    '                const slots = events.flatMap((event) => [event, event, event]);\n' +
    '                const turns = slots.map((event) => ({ id: event.tenantId + event.streamId, at: Math.random() }));\n' +
    '                const out = turns.sort((a, b) => a.at - b.at).map(({ id }) => {\n' +
    '                    const stream = streams.get(id);\n' +
    '                    const may = stream.own.slice(0, stream.next + 1).filter(({ left }) => left > 0);\n' +
    '                    const one = may[Math.floor(Math.random() * may.length)];\n' +
    '                    if (one === stream.own[stream.next]) stream.next += 1;\n' +
    '                    one.left -= 1;\n' +
    '                    return one.event;\n' +
    '                });\n' +
    '                await this.options.publish(out);',
};

/** Everything is delivered three times and in a shuffled order, first as it happens, then once more when all of it was handled. */
export const stutter: Fault = {
  id: 'F9',
  what: 'every delivery three times and shuffled, at once and again when all is handled',
  run: async (scene) => {
    const live = await scene.during(() => stutterFor(scene));
    const again = await sendAgain(scene);
    return { ...live, ...again, ...(await scene.judge()) };
  },
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'repeats', 100),
    ...atLeast(figures, 'sent', 100),
    ...atLeast(figures, 'tables', 40),
    ...atMost(figures, 'changed', 0),
  ],
  // The rules of the domain would hold off most of the harm: what the database counts does not lie.
  planted: killBetweenCommits.planted,
};

async function stutterFor({ world }: Scene): Promise<Figures> {
  const dist = await world.variant([stutters]);
  for (const build of [dist, world.build]) {
    await Promise.all(
      world.apps.map(async (service) => {
        await service.stop();
        service.dist = build;
        service.start();
      }),
    );
    await world.ready();
    if (build === dist) await delay(world.options.short ? 6_000 : 120_000);
  }
  return {};
}

/** Puts copies of what lies in the topics into them once more, and counts the tables that are not afterwards what they were, byte for byte. */
async function sendAgain(scene: Scene): Promise<Figures> {
  const { world } = scene;
  const { ownerUrl, brokers, dice, options } = world;
  await until('no deadline is near', 60, async () => (await nearDeadlines(ownerUrl)) === 0, 500);
  await scene.rest();
  let before = await dump(ownerUrl);
  await until('nothing changes by itself', 60, async () => {
    await delay(1_500);
    const last = before;
    before = await dump(ownerUrl);
    return changes(last, before).length === 0;
  });
  const sent = await copies(brokers.addresses, dice, options.short ? 400 : 20_000);
  await until('all copies are delivered', 120, () => isDelivered(ownerUrl, brokers.addresses), 500);
  await scene.rest();
  const changed = changes(before, await dump(ownerUrl));
  if (changed.length > 0) options.say(`  changed by copies: ${changed.join()}`);
  return { sent, tables: before.size, changed: changed.length };
}

/** Sends the last messages of each topic again, each up to three times, shuffled within the window; returns how many. */
async function copies(brokers: readonly string[], dice: Dice, most: number): Promise<number> {
  const topics = await lyingIn(brokers, APPS.map(topicOf));
  const producer = kafkaOf(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  let sent = 0;
  try {
    for (const [topic, lying] of topics) {
      const messages = shuffled(lying.slice(-most), dice);
      for (let from = 0; from < messages.length; from += 500)
        await producer.send({ topic, acks: -1, messages: messages.slice(from, from + 500) });
      sent += messages.length;
    }
  } finally {
    await producer.disconnect();
  }
  return sent;
}

function shuffled(messages: readonly LyingMessage[], dice: Dice) {
  return messages
    .flatMap(({ key, headers, value }, place) =>
      Array.from({ length: dice.between(1, 3) }, () => ({ key, headers, value, at: place + dice.between(0, WINDOW) })),
    )
    .toSorted((a, b) => a.at - b.at)
    .map(({ key, headers, value }) => ({ key, headers: { ...headers }, value }));
}

/** Whether every group stands at the end of every topic it listens to. */
async function isDelivered(ownerUrl: string, brokers: readonly string[]): Promise<boolean> {
  const listening = APPS.map((app) => `select processor, topic from ${app}.checkpoints`).join(' union all ');
  const rows = await lookInto(ownerUrl, (query) => query<{ processor: string; topic: string }>(listening));
  const admin = kafkaOf(brokers).admin();
  await admin.connect();
  try {
    const ends = new Map<string, Awaited<ReturnType<typeof admin.fetchTopicOffsets>>>();
    for (const topic of new Set(rows.map((row) => row.topic))) ends.set(topic, await admin.fetchTopicOffsets(topic));
    for (const { processor, topic } of rows) {
      const [places] = await admin.fetchOffsets({ groupId: processor, topics: [topic] });
      for (const { partition, high } of ends.get(topic)!) {
        const at = places?.partitions.find((place) => place.partition === partition)?.offset ?? '-1';
        if (BigInt(high) > 0n && BigInt(at) < BigInt(high)) return false;
      }
    }
    return true;
  } finally {
    await admin.disconnect();
  }
}

const kafkaOf = (brokers: readonly string[]) =>
  new Kafka({ clientId: 'stutter', brokers: [...brokers], logLevel: logLevel.NOTHING });

/** A digest of every table of every service, the machinery's own among them. */
function dump(ownerUrl: string): Promise<Map<string, string>> {
  return lookInto(ownerUrl, async (query) => {
    const tables = await query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = any($1) order by 1",
      [[...APPS]],
    );
    const digests = new Map<string, string>();
    for (const { name } of tables) {
      const [row] = await query<{ digest: string }>(
        `select coalesce(md5(string_agg(t::text, e'\\n' order by t::text)), '') as digest from ${name} t`,
      );
      digests.set(name, row!.digest);
    }
    return digests;
  });
}

const changes = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after.keys()].filter((name) => before.get(name) !== after.get(name));

/** Deadlines that will fire within the next 90 seconds. */
async function nearDeadlines(ownerUrl: string): Promise<number> {
  const near = APPS.map(
    (app) => `(select count(*) from ${app}.deadlines where fire_at < clock_timestamp() + interval '90 s')`,
  ).join(' + ');
  const [row] = await lookInto(ownerUrl, (query) => query<{ n: string }>(`select ${near} as n`));
  return Number(row!.n);
}
