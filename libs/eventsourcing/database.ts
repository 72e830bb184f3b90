import { DataSource, type EntityManager, type EntitySchema } from 'typeorm';
import type { PoolClient } from 'pg';

/** One database transaction. Everything written through it becomes durable together at commit, or not at all. */
export interface Transaction {
  /** The organisation whose rows this transaction may see; null for the relay's own work over all organisations. */
  readonly tenantId: string | null;
  /** The instant this transaction began, ISO 8601 UTC with microseconds cut to milliseconds, by the database's clock (or the manual clock). */
  readonly now: string;
  /** Runs one statement; rows come back as plain objects. Fails after the statement limit of 30 s. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
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

/** The service's door to Postgres: tenant-bound transactions for requests and handlers, relay transactions for the machinery. */
export class Database {
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
        extra: { max, options: `-c search_path=${schema} ${LIMITS} ${extra}`, connectionTimeoutMillis: 10_000 },
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
    return transact(this.app, tenantId, work);
  }

  /** Runs `work` in one transaction of the relay role: sequencer, publisher, sweeper, event handlers. */
  asRelay<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return transact(this.relay, null, work);
  }

  /** A relay connection of its own outside any transaction, for session-long locks. The caller releases it. */
  async relaySession(): Promise<{ client: PoolClient; release: () => Promise<void> }> {
    const runner = this.relay.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    return { client, release: () => runner.release() };
  }

  async close(): Promise<void> {
    await Promise.all([this.app.destroy(), this.relay.destroy()]);
  }
}

async function transact<T>(
  source: DataSource,
  tenantId: string | null,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  const client = (await runner.connect()) as PoolClient;
  const wakes: (() => void)[] = [];
  let current = tenantId;
  const tx = (now: string): Transaction => ({
    get tenantId() {
      return current;
    },
    now,
    manager: runner.manager,
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await client.query(sql, [...parameters])).rows as Row[],
    afterCommit: (wake) => wakes.push(wake),
    actFor: async (tenant) => {
      if (tenant === current) return;
      await client.query("select set_config('app.tenant', $1, true)", [tenant]);
      current = tenant;
    },
  });
  try {
    await client.query('begin');
    const { rows } = await client.query<{ now: string }>(
      "select set_config('app.tenant', $1, true), iso(current_instant()) as now",
      [tenantId ?? ''],
    );
    const result = await work(tx(rows[0]!.now));
    await client.query('commit');
    for (const wake of wakes) wake();
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // the connection itself may be gone; the pool drops it
    throw error;
  } finally {
    await runner.release();
  }
}
