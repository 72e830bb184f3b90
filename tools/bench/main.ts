import { parseArgs } from 'node:util';
import { appendRows } from './append.rows.js';
import { catchUpRows } from './catch-up.rows.js';
import { deadlineRows } from './deadlines.rows.js';
import { httpRows } from './http.rows.js';
import { logRows } from './log.rows.js';
import { openGround, type Ground } from './ground.js';
import { machine, type Row, type Size } from './harness.js';
import { memoryRows } from './memory.rows.js';
import { tenancyRows } from './tenancy.rows.js';
import { print, writeResults } from './report.js';

const groups: Readonly<Record<string, (ground: Ground, size: Size) => Promise<Row[]>>> = {
  append: appendRows,
  log: logRows,
  'catch-up': catchUpRows,
  deadlines: deadlineRows,
  http: httpRows,
  tenancy: tenancyRows,
  memory: memoryRows,
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
try {
  for (const [name, run] of Object.entries(groups)) {
    if (only && !only.includes(name)) continue;
    process.stderr.write(`${name} ...\n`);
    const measured = await run(ground, size);
    print(measured);
    // Figures of small sizes are for direction only; they never replace those that are kept.
    if (!values.quick) writeResults(measured, on);
  }
} finally {
  await ground.close();
}
