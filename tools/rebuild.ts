import {
  Database,
  project,
  readSequenced,
  restore,
  type Projection,
  type StoredRow,
  type Transaction,
} from '#eventsourcing';
import type { RecordedEvent } from '#events';
import type { ServiceDefinition } from '#nest';
import { required } from '#nest/distributed';
import { consent } from '../apps/consent/consent.service.js';
import { gateway } from '../apps/gateway/gateway.service.js';
import { membership } from '../apps/membership/membership.service.js';
import { retention } from '../apps/retention/retention.service.js';

const SERVICES: readonly ServiceDefinition[] = [gateway, membership, consent, retention];

/** Tables that projections only help to write: what they hold stands in no event and could not be made again. */
export const NOT_FROM_EVENTS: ReadonlyMap<string, string> = new Map([
  ['access_keys', 'the hashes of the keys are in no event; restore it from a backup'],
]);

/** How many rows of a read model were found wrong: not as the events make them, or not made by any; and how many were written anew. */
export interface Rebuilt {
  readonly removed: number;
  readonly written: number;
}

const PAGE = 1_000;

/**
 * Makes a read model anew from the log while the service goes on, in one transaction: a copy beside it grows from the whole log without
 * holding anybody up; then writers of this table wait while the last events are added and wrong rows are replaced. Readers see the
 * old rows until it commits. Throws when a writer keeps the table for longer than the lock limit (10 s); nothing has changed then.
 */
export function rebuild(database: Database, projections: readonly Projection[], table: string): Promise<Rebuilt> {
  return rebuildTables(database, projections, [table]).then((rebuilt) => rebuilt.get(table)!);
}

/** Every table that these projections make from events alone. */
export const rebuildable = (projections: readonly Projection[]): string[] =>
  [...new Set(projections.map((one) => one.table))].filter((name) => !NOT_FROM_EVENTS.has(name));

/**
 * The same for several tables, for one reading of the log. Writers of any of them wait at the end until all are compared; where one holds
 * a table and waits for another, Postgres ends it or this, and then nothing has changed.
 */
export function rebuildTables(
  database: Database,
  projections: readonly Projection[],
  tables: readonly string[],
): Promise<Map<string, Rebuilt>> {
  for (const table of tables) mustBeRebuildable(projections, table);
  const shadowOf = (table: string) => `rebuilt_${tables.indexOf(table)}`;
  const shadows = projections
    .filter(({ table }) => tables.includes(table))
    .map((one) => ({ ...one, table: shadowOf(one.table) }));
  return database.asRelay(async (tx) => {
    for (const table of tables)
      await tx.query(`create temporary table ${shadowOf(table)} (like ${table} including all) on commit drop`);
    const tenants = new Set<string>();
    const apply = async (events: readonly RecordedEvent[]) => {
      for (const [tenantId, own] of Map.groupBy(events, (event) => event.tenantId)) {
        tenants.add(tenantId);
        await tx.actFor(tenantId);
        await project(tx, shadows, own);
      }
    };
    const position = await replayNumbered(tx, apply);
    await tx.query(`lock table ${tables.join()} in share row exclusive mode`);
    await apply(await readRest(tx, position));
    const rebuilt = new Map<string, Rebuilt>();
    for (const table of tables) rebuilt.set(table, await replaceWrong(tx, table, shadowOf(table), tenants));
    return rebuilt;
  });
}

function mustBeRebuildable(projections: readonly Projection[], table: string): void {
  const reason = NOT_FROM_EVENTS.get(table);
  if (reason) throw new Error(`${table} cannot be rebuilt: ${reason}`);
  const known = rebuildable(projections);
  if (!known.includes(table)) throw new Error(`There is no read model "${table}"; there are: ${known.join(', ')}`);
}

/** Applies every numbered event in the global order; returns the position of the last. */
async function replayNumbered(tx: Transaction, apply: (events: readonly RecordedEvent[]) => Promise<void>) {
  let position = 0;
  for (;;) {
    const events = await readSequenced(tx.query, position, PAGE);
    await apply(events);
    position = events.at(-1)?.position ?? position;
    if (events.length < PAGE) return position;
  }
}

/** What was committed since, in order. One statement: an event that is being numbered at this moment is neither missed nor read twice. */
async function readRest(tx: Transaction, position: number): Promise<RecordedEvent[]> {
  const rows = await tx.query<StoredRow>(
    `select e.tenant_id, e.stream_id, e.version, e.event_id, e.type, e.body
     from (select 1 as part, position as nr, tenant_id, stream_id, version from sequence where position > $1
           union all select 2, ticket, tenant_id, stream_id, version from pending) latest
     join events e using (tenant_id, stream_id, version) order by part, nr`,
    [position],
  );
  return rows.map(restore);
}

/** Replaces the rows that differ, so that a read model that was right is not written at all. Rows are compared by their text. */
async function replaceWrong(
  tx: Transaction,
  table: string,
  shadow: string,
  tenants: ReadonlySet<string>,
): Promise<Rebuilt> {
  let [removed, written] = [0, 0];
  const without = (other: string) => `not exists (select from ${other} o where o.tenant_id = $1 and o::text = t::text)`;
  for (const tenantId of tenants) {
    await tx.actFor(tenantId);
    const wrong = await tx.query(`delete from ${table} t where tenant_id = $1 and ${without(shadow)} returning 1`, [
      tenantId,
    ]);
    const missing = await tx.query(
      `insert into ${table} select t.* from ${shadow} t where tenant_id = $1 and ${without(table)} returning 1`,
      [tenantId],
    );
    removed += wrong.length;
    written += missing.length;
  }
  return { removed, written };
}

/** `npm run rebuild -- <service> [<table>]`: the service may run; all of its tables unless one is named. Takes ROLLCALL_DATABASE_URL (the application's role). */
async function main([service, table]: readonly string[]): Promise<void> {
  const definition = SERVICES.find(({ name }) => name === service);
  if (!definition)
    throw new Error(`Name a service (${SERVICES.map(({ name }) => name).join(', ')}), and a table if not all`);
  const url = required(process.env, 'ROLLCALL_DATABASE_URL', 'the connection of the application’s role');
  const database = await Database.open({ url, schema: definition.name });
  const began = performance.now();
  try {
    const { projections } = definition;
    const rebuilt = await rebuildTables(database, projections, table ? [table] : rebuildable(projections));
    for (const [name, { removed, written }] of rebuilt)
      process.stdout.write(`${name} is as the events make it: ${removed} wrong rows removed, ${written} written\n`);
    process.stdout.write(`Rebuilt in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  } finally {
    await database.close();
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
