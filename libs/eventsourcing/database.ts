import { createHash } from 'node:crypto';
import { DataSource, type EntityManager, type EntitySchema } from 'typeorm';
import { types, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { sqlState } from './errors.js';

/** One database transaction. Everything written through it becomes durable together at commit, or not at all. */
export interface Transaction {
  /** The organisation whose rows this transaction may see; null for the relay's own work over all organisations. */
  readonly tenantId: string | null;
  /** The instant this transaction began, ISO 8601 UTC with microseconds cut to milliseconds, by the database's clock (or the manual clock). */
  readonly now: string;
  /**
   * Runs one statement; rows come back as plain objects: instants as ISO 8601 UTC with milliseconds, dates as `YYYY-MM-DD`,
   * bigint as text. Fails after the statement limit of 30 s. After a failure the transaction can only be rolled back.
   */
  readonly query: <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  /**
   * The same for a statement that has but one good plan, such as an insert or the call of a function: each connection plans it once.
   * Not for one that may be planned as a scan: made while a table is empty, such a plan is kept until the table is analysed, however it
   * grows. And not for texts put together from a request: every one of them would be kept for as long as the connection lives.
   */
  readonly prepared: <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  /**
   * Runs a statement that each connection plans once, under planner settings of its own (a statement that sets them for the
   * transaction), all in one round trip. The settings must be the same text for the same statement. Parameters are texts.
   */
  readonly planned: <Row = Record<string, unknown>>(
    settings: string,
    sql: string,
    parameters: readonly string[],
  ) => Promise<Row[]>;
  /** TypeORM bound to this very transaction, for reading read models. */
  readonly manager: EntityManager;
  /** Runs after a successful commit; used to wake the relay. Never runs after a rollback. */
  afterCommit(wake: () => void): void;
  /** Changes the organisation for the statements that follow; only for the machinery, which handles a page of many organisations. */
  actFor(tenantId: string): Promise<void>;
}

type Entities = (new () => object) | EntitySchema;

export interface DatabaseOptions {
  /** Connection of the application role: `postgres://user:password@host:port/database`. Never the owner's. */
  readonly url: string;
  /** The service's own schema; it is the only one on the search path. */
  readonly schema: string;
  readonly entities?: readonly Entities[];
  /** Most connections at once. */
  readonly connections?: number;
}

// Leases are kept by the database's own clock: a process that stops inside a transaction loses its row locks after 30 s.
const LIMITS = '-c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000 -c lock_timeout=10000';
const PLAIN_TIMES = '-c timezone=UTC -c datestyle=ISO';
// For a server that does not even answer that a limit has passed.
const NO_ANSWER_AFTER = 40_000;

const INSUFFICIENT_PRIVILEGE = '42501';

const asInstant = (text: string) =>
  text.replace(
    /^(\S+) ([\d:]+)(\.\d+)?\+00$/,
    (_, day, time, fraction = '.') => `${day}T${time}${fraction.slice(0, 4).padEnd(4, '0')}Z`,
  );
const asText = (text: string) => text;
// pg would make a Date of them: a calendar date would then depend on the process's time zone.
const parsers = new Map<number, (text: string) => unknown>([
  [types.builtins.TIMESTAMPTZ, asInstant],
  [types.builtins.TIMESTAMP, asText],
  [types.builtins.DATE, asText],
]);
const columnTypes = {
  getTypeParser: (...column: Parameters<typeof types.getTypeParser>) =>
    parsers.get(column[0]) ?? types.getTypeParser(...column),
};

/** The service's door to Postgres: tenant-bound transactions for requests and handlers, relay transactions for the machinery. */
export class Database {
  private readonly watchers = new Set<() => void>();

  private constructor(
    readonly schema: string,
    private readonly app: DataSource,
    private readonly relay: DataSource,
  ) {}

  /** Opens both pools. The relay's connections take the `<user>_relay` role, which may see every organisation. */
  static async open({ url, schema, entities = [], connections = 10 }: DatabaseOptions): Promise<Database> {
    const source = (max: number, extra: string) =>
      new DataSource({
        type: 'postgres',
        url,
        entities: [...entities],
        extra: {
          max,
          options: `-c search_path=${schema} ${LIMITS} ${PLAIN_TIMES} ${extra}`,
          types: columnTypes,
          connectionTimeoutMillis: 10_000,
          query_timeout: NO_ANSWER_AFTER,
          keepAlive: true,
        },
      }).initialize();
    const user = decodeURIComponent(new URL(url).username);
    const app = await source(connections, '');
    try {
      return new Database(schema, app, await source(6, `-c role=${user}_relay`));
    } catch (error) {
      await app.destroy();
      throw error;
    }
  }

  /** Runs `work` in one transaction that sees and writes only this organisation's rows (row-level security). */
  inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return transact(this.app, tenantId, this.denied, work);
  }

  /**
   * Runs one prepared statement as a transaction of its own, in a single round trip; it must act for an organisation by itself
   * (`open_for`), or sees and writes no rows. Rows and limits as in a transaction.
   */
  alone<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return alone(this.app, this.denied, sql, parameters);
  }

  /** The same for the relay role, which sees the rows that its policies show it. */
  aloneAsRelay<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return alone(this.relay, this.denied, sql, parameters);
  }

  /** Runs `work` in one transaction of the relay role: sequencer, publisher, sweeper, event handlers. */
  asRelay<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return transact(this.relay, null, this.denied, work);
  }

  /** A relay connection of its own outside any transaction, for session-long locks. The caller releases it. */
  async relaySession(): Promise<{ client: PoolClient; release: () => Promise<void> }> {
    const runner = this.relay.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    return { client, release: () => runner.release() };
  }

  /** Tells `watch` of every statement that the database refuses by row-level security or for want of a privilege. */
  onDenied(watch: () => void): void {
    this.watchers.add(watch);
  }

  private readonly denied = (): void => this.watchers.forEach((watch) => watch());

  async close(): Promise<void> {
    await Promise.all([this.app.destroy(), this.relay.destroy()]);
  }
}

async function alone<Row>(
  source: DataSource,
  denied: () => void,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const runner = source.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  try {
    return await answer<Row>(client, denied, { name: nameOf(sql), text: sql, values: [...parameters] });
  } finally {
    await runner.release();
  }
}

async function transact<T>(
  source: DataSource,
  tenantId: string | null,
  denied: () => void,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  // TypeORM must know of the transaction: it would otherwise begin one for each save, and commit ours with it.
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  const wakes: (() => void)[] = [];
  let result: T;
  try {
    const now = await begin(client, tenantId);
    result = await work(transaction(client, runner.manager, tenantId, now, wakes, denied));
    // After a failed statement Postgres answers a commit with a rollback, and not with an error.
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new Error('A statement of this transaction failed, so nothing of it was kept');
  } catch (error) {
    await rollBack(client);
    throw error;
  } finally {
    await runner.release();
  }
  for (const wake of wakes) wake();
  return result;
}

/** Begins a transaction for an organisation and returns its instant. One round trip, which takes statements without parameters only. */
async function begin(client: PoolClient, tenantId: string | null): Promise<string> {
  const answers: unknown = await client.query(`begin; select open_for(${client.escapeLiteral(tenantId ?? '')}) as now`);
  return (answers as QueryResult<{ now: string }>[])[1]!.rows[0]!.now;
}

async function answer<Row>(client: PoolClient, denied: () => void, statement: QueryConfig): Promise<Row[]> {
  try {
    const answers: unknown = await client.query(statement);
    return (Array.isArray(answers) ? (answers as QueryResult[]).at(-1)! : (answers as QueryResult)).rows as Row[];
  } catch (error) {
    if (sqlState(error) === INSUFFICIENT_PRIVILEGE) denied();
    throw error;
  }
}

/** The name under which a connection keeps the plan of a statement; equal text, equal name. */
const names = new Map<string, string>();
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = createHash('sha256').update(sql).digest('base64url')));
  return name;
}

/** The statements a connection has planned under settings of their own. */
const plannedBy = new WeakMap<PoolClient, Set<string>>();
function plannedOn(client: PoolClient): Set<string> {
  let known = plannedBy.get(client);
  if (!known) plannedBy.set(client, (known = new Set()));
  return known;
}

function transaction(
  client: PoolClient,
  manager: EntityManager,
  tenantId: string | null,
  now: string,
  wakes: (() => void)[],
  denied: () => void,
): Transaction {
  let current = tenantId;
  return {
    get tenantId() {
      return current;
    },
    now,
    manager,
    query: <Row>(sql: string, parameters: readonly unknown[] = []) =>
      answer<Row>(client, denied, { text: sql, values: [...parameters] }),
    prepared: <Row>(sql: string, parameters: readonly unknown[] = []) =>
      answer<Row>(client, denied, { name: nameOf(sql), text: sql, values: [...parameters] }),
    planned: async <Row>(settings: string, sql: string, parameters: readonly string[]) => {
      const name = `planned ${nameOf(sql)}`;
      const known = plannedOn(client);
      const prepare = known.has(name) ? '' : `prepare "${name}" as ${sql};`;
      known.add(name); // what is prepared stays so, whatever becomes of the transaction
      const values = parameters.map((value) => client.escapeLiteral(value)).join();
      return answer<Row>(client, denied, { text: `${settings};${prepare}execute "${name}"${values && `(${values})`}` });
    },
    afterCommit: (wake) => wakes.push(wake),
    actFor: async (tenant) => {
      if (tenant === current) return;
      await client.query({ name: 'act for', text: "select set_config('app.tenant', $1, true)", values: [tenant] });
      current = tenant;
    },
  };
}

/** A connection that cannot even roll back is closed, so that the pool lends it to nobody. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('rollback');
  } catch {
    void client.end().catch(() => undefined); // marks it as ending at once; the pool then drops it
  }
}
