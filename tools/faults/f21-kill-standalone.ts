import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Alone } from './alone.js';
import { killServices } from './f01-kill-services.js';
import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { tenth, type Scene } from './scene.js';

/** The one process dies and leaves its Postgres behind, or both die at once; the next start finds the folder as it is. */
export const killStandalone: Fault = {
  id: 'F21',
  what: 'kill -9 of the standalone process, and of its Postgres with it',
  isApart: true,
  run: async (scene) => {
    const alone = await Alone.start(scene.world, join(scene.world.folder, 'alone'));
    try {
      return await alone.during(() => killAgain(scene, alone));
    } finally {
      await alone.close();
    }
  },
  verdict: (figures) => [
    ...sound(figures),
    ...atLeast(figures, 'kills', 3),
    ...atLeast(figures, 'orphans', 1),
    ...atLeast(figures, 'both', 1),
  ],
  planted: killServices.planted,
};

async function killAgain({ world }: Scene, alone: Alone): Promise<Figures> {
  const { dice, options } = world;
  const { service } = alone;
  let [kills, orphans, both, slowest] = [0, 0, 0, 0];
  for (let round = 0; round < (options.short ? 3 : 50); round++) {
    await delay(dice.between(500, 3_000));
    const pid = await alone.postgresPid();
    await service.kill();
    kills += 1;
    if (pid !== undefined && isAlive(pid)) {
      if (round % 3 === 2) both += kill(pid);
      else orphans += 1;
    }
    slowest = Math.max(slowest, await service.ready());
    await alone.meetDatabase();
  }
  return { kills, orphans, both, slowest: tenth(slowest) };
}

function kill(pid: number): number {
  process.kill(pid, 'SIGKILL');
  return 1;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
