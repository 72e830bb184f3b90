import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { until } from './ground.js';
import { type Scene, tenth } from './scene.js';
import { underWay } from './view.js';

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const LIBRARY = `/usr/lib/${MACHINE}-linux-gnu/faketime/libfaketime.so.1`;
/** What the hosts' clocks show: an hour ahead, behind, a year ahead, the nights in which clocks change, and a day that most years have not. */
const CLOCKS = ['+1h', '-1h', '+365d', '@2027-03-28 01:59:57', '@2027-10-31 02:59:57', '@2028-02-28 23:59:57'];
/** The clocks of all hosts of the services jump; that of the database, which alone decides when something is due, goes on. */
export const clocks: Fault = {
  id: 'F11',
  what: 'the services’ clocks an hour, minus an hour and a year off, in the nights they change, on 29 February',
  run: async (scene) => {
    await access(LIBRARY).catch(() => {
      throw new Error(`F11 needs libfaketime at ${LIBRARY}: apt-get install faketime`);
    });
    const { world } = scene;
    const file = join(world.folder, 'clock');
    await writeFile(file, '+0');
    const shifted = {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'Europe/Berlin',
    };
    try {
      await restart(scene, shifted);
      return await scene.during(() => jump(scene, file));
    } finally {
      await writeFile(file, '+0');
      await restart(scene, {});
    }
  },
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'jumps', CLOCKS.length),
    ...atLeast(figures, 'apart', 3_000),
  ],
  planted: {
    what: 'takes a deadline for due by the host’s own clock',
    edits: [
      {
        file: 'libs/eventsourcing/sweeper.js',
        find: 'from,\n            tx.now,\n            mask,',
        replace: 'from,\n            new Date().toISOString(),\n            mask,',
      },
    ],
  },
};

async function restart({ world }: Scene, more: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(
    world.apps.map(async (service) => {
      await service.stop();
      service.more = more;
      service.start();
    }),
  );
  await world.ready();
}

/** All jump together and nothing is asked while they do: a token of one host is good for a minute by the clock of another. */
async function jump({ generator, world }: Scene, file: string): Promise<Figures> {
  let [jumps, apart, slowest, before] = [0, Number.POSITIVE_INFINITY, 0, 0];
  /** Writes what the clocks show, and waits until every service has noticed. */
  const set = async (clock: string) => {
    await writeFile(file, clock);
    let ahead: number[] = [];
    await until(`every clock shows ${clock}`, 30, async () => {
      ahead = await Promise.all(world.apps.map(({ url }) => secondsAhead(url)));
      return ahead.every((seconds) => Math.abs(seconds - before) > 1_000 && Math.abs(seconds - ahead[0]!) < 5);
    });
    before = ahead[0]!;
  };
  for (const clock of CLOCKS) {
    await generator.stop();
    await set(clock);
    apart = Math.min(apart, Math.abs(before));
    generator.start();
    await delay(world.options.short ? 1_500 : 60_000);
    await generator.stop();
    slowest = Math.max(slowest, await until(`all is published at ${clock}`, 60, () => isOut(world.ownerUrl)));
    jumps += 1;
  }
  await set('+0');
  return { jumps, apart: Math.round(apart), slowest: tenth(slowest) };
}

/** Whether the topics have all events: the brokers must not mind what the hosts believe the time to be. */
async function isOut(ownerUrl: string): Promise<boolean> {
  return !(await underWay(ownerUrl)).some((text) => / has published | without a number/.test(text));
}

/** How far the clock of a service's host is ahead of ours, by the date of its answer, seconds. */
async function secondsAhead(url: string): Promise<number> {
  const { headers } = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(10_000) });
  return (Date.parse(headers.get('date') ?? '') - Date.now()) / 1000;
}
