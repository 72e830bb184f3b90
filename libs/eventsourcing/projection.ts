import type { EventsOf, RecordedEvent } from '#events';
import type { Transaction } from './database.js';

type Row = Readonly<Record<string, unknown>>;

/** What one event does to one row of a read model: write it whole, change some columns if it is there, or take it away. */
export type RowChange = { readonly upsert: Row } | { readonly update: Row } | { readonly remove: Row };

/** A read model's rules: pure functions from event to row changes; disposable and rebuilt by replay. */
export interface Projection {
  readonly table: string;
  /** Columns that identify a row within its organisation, in camelCase like the rows. */
  readonly key: readonly string[];
  readonly on: Readonly<Record<string, (event: RecordedEvent) => RowChange | readonly RowChange[]>>;
}

/** Declares a projection whose handlers are typed by the service's payload map. Row properties are the columns in camelCase. */
export function projection<Payloads>(
  table: string,
  key: readonly string[],
  on: {
    [N in keyof Payloads & string]?: (
      event: Extract<EventsOf<Payloads>, { name: N }>,
    ) => RowChange | readonly RowChange[];
  },
): Projection {
  return { table, key, on: on as unknown as Projection['on'] };
}

/** Applies a page of one organisation's events to the read models, a few statements a table whatever the page's length. */
export async function project(
  tx: Transaction,
  projections: readonly Projection[],
  events: readonly RecordedEvent[],
): Promise<void> {
  for (const { table, key, on } of projections) {
    const changes = events.flatMap((event) => on[event.name]?.(event) ?? []);
    if (changes.length > 0) await writeRows(tx, table, key, changes);
  }
}

interface Net {
  removed: boolean;
  row?: Row;
  whole: boolean;
}

/** Writes row changes in their order; several changes to one row are first folded into one. */
export async function writeRows(
  tx: Transaction,
  table: string,
  key: readonly string[],
  changes: readonly RowChange[],
): Promise<void> {
  const net = new Map<string, Net>();
  for (const change of changes) {
    const row = 'upsert' in change ? change.upsert : 'update' in change ? change.update : change.remove;
    const id = JSON.stringify(key.map((column) => row[column]));
    net.set(id, fold(net.get(id) ?? { removed: false, whole: false }, change, row, key));
  }
  const all = [...net.values()];
  const columnsOfKey = key.map(snake);
  await remove(
    tx,
    table,
    columnsOfKey,
    all.filter((n) => n.removed).map((n) => n.row!),
  );
  for (const group of byColumns(all.filter((n) => n.row && n.whole))) await upsert(tx, table, columnsOfKey, group);
  for (const group of byColumns(all.filter((n) => n.row && !n.whole && !n.removed)))
    await update(tx, table, columnsOfKey, group);
}

function fold(before: Net, change: RowChange, row: Row, key: readonly string[]): Net {
  if ('remove' in change)
    return { removed: true, row: Object.fromEntries(key.map((column) => [column, row[column]])), whole: false };
  if ('upsert' in change) return { removed: before.removed, row, whole: true };
  if (before.removed && !before.whole) return before; // a change to a row that is gone
  return { ...before, row: { ...before.row, ...row } };
}

function byColumns(nets: readonly Net[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const { row } of nets) {
    const signature = Object.keys(row!).sort().join();
    groups.set(signature, [...(groups.get(signature) ?? []), row!]);
  }
  return [...groups.values()];
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const asJson = (rows: readonly Row[]) =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [snake(name), value ?? null]))),
  );
const joinOn = (key: readonly string[]) =>
  ['tenant_id = $1', ...key.map((column) => `t.${column} = r.${column}`)].join(' and ');

async function remove(tx: Transaction, table: string, key: readonly string[], rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(`delete from ${table} t using json_populate_recordset(null::${table}, $2) r where t.${joinOn(key)}`, [
    tenant(tx),
    asJson(rows),
  ]);
}

async function upsert(tx: Transaction, table: string, key: readonly string[], rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0]!).map(snake);
  const changed = columns.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`);
  await tx.query(
    `insert into ${table} (tenant_id, ${columns.join()}) select $1, ${columns.join()} from json_populate_recordset(null::${table}, $2)
     on conflict (tenant_id, ${key.join()}) do ${changed.length > 0 ? `update set ${changed.join()}` : 'nothing'}`,
    [tenant(tx), asJson(rows)],
  );
}

async function update(tx: Transaction, table: string, key: readonly string[], rows: readonly Row[]): Promise<void> {
  const changed = Object.keys(rows[0]!)
    .map(snake)
    .filter((column) => !key.includes(column));
  if (changed.length === 0) return;
  await tx.query(
    `update ${table} t set ${changed.map((column) => `${column} = r.${column}`).join()}
     from json_populate_recordset(null::${table}, $2) r where t.${joinOn(key)}`,
    [tenant(tx), asJson(rows)],
  );
}

function tenant(tx: Transaction): string {
  const id = tx.tenantId;
  if (!id) throw new Error('Rows of a read model are written on behalf of one organisation');
  return id;
}
