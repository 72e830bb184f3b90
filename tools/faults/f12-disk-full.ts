import { execFile } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Alone } from './alone.js';
import { atLeast, type Fault, type Figures, sound } from './fault.js';
import { tenth, type Scene } from './scene.js';

const run = promisify(execFile);
/** Room for a new database and some commands. */
const SIZE = '160m';
const BLOCK = 1 << 16; // bytes

/** The disk of the database is full for a while, by something that is not ours; then there is room again. */
export const diskFull: Fault = {
  id: 'F12',
  what: 'no room left on the disk of the database, then room again',
  isApart: true,
  run: async (scene) => {
    const disk = join(scene.world.folder, 'disk');
    await mountDisk(disk);
    try {
      const alone = await Alone.start(scene.world, join(disk, 'data'));
      try {
        return await alone.during(() => fillUp(scene, alone, join(disk, 'ballast')));
      } finally {
        await alone.close();
      }
    } finally {
      await run('umount', ['--lazy', disk]);
    }
  },
  verdict: (figures) => [...sound(figures), ...atLeast(figures, 'times', 1), ...atLeast(figures, 'unavailable', 1)],
  planted: {
    what: 'does not know a full disk for a fault that passes',
    edits: [{ file: 'libs/eventsourcing/errors.js', find: "'53100'", replace: "'nothing'" }],
  },
};

/** A disk in memory, which takes the right to mount. Throws a sentence where that is missing. */
async function mountDisk(folder: string): Promise<void> {
  await mkdir(folder);
  const options = ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0711`, 'tmpfs', folder];
  await run('mount', options).catch(() => {
    throw new Error('F12 needs a disk that it can fill: run it as root, with the right to mount a tmpfs');
  });
  await chmod(folder, 0o711);
}

async function fillUp({ world }: Scene, { journal, service }: Alone, ballast: string): Promise<Figures> {
  let [times, slowest] = [0, 0];
  for (let round = 0; round < (world.options.short ? 1 : 5); round++) {
    await delay(2_000);
    const { faults, unavailable } = journal.tries;
    const isFelt = () => journal.tries.faults + journal.tries.unavailable > faults + unavailable;
    await fill(ballast, world.options.short ? 5_000 : 30_000, isFelt);
    times += 1;
    slowest = Math.max(slowest, await service.ready());
  }
  return { times, slowest: tenth(slowest) };
}

/** Milliseconds after which it is given back at any rate: Postgres lives on what it has set aside for a while. */
const FELT_WITHIN = 60_000;

/** Takes all room there is, and what becomes free meanwhile, for so many milliseconds and until it is felt; then gives it back. */
async function fill(ballast: string, time: number, isFelt: () => boolean): Promise<void> {
  const file = await open(ballast, 'w');
  const began = performance.now();
  const past = () => performance.now() - began;
  const block = Buffer.alloc(BLOCK, 1);
  try {
    while (past() < time || (!isFelt() && past() < FELT_WITHIN)) {
      const written = await file.write(block).catch(() => undefined);
      if (!written) await delay(20);
    }
  } finally {
    await file.close();
    await rm(ballast);
  }
}
