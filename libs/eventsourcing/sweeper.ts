import type { Decider } from '#domain';
import type { Commands } from './commands.js';
import type { Database, Transaction } from './database.js';
import { isTransient } from './errors.js';
import { rest, Signal } from './signal.js';

interface DueRow {
  readonly tenant_id: string;
  readonly stream_id: string;
  readonly name: string;
  readonly due_at: string;
  /** As Postgres writes it, to the microsecond. */
  readonly fire_at: string;
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
/** A share of the streams: those whose hash, cut down by the mask, is `nr`. */
interface Lane {
  readonly mask: number;
  readonly nr: number;
}
const ALL: Lane = { mask: 0, nr: 0 };
/** One page is decided here while Postgres works on the other. */
const LANES: readonly Lane[] = [
  { mask: 1, nr: 0 },
  { mask: 1, nr: 1 },
];
const RETRY_AFTER = 1_000;
/** Milliseconds after which a round looks at everything again, for rows that another sweeper had and did not fire. */
const LOOK_BACK_EVERY = 5_000;
const EVER = '-infinity';
const BACK_OFF_SECONDS = [1, 5, 30, 120, 600];

/**
 * Fires due deadlines: takes each row out at its due time and issues its command, in one transaction.
 * Guarantees: never before its instant by the database's clock; once per deadline with any number of sweepers (the row lock is the
 * lease, and a sweeper that freezes loses it after 30 s of database time); a command that fails waits and is tried again.
 */
export class Sweeper {
  private readonly stopping = new AbortController();
  private readonly signal = new Signal();
  /** The instant of the round's first look: what fell due since may not have been seen. */
  private claimedAt: string | undefined;
  /** The next round looks at rows from here on: what is before was looked at. Undefined while a round is under way. */
  private from: string | undefined = EVER;
  private lookedBackAt = performance.now();
  /** When the next round begins by itself, by the database's clock. Undefined while that is not known. */
  private nextRound: string | undefined;
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

  /**
   * Says that a deadline may have come nearer: one that was set in this process for this instant (ISO 8601 UTC), or any. Only what is
   * said here is looked for among times that have passed; so that rows fired long ago, which an old snapshot keeps, are not read again.
   */
  wake(dueAt: string = EVER): void {
    if (this.nextRound !== undefined && dueAt !== EVER && dueAt > this.nextRound) return; // it is soon enough
    this.from = earlier(this.from, dueAt);
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
        await this.sweep();
        this.lastRound = performance.now();
        if (!signal.aborted) await this.sleep();
      } catch (error) {
        if (signal.aborted) return;
        this.options.log('warn', 'The sweeper could not reach its deadlines and tries again', error);
        await rest(RETRY_AFTER, signal);
      }
    }
  }

  /**
   * Fires all that is due now, unless it is stopped meanwhile. More than a page is fired by two lanes side by side, each with its own
   * streams, so that the deadlines of one stream stay in order and the lanes never write to the same stream. Returns how many rows it took,
   * those put off included.
   */
  async sweep(): Promise<number> {
    const from = this.start();
    try {
      const { fired, last } = await this.sweepPage(ALL, from);
      const more = fired === PAGE ? await this.sweepLanes(last) : 0;
      this.from = earlier(this.from, this.claimedAt!);
      return fired + more;
    } catch (error) {
      this.from = EVER;
      throw error;
    }
  }

  /** Where this round begins. What is said from now on is for the next one. */
  private start(): string {
    const isLookingBack = performance.now() - this.lookedBackAt > LOOK_BACK_EVERY;
    const from = isLookingBack ? EVER : (this.from ?? EVER);
    if (from === EVER) this.lookedBackAt = performance.now();
    this.from = undefined;
    this.nextRound = undefined;
    this.claimedAt = undefined;
    return from;
  }

  private async sweepLanes(from: string): Promise<number> {
    const ends = await Promise.allSettled(LANES.map((lane) => this.sweepLane(lane, from)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0);
  }

  /** Each page begins where the one before it ended: the rows before are gone, but their index entries are still there. */
  private async sweepLane(lane: Lane, from: string): Promise<number> {
    let fired = 0;
    for (let page = { fired: PAGE, last: from }; page.fired === PAGE && !this.stopping.signal.aborted;) {
      page = await this.sweepPage(lane, page.last);
      fired += page.fired;
      this.lastRound = performance.now();
    }
    return fired;
  }

  /** Fires one page of what is due now from an instant on. Returns how many rows it took, and the time of the last. */
  private async sweepPage(lane: Lane, from: string): Promise<{ fired: number; last: string }> {
    try {
      return await this.options.database.asRelay(async (tx) => {
        const due = await this.claim(tx, lane, from, PAGE);
        await this.fire(tx, due);
        return { fired: due.length, last: due.at(-1)?.fire_at ?? from };
      });
    } catch (error) {
      this.options.log('warn', 'A page of deadlines failed together; each is now tried by itself', error);
      return { fired: await this.sweepOneByOne(lane), last: EVER };
    }
  }

  private async sweepOneByOne(lane: Lane): Promise<number> {
    for (let fired = 0; fired < PAGE; fired++) {
      let claimed: DueRow | undefined;
      try {
        await this.options.database.asRelay(async (tx) => {
          [claimed] = await this.claim(tx, lane, EVER, 1);
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

  /**
   * Takes the rows out, in the order of their times: they go first, because a command may set the same deadline anew, and come back if
   * the transaction fails.
   * Due by the transaction's own instant, which the decider is told: a command never runs at a time before its deadline.
   */
  private claim(tx: Transaction, { mask, nr }: Lane, from: string, limit: number): Promise<DueRow[]> {
    this.claimedAt ??= tx.now;
    return tx.prepared<DueRow>(
      `select tenant_id, stream_id, name, iso(due_at) as due_at, fire_at::text, command, correlation_id, causation_id
       from take_due($1, $2, $3, $4, $5) t order by t.fire_at, stream_id`,
      [from, tx.now, mask, nr, limit],
    );
  }

  private async fire(tx: Transaction, due: readonly DueRow[]): Promise<void> {
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

  /**
   * Only the very deadline that failed: it may have been moved or replaced since, and must not fire before its new time. A fault that
   * passes is not the deadline's own: it counts for no attempt and is tried again after a second, so that an outage of any length leaves
   * nothing waiting for minutes (R21).
   */
  private async putOff(row: DueRow, error: unknown): Promise<void> {
    this.options.log('error', `The deadline ${row.name} of ${row.stream_id} failed`, error);
    const failure = error instanceof Error ? error.name : 'unknown';
    await this.options.database.asRelay((tx) =>
      tx.query(
        `update deadlines set attempts = attempts + $7, failure = $5,
           fire_at = current_instant() + make_interval(secs => ($6::int[])[least(attempts * $7, 4) + 1])
         where tenant_id = $1 and stream_id = $2 and name = $3 and causation_id = $4`,
        [
          row.tenant_id,
          row.stream_id,
          row.name,
          row.causation_id,
          failure,
          BACK_OFF_SECONDS,
          isTransient(error) ? 0 : 1,
        ],
      ),
    );
  }

  /** Waits for the next deadline or a wake-up. What the last claim passed over is another sweeper's: no reason to hurry. */
  private async sleep(): Promise<void> {
    const [row] = await this.options.database.asRelay((tx) =>
      tx.prepared<{ wait: number | null }>(
        'select extract(epoch from min(fire_at) - current_instant())::float8 * 1000 as wait from deadlines where fire_at > $1',
        [this.claimedAt],
      ),
    );
    const untilNext = row?.wait ?? Number.POSITIVE_INFINITY;
    const wait = Math.max(0, Math.ceil(Math.min(untilNext, this.options.pollEvery ?? 500)));
    this.nextRound = new Date(Date.parse(this.claimedAt!) + wait).toISOString();
    await this.signal.wait(wait, this.stopping.signal);
  }
}

/** Of two instants the earlier one; of none and one, that one. */
const earlier = (one: string | undefined, other: string) => {
  if (one === undefined || other === EVER) return other;
  return one === EVER || one < other ? one : other;
};

const categoryOf = (row: DueRow) => row.stream_id.slice(0, row.stream_id.indexOf('-'));

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
