/**
 * `npm run faults [-- --short] [--only F1,F5] [--except F12] [--seed n] [--planted]`: starts a whole installation, breaks it in many ways
 * while commands come in, and checks that nothing that was acknowledged is lost or done twice. Exits with 1 when anything is not as it must be.
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
    except: { type: 'string', default: '' },
    seed: { type: 'string' },
    planted: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const wanted = values.only?.split(',') ?? FAULTS.map(({ id }) => id);
const unwanted = values.except.split(',').filter((id) => id !== '');
const unknown = [...wanted, ...unwanted].filter((id) => !FAULTS.some((fault) => fault.id === id));
const began = performance.now();
const say = (line: string) =>
  void process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  process.stderr.write(
    `Usage: npm run faults [-- --short] [--only ${FAULTS.map(({ id }) => id).join()}] [--except F12] [--seed n] [--planted]\n`,
  );
  process.exit(2);
}
const faults = wanted.filter((id) => !unwanted.includes(id)).map((id) => FAULTS.find((fault) => fault.id === id)!);
say(`Seed ${seed}`);
const results = values.planted ? await runPlanted() : await runSound();
process.stdout.write(`\n${tableOf(results, seed)}\n`);
process.exit(results.every(holds) ? 0 : 1);

/**
 * The faults one after the other on one installation; those that have one of their own while another mostly waits. One that does not come
 * to rest ends the run: what follows would only tell of it again.
 */
async function runSound(): Promise<Result[]> {
  const scene = await Scene.open({ seed, short: values.short, say });
  const apart = faults.filter(({ isApart }) => isApart);
  const done: Result[] = [];
  const run = async (several: readonly Fault[]) => {
    for (const fault of several) {
      const result = await runOne(fault, scene);
      done.push(result);
      if (isStuck(result.figures)) return false;
    }
    return true;
  };
  try {
    for (const fault of faults.filter(({ isApart }) => !isApart)) {
      const wentOn = await Promise.all([run([fault]), run(fault.isWait ? apart.splice(0) : [])]);
      if (!wentOn.every(Boolean)) break;
    }
    if (!done.some(({ figures }) => isStuck(figures))) await run(apart);
  } finally {
    await scene.close();
  }
  return done;
}

/** Each fault on an installation that has the planted bug, and has had no other that did it harm: it must be found red. */
async function runPlanted(): Promise<Result[]> {
  const done: Result[] = [];
  let scene: Scene | undefined;
  try {
    for (const fault of faults) {
      const { what, edits } = fault.planted;
      scene ??= await Scene.open({ seed, short: values.short, say });
      if (fault.isApart) await scene.world.plant(edits);
      else await scene.plant(edits);
      const result = await runOne(fault, scene, what);
      done.push(result);
      if (fault.isApart || isUnharmed(result.figures)) continue;
      await scene.close();
      scene = undefined;
    }
  } finally {
    await scene?.close();
  }
  return done;
}

function isStuck(figures: Figures): boolean {
  return Boolean(figures['threw'] || figures['restless']);
}

/** Whether nothing was found in the installation itself, so that it will do for the next. */
function isUnharmed(figures: Figures): boolean {
  return !isStuck(figures) && figures['wrong'] === 0;
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
