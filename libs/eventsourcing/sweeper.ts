import type { Decider } from '#domain';
import type { Commands } from './commands.js';
import type { Database, Transaction } from './database.js';
import { rest, Signal } from './signal.js';

interface DueRow {
  readonly tenant_id: string;
  readonly stream_id: string;
  readonly name: string;
  readonly due_at: string;
  readonly command: string;
  readonly correlation_id: string;
  readonly causation_id: string;
}

export interface SweeperOptions {
  readonly database: Database;
  readonly commands: Commands;
  readonly deciders: readonly Decider<unknown, object, object>[];
  readonly log: (level: 'info' | 'warn' | 'error', message: string, error?: unknown) => void;
  /** Longest sleep, milliseconds: a deadline another replica wrote is noticed within it. */
  readonly pollEvery?: number;
}

const PAGE = 500;
const RETRY_AFTER = 1_000;
const BACK_OFF_SECONDS = [1, 5, 30, 120, 600];

/**
 * Fires due deadlines: issues each row's command at its due time and deletes the row, in one transaction.
 * Guarantees: never before its instant by the database's clock; once per deadline with any number of sweepers (the row lock is the
 * lease, and a sweeper that freezes loses it after 30 s of database time); a command that fails waits and is tried again.
 */
export class Sweeper {
  private readonly stopping = new AbortController();
  private readonly signal = new Signal();
  private claimedAt = '';
  private readonly running: Promise<void>;
  private readonly deciders: ReadonlyMap<string, Decider<unknown, Record<string, object>, object>>;
  /** When the sweeper last looked at its deadlines, process time in milliseconds; for readiness. */
  lastRound = performance.now();

  constructor(private readonly options: SweeperOptions) {
    this.deciders = new Map(
      options.deciders.map((decider) => [
        decider.category,
        decider as unknown as Decider<unknown, Record<string, object>, object>,
      ]),
    );
    this.running = Promise.resolve().then(() => this.run()); // stopped in the same breath, it sweeps nothing
  }

  /** Says that a deadline may have come nearer. */
  wake(): void {
    this.signal.raise();
  }

  /** Finishes the page under way. Calling it again is harmless. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const fired = await this.sweep();
        this.lastRound = performance.now();
        if (fired < PAGE) await this.signal.wait(await this.sleep(), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.options.log('warn', 'The sweeper could not reach its deadlines and tries again', error);
        await rest(RETRY_AFTER, signal);
      }
    }
  }

  /** Fires one page of what is due now; returns how many rows it took, those put off included. */
  async sweep(): Promise<number> {
    try {
      return await this.options.database.asRelay(async (tx) => {
        const due = await this.claim(tx, PAGE);
        await this.fire(tx, due);
        return due.length;
      });
    } catch (error) {
      this.options.log('warn', 'A page of deadlines failed together; each is now tried by itself', error);
      return this.sweepOneByOne();
    }
  }

  private async sweepOneByOne(): Promise<number> {
    for (let fired = 0; fired < PAGE; fired++) {
      let claimed: DueRow | undefined;
      try {
        await this.options.database.asRelay(async (tx) => {
          [claimed] = await this.claim(tx, 1);
          if (claimed) await this.fire(tx, [claimed]);
        });
      } catch (error) {
        if (!claimed) throw error;
        await this.putOff(claimed, error);
      }
      if (!claimed) return fired;
    }
    return PAGE;
  }

  /** Due by the transaction's own instant, which the decider is told: a command never runs at a time before its deadline. */
  private claim(tx: Transaction, limit: number): Promise<DueRow[]> {
    this.claimedAt = tx.now;
    return tx.query<DueRow>(
      `select tenant_id, stream_id, name, iso(due_at) as due_at, command, correlation_id, causation_id from deadlines
       where fire_at <= $1 order by fire_at, stream_id limit $2 for update skip locked`,
      [tx.now, limit],
    );
  }

  /** Rows go first: a command may set the same deadline anew. */
  private async fire(tx: Transaction, due: readonly DueRow[]): Promise<void> {
    if (due.length === 0) return;
    await tx.query(
      `delete from deadlines d using json_to_recordset($1) as r(tenant_id uuid, stream_id text, name text)
       where d.tenant_id = r.tenant_id and d.stream_id = r.stream_id and d.name = r.name`,
      [JSON.stringify(due)],
    );
    for (const group of groupBy(due, (row) => `${row.tenant_id} ${categoryOf(row)}`)) {
      const decider = this.deciders.get(categoryOf(group[0]!));
      if (!decider) throw new Error(`No decider for the deadlines of ${categoryOf(group[0]!)}`);
      await tx.actFor(group[0]!.tenant_id);
      const requests = group.map((row) => ({
        id: row.stream_id.slice(decider.category.length + 1),
        command: JSON.parse(row.command) as { name: string; data: object },
        occurredAt: row.due_at,
        cause: {
          actor: { kind: 'system', id: 'deadlines' } as const,
          correlationId: row.correlation_id,
          causationId: row.causation_id,
        },
      }));
      await this.options.commands.execute(tx, decider, requests[0]!.cause, requests);
    }
  }

  /** Only the very deadline that failed: it may have been moved or replaced since, and must not fire before its new time. */
  private async putOff(row: DueRow, error: unknown): Promise<void> {
    this.options.log('error', `The deadline ${row.name} of ${row.stream_id} failed`, error);
    const failure = error instanceof Error ? error.name : 'unknown';
    await this.options.database.asRelay((tx) =>
      tx.query(
        `update deadlines set attempts = attempts + 1, failure = $5,
           fire_at = current_instant() + make_interval(secs => ($6::int[])[least(attempts, 4) + 1])
         where tenant_id = $1 and stream_id = $2 and name = $3 and causation_id = $4`,
        [row.tenant_id, row.stream_id, row.name, row.causation_id, failure, BACK_OFF_SECONDS],
      ),
    );
  }

  /** Milliseconds to the next deadline. What the last claim passed over is another sweeper's: no reason to hurry. */
  private sleep(): Promise<number> {
    return this.options.database.asRelay(async (tx) => {
      const [row] = await tx.prepared<{ wait: number | null }>(
        'select extract(epoch from min(fire_at) - current_instant())::float8 * 1000 as wait from deadlines where fire_at > $1',
        [this.claimedAt],
      );
      const untilNext = row?.wait ?? Number.POSITIVE_INFINITY;
      return Math.max(0, Math.ceil(Math.min(untilNext, this.options.pollEvery ?? 500)));
    });
  }
}

const categoryOf = (row: DueRow) => row.stream_id.slice(0, row.stream_id.indexOf('-'));

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}
