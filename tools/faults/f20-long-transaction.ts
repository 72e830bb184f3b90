import { setTimeout as delay } from 'node:timers/promises';
import { lookInto } from '../../libs/testing/witness.js';
import { atLeast, atMost, type Fault, type Figures, sound } from './fault.js';
import { tenth, type Scene } from './scene.js';
import { APPS } from './services.js';

/** Somebody leaves a transaction open that has written, and somebody else reads everything for a backup: delivery must not wait for them. */
export const longTransaction: Fault = {
  id: 'F20',
  what: 'a writing transaction left open, and a dump that reads everything',
  run: (scene) => scene.during(() => leaveOpen(scene)),
  verdict: (figures) => [
    ...sound(figures),
    ...atMost(figures, 'lag', 5),
    ...atLeast(figures, 'samples', 10),
    ...atLeast(figures, 'dumped', 1),
  ],
  planted: {
    what: 'numbers events only while no other transaction is open',
    edits: [
      {
        file: 'libs/eventsourcing/relay.js',
        find: "const rows = await this.options.database.aloneAsRelay('select taken",
        replace:
          "const [open] = await this.options.database.aloneAsRelay('select pg_snapshot_xmin(pg_current_snapshot()) < pg_snapshot_xmax(pg_current_snapshot()) as waits', []);\n" +
          '            if (open.waits) { await new Promise((go) => setTimeout(go, 50)); continue; }\n' +
          "            const rows = await this.options.database.aloneAsRelay('select taken",
      },
    ],
  },
};

function leaveOpen({ world }: Scene): Promise<Figures> {
  return lookInto(world.ownerUrl, async (query) => {
    await query('begin');
    await query('select pg_current_xact_id()'); // from here on it counts as a writer, and stays idle
    const end = performance.now() + (world.options.short ? 10 : 1_800) * 1000;
    const [lags, dumped] = await Promise.all([lagsOf(world.ownerUrl, end), dump(world.ownerUrl, end)]);
    return { lag: tenth(Math.max(...lags)), samples: lags.length, dumped };
  });
}

/** Again and again: how many seconds it takes until every service has published what it holds at this moment. At most ten seconds are waited. */
async function lagsOf(ownerUrl: string, end: number): Promise<number[]> {
  const places = APPS.map(
    (app) =>
      `select '${app}' as app, head + (select count(*) from ${app}.pending) as held, published from ${app}.sequencer`,
  ).join(' union all ');
  const lags: number[] = [];
  await lookInto(ownerUrl, async (query) => {
    const look = async () =>
      new Map((await query<{ app: string; held: string; published: string }>(places)).map((row) => [row.app, row]));
    while (performance.now() < end) {
      const began = performance.now();
      const held = await look();
      const isOut = async () =>
        [...(await look())].every(([app, { published }]) => Number(published) >= Number(held.get(app)!.held));
      while (!(await isOut()) && performance.now() - began < 10_000) await delay(50);
      lags.push((performance.now() - began) / 1000);
      await delay(200);
    }
  });
  return lags;
}

/** Reads all logs in one snapshot, as a dump does, and keeps the snapshot; returns how many rows it read. */
async function dump(ownerUrl: string, end: number): Promise<number> {
  return lookInto(ownerUrl, async (query) => {
    await query('begin isolation level repeatable read, read only');
    let rows = 0;
    for (const app of APPS) rows += (await query(`select * from ${app}.events`)).length;
    while (performance.now() < end) await delay(200);
    await query('commit');
    return rows;
  });
}
