import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { playAll } from './play.js';
import { readRehearsal } from './read.js';
import { inLines, tally } from './report.js';
import { startSystem } from './systems.js';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'rehearsals');
// Five processes and a broker have to start, on a machine that may be busy.
const PATIENCE = 1_200_000;

it(
  '[LD-03] [LD-04] [LD-05] [LD-09] [LD-10] [LD-11] [LD-13] [LD-37] [LD-39] every story holds on four processes over Kafka as it does on one',
  async () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    const stories = files.flatMap((file) => readRehearsal(file, readFileSync(join(folder, file), 'utf8')));
    const system = await startSystem('kafka', stories.map(({ start }) => start).sort()[0]!);
    try {
      const reports = await playAll(stories, system);
      const failing = reports.filter((report) => tally([report]).failed > 0);
      expect(failing.map(inLines).join('\n')).toBe('');
      expect(reports).toHaveLength(stories.length);
      expect(tally(reports).judged).toBeGreaterThan(200);
    } finally {
      await system.stop();
    }
  },
  PATIENCE,
);
