import type { PoolClient } from 'pg';
import type { RecordedEvent } from '#events';
import type { Database } from './database.js';
import { rest, Signal } from './signal.js';
import { restore, type StoredRow } from './store.js';

/**
 * A stored event with its place in the global order and the exact bytes of its body. `type` is the one those bytes were stored under,
 * however old; `data` is upcast.
 */
export interface SequencedEvent extends RecordedEvent {
  readonly position: number;
  readonly body: string;
}

export interface RelayOptions {
  readonly database: Database;
  /** Hands a page to the bus, in order; resolves when the bus has it durably. A rejection means: the same page again. */
  readonly publish: (events: readonly SequencedEvent[]) => Promise<void>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, error?: unknown) => void;
  /** How long to sleep when nobody wakes it, milliseconds: what another replica's append may wait. */
  readonly pollEvery?: number;
}

const SEQUENCE_PAGE = 5_000;
const PUBLISH_PAGE = 500;
/** From one round of numbering to the next at least, milliseconds: a round costs as much for one event as for many. */
const SPACING = 3;
const RETRY_AFTER = 1_000;

/** One time of leading, under one epoch. */
interface Term {
  readonly epoch: number;
  readonly over: AbortSignal;
}

/**
 * The sequencer and publisher of one service. Of all replicas one leads: it holds a session lock in Postgres and writes its epoch,
 * so that a leader that was only asleep can number nothing and mark nothing published after its successor began.
 * Guarantees: positions are contiguous from 1 and never change; the bus gets every event at least once, first in global order.
 * What an old leader was handing over when it fell asleep may reach the bus again after newer events: the inbox knows them.
 */
export class Relay {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private readonly sequenceWake = new Signal();
  private readonly publishWake = new Signal();
  /** When the relay last finished a round as leader or stood by healthily, process time in milliseconds; for readiness. */
  lastRound = performance.now();

  constructor(private readonly options: RelayOptions) {
    this.running = this.run();
  }

  /** Says that there may be something to number. Cheap; call it after every commit. */
  wake(): void {
    this.sequenceWake.raise();
  }

  /** Finishes the page under way and gives up the lead. Calling it again is harmless. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.lead();
      } catch (error) {
        if (signal.aborted) return;
        this.options.log('warn', 'The relay lost its lead or its database and tries again', error);
      }
      await rest(RETRY_AFTER, signal);
    }
  }

  /** Leads until it is stopped or something fails; returns at once when another replica leads. */
  private async lead(): Promise<void> {
    const session = await this.options.database.relaySession();
    const ended = new AbortController();
    const end = () => ended.abort();
    session.client.on('error', end);
    try {
      if (!(await this.takeLead(session.client))) {
        this.lastRound = performance.now();
        return;
      }
      const term = { epoch: await this.nextEpoch(), over: AbortSignal.any([this.stopping.signal, ended.signal]) };
      // Each loop's end is the other's: neither may go on alone.
      const ends = await Promise.allSettled(
        [this.sequence(term), this.publishAll(term)].map((loop) => loop.finally(end)),
      );
      const failed = ends.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    } finally {
      await session.client.query('select pg_advisory_unlock_all()').catch(() => undefined);
      session.client.off('error', end);
      await session.release();
    }
  }

  private async takeLead(client: PoolClient): Promise<boolean> {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock(hashtext($1)) as mine', [
      `rollcall.relay.${this.options.database.schema}`,
    ]);
    return rows[0]!.mine;
  }

  private nextEpoch(): Promise<number> {
    return this.options.database.asRelay(async (tx) => {
      const [row] = await tx.query<{ epoch: string }>('update sequencer set epoch = epoch + 1 returning epoch');
      return Number(row!.epoch);
    });
  }

  private async sequence({ epoch, over }: Term): Promise<void> {
    let from = '0';
    while (!over.aborted) {
      const began = performance.now();
      const rows = await this.options.database.aloneAsRelay<{ taken: string; next_xid: string }>(
        'select taken, next_xid::text from number_pending($1, $2::xid8, $3)',
        [epoch, from, SEQUENCE_PAGE],
      );
      const [row] = rows;
      if (!row) throw new Error('Another relay leads now');
      this.lastRound = performance.now();
      from = row.next_xid;
      if (Number(row.taken) > 0) this.publishWake.raise();
      if (Number(row.taken) === SEQUENCE_PAGE) continue;
      await this.sequenceWake.wait(this.options.pollEvery ?? 100, over);
      const early = SPACING - (performance.now() - began);
      if (early > 0) await rest(early, over);
    }
  }

  private async publishAll({ epoch, over }: Term): Promise<void> {
    let published = await this.published();
    while (!over.aborted) {
      const events = await this.page(published);
      if (over.aborted) return; // the page may be old by now: another may lead
      if (events.length === 0) {
        await this.publishWake.wait(RETRY_AFTER, over);
        continue;
      }
      try {
        await this.options.publish(events);
      } catch (error) {
        if (over.aborted) return;
        this.options.log('warn', 'The bus took no events; they wait in the log', error);
        await rest(RETRY_AFTER, over); // new events are no reason to try sooner
        continue;
      }
      const last = events.at(-1)!.position;
      const [mine] = await this.options.database.aloneAsRelay(
        'update sequencer set published = $2 where epoch = $1 returning 1',
        [epoch, last],
      );
      if (!mine) throw new Error('Another relay leads now');
      published = last;
    }
  }

  private async page(after: number): Promise<SequencedEvent[]> {
    const sql = 'select * from sequenced_after($1, $2)';
    return (await this.options.database.aloneAsRelay<SequencedRow>(sql, [after, PUBLISH_PAGE])).map(sequencedEvent);
  }

  private published(): Promise<number> {
    return this.options.database.asRelay(async (tx) =>
      Number((await tx.query<{ published: string }>('select published from sequencer'))[0]!.published),
    );
  }
}

type SequencedRow = StoredRow & { readonly position: string };

const sequencedEvent = (row: SequencedRow): SequencedEvent => ({
  ...restore(row),
  type: row.type,
  position: Number(row.position),
  body: row.body,
});

type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** One page of the log after `position`, in global order. */
export async function readSequenced(query: Query, position: number, limit: number): Promise<SequencedEvent[]> {
  const rows = await query<SequencedRow>(
    `select s.position, e.tenant_id, e.stream_id, e.version, e.event_id, e.type, e.body
     from sequence s join events e using (tenant_id, stream_id, version)
     where s.position > $1 order by s.position limit $2`,
    [position, limit],
  );
  return rows.map(sequencedEvent);
}
