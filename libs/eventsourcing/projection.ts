import type { EventsOf, RecordedEvent } from '#events';
import type { Transaction } from './database.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * What one event does to one row of a read model: `upsert` writes these columns, in a new row if there is none; `update`
 * changes them only if the row is there; `remove` takes it away. Columns not named keep what they hold, or their default.
 */
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
  await Promise.all(
    projections.map(async ({ table, key, on }) => {
      const changes = events.flatMap((event) => on[event.name]?.(event) ?? []);
      if (changes.length > 0) await writeRows(tx, table, key, changes);
    }),
  );
}

/** All changes of a page to one row, in the order in which they are carried out. */
interface Net {
  readonly removed?: Row;
  readonly updated?: Row;
  readonly upserted?: Row;
}

/** Writes row changes as if one by one in their order: several changes to one row are first folded into one. */
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
    net.set(id, fold(net.get(id) ?? {}, change));
  }
  const all = [...net.values()];
  const rows = (pick: (n: Net) => Row | undefined) => all.map(pick).filter((row) => row !== undefined);
  const columnsOfKey = key.map(columnName);
  const [removed, updated, upserted] = [rows((n) => n.removed), rows((n) => n.updated), rows((n) => n.upserted)];
  // They go out together, and run in this order.
  await Promise.all([
    remove(tx, table, columnsOfKey, removed),
    ...byColumns(updated).map((group) => update(tx, table, columnsOfKey, group)),
    ...byColumns(upserted).map((group) => upsert(tx, table, columnsOfKey, group)),
  ]);
}

function fold(before: Net, change: RowChange): Net {
  if ('remove' in change) return { removed: change.remove };
  // What an update changed in a row that may not have been there must not get into the new row.
  if ('upsert' in change) return { ...before, upserted: { ...before.upserted, ...change.upsert } };
  if (before.upserted) return { ...before, upserted: { ...before.upserted, ...change.update } };
  if (before.removed) return before; // a change to a row that is gone
  return { updated: { ...before.updated, ...change.update } };
}

function byColumns(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const signature = signatureOf(Object.keys(row));
    const group = groups.get(signature);
    if (group) group.push(row);
    else groups.set(signature, [row]);
  }
  return [...groups.values()];
}

// Rows come by the thousand, and in few forms.
const signatures = new Map<string, string>();
function signatureOf(names: string[]): string {
  const asGiven = names.join();
  let signature = signatures.get(asGiven);
  if (signature === undefined) signatures.set(asGiven, (signature = names.sort().join()));
  return signature;
}

const snakes = new Map<string, string>();
function snake(name: string): string {
  let column = snakes.get(name);
  if (column === undefined) snakes.set(name, (column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)));
  return column;
}
const columnName = (name: string) => `"${snake(name)}"`; // quoted: some are words of SQL, such as "offset"
const asJson = (rows: readonly Row[]) =>
  JSON.stringify(
    rows.map((row) => {
      const columns: Record<string, unknown> = {};
      for (const name of Object.keys(row)) columns[snake(name)] = row[name] ?? null;
      return columns;
    }),
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
  const columns = Object.keys(rows[0]!).map(columnName);
  const changed = columns.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`);
  await tx.prepared(
    `insert into ${table} (tenant_id, ${columns.join()}) select $1, ${columns.join()} from json_populate_recordset(null::${table}, $2)
     on conflict (tenant_id, ${key.join()}) do ${changed.length > 0 ? `update set ${changed.join()}` : 'nothing'}`,
    [tenant(tx), asJson(rows)],
  );
}

async function update(tx: Transaction, table: string, key: readonly string[], rows: readonly Row[]): Promise<void> {
  const changed = Object.keys(rows[0]!)
    .map(columnName)
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
