import { setTimeout as delay } from 'node:timers/promises';
import { lookInto } from '../../libs/testing/witness.js';
import { atLeast, atMost, type Fault, type Figures, sound } from './fault.js';
import { until } from './ground.js';
import { tenth, type Scene } from './scene.js';
import { APPS } from './services.js';

/** All brokers are away for a while: commands are accepted all the same, by a service too that starts meanwhile, and their events go out afterwards. */
export const kafkaAway: Fault = {
  id: 'F5',
  what: 'Kafka away for a while',
  isWait: true,
  run: (scene) => scene.during(() => beAway(scene)),
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'acceptedMeanwhile', 1),
    ...atLeast(figures, 'backlog', 1),
    ...atLeast(figures, 'startedMeanwhile', 1),
    ...atMost(figures, 'fellOver', 0),
    ...((figures['drained'] ?? 0) < 2 * (figures['arriving'] ?? 0)
      ? [
          `the backlog goes at ${figures['drained']} events a second, less than twice the ${figures['arriving']} that arrive`,
        ]
      : []),
  ],
  planted: {
    what: 'swallows the error when the brokers take nothing',
    edits: [
      {
        file: 'libs/bus/kafka/sender.js',
        find: 'failure = reasonOf(error);\n                throw error;',
        replace: 'failure = reasonOf(error);',
      },
    ],
  },
};

async function beAway({ world, journal }: Scene): Promise<Figures> {
  const seconds = world.options.short ? 75 : 600; // longer than the minute after which a consumer ends its process
  await world.brokers.killAll();
  const accepted = journal.acknowledged.length;
  const before = await outbox(world.ownerUrl);
  const over = delay(seconds * 1000);
  await world.service('membership').kill();
  const startedMeanwhile = await isLive(world.service('membership').url, seconds - 5);
  await over;
  const acceptedMeanwhile = journal.acknowledged.length - accepted;
  const backlog = await outbox(world.ownerUrl);
  await world.brokers.startAll();
  await world.brokers.whole();
  await until('the first of the backlog is published', 120, async () => {
    return (await outbox(world.ownerUrl)).published > backlog.published;
  });
  const start = await outbox(world.ownerUrl);
  const draining = await until('the backlog is published', 300, async () => {
    const { published } = await outbox(world.ownerUrl);
    return published >= backlog.head;
  });
  const recovered = await world.ready();
  const sent = Math.max(backlog.head - backlog.published, (await outbox(world.ownerUrl)).published - start.published);
  return {
    away: seconds,
    startedMeanwhile: startedMeanwhile ? 1 : 0,
    acceptedMeanwhile,
    backlog: backlog.head - backlog.published,
    arriving: tenth((backlog.head - before.head) / seconds),
    drained: tenth(sent / Math.max(draining, 1)),
    recovered: tenth(recovered),
  };
}

/** Whether the service answers within some seconds. */
function isLive(url: string, within: number): Promise<boolean> {
  const ask = () =>
    fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  return until('a service starts without brokers', within, ask, 500).then(
    () => true,
    () => false,
  );
}

/** How many events the services have numbered together, and how many of them the brokers have. */
function outbox(ownerUrl: string): Promise<{ head: number; published: number }> {
  return lookInto(ownerUrl, async (query) => {
    const each = APPS.map(
      (app) => `select head + (select count(*) from ${app}.pending) as head, published from ${app}.sequencer`,
    );
    const [sum] = await query<{ head: number; published: number }>(
      `select sum(head)::int as head, sum(published)::int as published from (${each.join(' union all ')}) as all_services`,
    );
    return sum!;
  });
}
