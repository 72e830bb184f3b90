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
  /** While the publisher waits: the position after which it waits for events. */
  private awaited: number | undefined;
  /** What was read for it, from there on, along with the numbering. */
  private readAlong: SequencedEvent[] = [];
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

  /** Numbers what has been committed, and where the publisher waits for it, reads it for it in the same round trip. */
  private async sequence({ epoch, over }: Term): Promise<void> {
    let from = '0';
    while (!over.aborted) {
      const began = performance.now();
      const after = this.awaited;
      const rows = await this.options.database.aloneAsRelay<MaybeSequenced & { taken: string; next_xid: string }>(
        'select taken, next_xid::text, e.* from number_pending($1, $2::xid8, $3) left join lateral sequenced_after(case when taken > 0 then $4::bigint end, $5) e on true',
        [epoch, from, SEQUENCE_PAGE, after ?? null, PUBLISH_PAGE],
      );
      const [row] = rows;
      if (!row) throw new Error('Another relay leads now');
      this.lastRound = performance.now();
      from = row.next_xid;
      const taken = Number(row.taken);
      if (taken > 0) {
        if (after === this.awaited) this.readAlong = eventsIn(rows);
        this.publishWake.raise();
      }
      if (taken === SEQUENCE_PAGE) continue;
      await this.sequenceWake.wait(this.options.pollEvery ?? 100, over);
      const early = taken > 0 ? SPACING - (performance.now() - began) : 0;
      if (early > 0) await rest(early, over);
    }
  }

  private async publishAll({ epoch, over }: Term): Promise<void> {
    let published = await this.published();
    let events = await this.page(published);
    while (!over.aborted) {
      if (events.length === 0) {
        events = await this.awaitPage(published, over);
        continue; // the page may be old by now: another may lead
      }
      try {
        await this.options.publish(events);
      } catch (error) {
        if (over.aborted) return;
        this.options.log('warn', 'The bus took no events; they wait in the log', error);
        await rest(RETRY_AFTER, over); // new events are no reason to try sooner
        continue;
      }
      published = events.at(-1)!.position;
      events = await this.mark(epoch, published);
    }
  }

  /** Notes how far it has published and reads the next page. */
  private async mark(epoch: number, published: number): Promise<SequencedEvent[]> {
    const rows = await this.options.database.aloneAsRelay<MaybeSequenced>(
      `with mine as (update sequencer set published = $2 where epoch = $1 returning 1)
       select e.* from mine left join lateral sequenced_after($2, $3) e on true`,
      [epoch, published, PUBLISH_PAGE],
    );
    if (rows.length === 0) throw new Error('Another relay leads now');
    return eventsIn(rows);
  }

  /** What is numbered after this position, as soon as the sequencer says that there is something, or after a while. */
  private async awaitPage(published: number, over: AbortSignal): Promise<SequencedEvent[]> {
    this.awaited = published;
    await this.publishWake.wait(RETRY_AFTER, over);
    this.awaited = undefined;
    const events = this.readAlong;
    this.readAlong = [];
    return events.length > 0 || over.aborted ? events : this.page(published);
  }

  private async page(after: number): Promise<SequencedEvent[]> {
    const sql = 'select * from sequenced_after($1, $2)';
    return eventsIn(await this.options.database.aloneAsRelay<SequencedRow>(sql, [after, PUBLISH_PAGE]));
  }

  private published(): Promise<number> {
    return this.options.database.asRelay(async (tx) =>
      Number((await tx.query<{ published: string }>('select published from sequencer'))[0]!.published),
    );
  }
}

type SequencedRow = StoredRow & { readonly position: string };
/** A row that holds an event, or none where there was nothing to read. */
type MaybeSequenced = SequencedRow | { readonly position: null };

const eventsIn = (rows: readonly MaybeSequenced[]) =>
  rows.flatMap((row) => (row.position === null ? [] : [sequencedEvent(row)]));

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
