import { setTimeout as delay } from 'node:timers/promises';
import { lookInto } from '../../libs/testing/witness.js';
import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { tenth, type Scene } from './scene.js';

/** The database is ended without a chance to write anything down, and one of its sessions is killed. */
export const crashPostgres: Fault = {
  id: 'F7',
  what: 'Postgres stopped “immediate” and started; one of its sessions killed',
  run: (scene) => scene.during(() => crashAndKill(scene)),
  verdict: (figures) => [...sound(figures), ...atLeast(figures, 'crashes', 1), ...atLeast(figures, 'unavailable', 1)],
  planted: {
    what: 'does not know a lost connection for a fault that passes',
    edits: [
      {
        file: 'libs/eventsourcing/errors.js',
        find: 'if (error instanceof WrongExpectedVersion) return true;',
        replace: 'return error instanceof WrongExpectedVersion;',
      },
    ],
  },
};

async function crashAndKill({ world }: Scene): Promise<Figures> {
  const { dice, options } = world;
  let [crashes, sessions, recovered] = [0, 0, 0];
  for (let round = 0; round < (options.short ? 1 : 10); round++) {
    await delay(dice.between(300, 1_500));
    await world.crashPostgres();
    await delay(dice.between(1_000, 3_000));
    await world.startPostgres();
    crashes += 1;
    recovered = Math.max(recovered, await world.ready());
    await delay(dice.between(300, 1_500));
    sessions += await killSession(world.ownerUrl, dice.next());
    recovered = Math.max(recovered, await world.ready());
  }
  return { crashes, sessions, recovered: tenth(recovered) };
}

/** Kills one session of a service with SIGKILL; Postgres then restarts all of them, as after any crash. */
async function killSession(ownerUrl: string, part: number): Promise<number> {
  const pids = await lookInto(ownerUrl, (query) =>
    query<{ pid: number }>("select pid from pg_stat_activity where usename like 'rollcall%' order by pid"),
  );
  const victim = pids[Math.floor(part * pids.length)];
  if (!victim) return 0;
  process.kill(victim.pid, 'SIGKILL');
  return 1;
}
