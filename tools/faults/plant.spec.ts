import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { killedBetween } from './f02-kill-between-commits.js';
import { FAULTS } from './faults.js';
import { copyOf } from './plant.js';

/** The build that a test run makes before it begins. */
const build = join(import.meta.dirname, '..', '..', 'dist');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-plant-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('[R63] planting bugs in a copy of the build', () => {
  it.each(FAULTS.map((fault) => [fault.id, fault.planted.edits] as const))(
    'finds every piece of %s',
    async (_, edits) => {
      const dist = await copyOf(build, folder, edits);
      for (const { file, replace } of edits) expect(readFileSync(join(dist, file), 'utf8')).toContain(replace);
    },
  );

  it('finds the place between the two commits of a batch', async () => {
    const dist = await copyOf(build, folder, [killedBetween]);
    expect(readFileSync(join(dist, killedBetween.file), 'utf8')).toContain('SIGKILL');
  });

  it('refuses a piece that is not there, and one that is there twice', async () => {
    const file = 'libs/bus/processor.js';
    const planted = (find: string) => copyOf(build, join(folder, find), [{ file, find, replace: '' }]);
    await expect(planted('no such piece')).rejects.toThrow('0 times');
    await expect(planted('await')).rejects.toThrow(/\d+ times and not once/);
  });
});
