import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { sqlState } from './errors.js';

/**
 * One database transaction. Everything written through it becomes durable together at commit, or not at all. Its statements go out as they
 * are asked for, without waiting for one another's answers, and run in that order: what does not build on an answer need not wait for it.
 */
export interface Transaction {
  /** The organisation whose rows this transaction may see; null for the relay's own work over all organisations. */
  readonly tenantId: string | null;
  /**
   * The instant this transaction began, ISO 8601 UTC with microseconds cut to milliseconds, by the database's clock (or the manual clock).
   * Where work began at once it is known from the first answer on, and asking earlier throws.
   */
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
   * Sends a prepared statement whose answer nobody needs. It runs at its place; should it fail, nothing after it takes effect and the
   * commit throws what it failed with, or `sent`, whichever is waited for first.
   */
  send(sql: string, parameters?: readonly unknown[]): void;
  /** Resolves when everything sent so far has run; throws what the first of it failed with. */
  sent(): Promise<void>;
  /** TypeORM bound to this very transaction, for reading read models. */
  readonly manager: EntityManager;
  /** Runs after a successful commit; used to wake the relay. Never runs after a rollback. */
  afterCommit(wake: () => void): void;
  /** Changes the organisation for the statements that follow; only for the machinery, which handles a page of many organisations. */
  actFor(tenantId: string): Promise<void>;
}

const INSUFFICIENT_PRIVILEGE = '42501';

/** Runs one statement on a connection; `denied` hears of what the database refuses. Of several statements in one text the last answers. */
export async function answer<Row>(client: PoolClient, denied: () => void, statement: QueryConfig): Promise<Row[]> {
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
export function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, (name = createHash('sha256').update(sql).digest('base64url')));
  return name;
}

/** What is asked of a connection in one go leaves in one piece: every write of its own costs as much as what it says. */
export function gather(client: PoolClient): void {
  const { stream } = (client as PoolClient & { readonly connection: { readonly stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** A transaction that is being opened on a connection. */
export interface Opening {
  readonly client: PoolClient;
  readonly manager: EntityManager;
  readonly tenantId: string | null;
  /** Its beginning, and its instant, which is known from then on. */
  readonly begun: Promise<void>;
  readonly now: () => string | undefined;
  /** Whether it has ended: the connection may be somebody else's by then. */
  readonly isOver: () => boolean;
  /** What is to be called after the commit. */
  readonly wakes: (() => void)[];
  readonly denied: () => void;
}

export function transactionOn({ client, manager, tenantId, begun, now, isOver, wakes, denied }: Opening): Transaction {
  const run = async <Row>(statement: QueryConfig): Promise<Row[]> => {
    if (isOver()) throw new Error('The transaction of this statement has ended');
    gather(client);
    const rows = await answer<Row>(client, denied, statement);
    await begun; // long answered by then, and now the instant is known too
    return rows;
  };
  const named = (sql: string, parameters: readonly unknown[]) => ({
    name: nameOf(sql),
    text: sql,
    values: [...parameters],
  });
  let current = tenantId;
  let sent = Promise.resolve();
  return {
    get tenantId() {
      return current;
    },
    get now() {
      const instant = now();
      if (instant === undefined) throw new Error('The instant of a transaction is not known before its first answer');
      return instant;
    },
    manager,
    query: <Row>(sql: string, parameters: readonly unknown[] = []) => run<Row>({ text: sql, values: [...parameters] }),
    prepared: <Row>(sql: string, parameters: readonly unknown[] = []) => run<Row>(named(sql, parameters)),
    send: (sql, parameters = []) => {
      // Answers come in order, so the first to fail is the one that is told.
      sent = Promise.all([sent, run(named(sql, parameters))]).then(() => undefined);
      sent.catch(() => undefined);
    },
    sent: () => sent,
    afterCommit: (wake) => wakes.push(wake),
    actFor: async (tenant) => {
      if (tenant === current) return;
      await run({ name: 'act for', text: "select set_config('app.tenant', $1, true)", values: [tenant] });
      current = tenant;
    },
  };
}
