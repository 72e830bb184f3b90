/**
 * `npm run faults [-- --short] [--only F1,F5] [--seed n] [--planted]`: starts a whole installation, breaks it in many ways while commands
 * come in, and checks that nothing that was acknowledged is lost or done twice. Exits with 1 when anything is not as it must be.
 */
import { parseArgs } from 'node:util';
import type { Fault, Figures } from './fault.js';
import { FAULTS } from './faults.js';
import { holds, lineOf, type Result, tableOf } from './report.js';
import { Scene } from './scene.js';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string' },
    planted: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const wanted = values.only?.split(',');
const unknown = wanted?.filter((id) => !FAULTS.some((fault) => fault.id === id)) ?? [];
const began = performance.now();
const say = (line: string) =>
  void process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `Usage: npm run faults [-- --short] [--only ${FAULTS.map(({ id }) => id).join()}] [--seed n] [--planted]\n`,
  );
  process.exit(2);
}
const faults = wanted?.map((id) => FAULTS.find((fault) => fault.id === id)!) ?? FAULTS;
say(`Seed ${seed}`);
const results = values.planted ? await runPlanted() : await runSound();
process.stdout.write(`\n${tableOf(results, seed)}\n`);
process.exit(results.every(holds) ? 0 : 1);

/** All faults one after the other on one installation. One that does not come to rest ends the run: what follows would only tell of it again. */
async function runSound(): Promise<Result[]> {
  const scene = await Scene.open({ seed, short: values.short, say });
  const done: Result[] = [];
  try {
    for (const fault of faults) {
      const result = await runOne(fault, scene);
      done.push(result);
      if (result.figures['threw'] || result.figures['restless']) break;
    }
  } finally {
    await scene.close();
  }
  return done;
}

/** Each fault on an installation of its own that has the planted bug: it must be found red. */
async function runPlanted(): Promise<Result[]> {
  const done: Result[] = [];
  for (const fault of faults) {
    const { what, edits } = fault.planted;
    const scene = await Scene.open({ seed, short: values.short, say });
    try {
      await scene.plant(edits);
      done.push({ ...(await runOne(fault, scene, what)), planted: what });
    } finally {
      await scene.close();
    }
  }
  return done;
}

async function runOne(fault: Fault, scene: Scene, planted?: string): Promise<Result> {
  say(`${fault.id} ${fault.what}${planted === undefined ? '' : `, with a bug: ${planted}`}`);
  const start = performance.now();
  let figures: Figures;
  let reasons: string[];
  try {
    figures = await fault.run(scene);
    reasons = fault.verdict(figures);
  } catch (error) {
    figures = { threw: 1 };
    reasons = [error instanceof Error ? error.message : String(error)];
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  const result: Result = { fault, figures, reasons, seconds, ...(planted === undefined ? {} : { planted }) };
  say(lineOf(result));
  return result;
}
