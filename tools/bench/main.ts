import { parseArgs } from 'node:util';
import { appendRows } from './append.rows.js';
import { catchUpRows } from './catch-up.rows.js';
import { deadlineRows } from './deadlines.rows.js';
import { httpRows } from './http.rows.js';
import { logRows } from './log.rows.js';
import { openGround, type Ground } from './ground.js';
import { machine, secondsSince, told, type Row, type Size } from './harness.js';
import { historyRows } from './history.rows.js';
import { kafkaRows } from './kafka.rows.js';
import { memoryRows } from './memory.rows.js';
import { restoreRows } from './restore.rows.js';
import { tenancyRows } from './tenancy.rows.js';
import { print, writeResults } from './report.js';

type Group = (ground: Ground, size: Size) => Promise<Row[]>;
const groups: Readonly<Record<string, Group>> = {
  append: appendRows,
  log: logRows,
  history: historyRows,
  'catch-up': catchUpRows,
  deadlines: deadlineRows,
  http: httpRows,
  kafka: kafkaRows,
  tenancy: tenancyRows,
  memory: memoryRows,
  restore: restoreRows,
};

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const only = values.only?.split(',');
const unknown = only?.find((name) => !groups[name]);
if (unknown !== undefined) throw new Error(`No group is named ${unknown}: ${Object.keys(groups).join(', ')}`);
const size: Size = values.quick ? { quick: true, rounds: 3, span: 500 } : { quick: false, rounds: 5, span: 2_000 };

const ground = await openGround();
const on = machine(ground.version);
const began = performance.now();
const rows: Row[] = [];
const failed: string[] = [];
try {
  for (const [name, run] of Object.entries(groups)) {
    if (only && !only.includes(name)) continue;
    const groupBegan = performance.now();
    told(`${name} …`);
    try {
      const measured = await run(ground, size);
      rows.push(...measured);
      // Figures of small sizes are for direction only; they never replace those that are kept.
      if (!values.quick) writeResults(name, measured, on, Object.keys(groups));
    } catch (error) {
      // What the other groups measure stays good without this one.
      failed.push(name);
      told(`${name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
    told(`${name}: ${secondsSince(groupBegan)}, ${secondsSince(began)} in all`);
  }
} finally {
  await ground.close();
}
print(rows);
if (values.quick)
  told('Small sizes are for direction only: most bars are meant for the full ones, and nothing was written.');
if (failed.length > 0) {
  told(`Failed: ${failed.join(', ')}`);
  // What a failed group left open must not keep the process.
  process.stdout.write('', () => process.exit(1));
}
