import { DataSource, type EntitySchema, type QueryRunner } from 'typeorm';
import { types, type PoolClient, type QueryResult } from 'pg';
import { answer, gather, nameOf, transactionOn, type Transaction } from './transaction.js';

export type { Transaction } from './transaction.js';

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
          pipeline: true, // a statement leaves when it is asked for, and not when the one before it is answered
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

  /** The same for work that begins at once: its first statement goes out with the beginning, and `tx.now` is known when that is answered. */
  atOnceInTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return transact(this.app, tenantId, this.denied, work, true);
  }

  /** The same for work that only reads, which the database makes sure of: there is nothing whose commit would have to be waited for. */
  look<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return look(this.app, tenantId, this.denied, work);
  }

  /** The same for work that asks one thing: the end goes out with its statement, so nothing more is written. It refuses a second statement. */
  glance<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return look(this.app, tenantId, this.denied, work, true);
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
  isAtOnce = false,
): Promise<T> {
  const runner = source.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  const { tx, begun, wakes, over } = open(runner, client, tenantId, denied, 'begin');
  let result: T;
  try {
    if (!isAtOnce) await begun;
    result = await work(tx);
    over();
    gather(client);
    // After a failed statement Postgres answers a commit with a rollback, and not with an error.
    const { command } = await client.query('commit');
    await Promise.all([begun, tx.sent()]);
    if (command !== 'COMMIT') throw new Error('A statement of this transaction failed, so nothing of it was kept');
  } catch (error) {
    over();
    await rollBack(client);
    // What failed first is told: of what came after it Postgres only says that something had failed.
    await Promise.all([begun, tx.sent()]);
    throw error;
  } finally {
    await runner.release();
  }
  for (const wake of wakes) wake();
  return result;
}

async function look<T>(
  source: DataSource,
  tenantId: string,
  denied: () => void,
  work: (tx: Transaction) => Promise<T>,
  isOne = false,
): Promise<T> {
  const runner = source.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  const { tx, begun, over } = open(runner, client, tenantId, denied, 'begin read only');
  let ended: Promise<void> | undefined;
  const end = () => {
    over();
    ended ??= rollBack(client)
      .then(() => runner.release())
      .catch(() => undefined);
  };
  try {
    return await work(isOne ? endingWithFirst(tx, end) : tx);
  } catch (error) {
    await begun;
    throw error;
  } finally {
    end();
  }
}

/** The transaction with its end sent right behind its first statement, in the same piece. */
function endingWithFirst(tx: Transaction, end: () => void): Transaction {
  const query: Transaction['query'] = <Row>(sql: string, parameters?: readonly unknown[]) => {
    const rows = tx.query<Row>(sql, parameters);
    end();
    return rows;
  };
  return Object.create(tx, { query: { value: query } }) as Transaction;
}

/** Begins a transaction on a connection, without waiting for it. */
function open(
  runner: QueryRunner,
  client: PoolClient,
  tenantId: string | null,
  denied: () => void,
  how: 'begin' | 'begin read only',
) {
  // TypeORM must know of the transaction: it would otherwise begin one for each save, and commit ours with it.
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  let [now, isOver]: [string | undefined, boolean] = [undefined, false];
  const begun = begin(client, tenantId, how).then((instant) => void (now = instant));
  begun.catch(() => undefined); // whoever waits for it is told
  const wakes: (() => void)[] = [];
  const { manager } = runner;
  const tx = transactionOn({ client, manager, tenantId, begun, now: () => now, isOver: () => isOver, wakes, denied });
  return { tx, begun, wakes, over: () => void (isOver = true) };
}

/** Begins a transaction for an organisation and returns its instant. One round trip, which takes statements without parameters only. */
async function begin(client: PoolClient, tenantId: string | null, how: string): Promise<string> {
  gather(client);
  const answers: unknown = await client.query(
    `${how}; select open_for(${client.escapeLiteral(tenantId ?? '')}) as now`,
  );
  return (answers as QueryResult<{ now: string }>[])[1]!.rows[0]!.now;
}

/** A connection that cannot even roll back is closed, so that the pool lends it to nobody. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query('rollback');
  } catch {
    void client.end().catch(() => undefined); // marks it as ending at once; the pool then drops it
  }
}
