import { AsyncResource } from 'node:async_hooks';
import { setImmediate } from 'node:timers/promises';
import type { NewEvent } from '#domain';
import { eventType, upcast, type Actor, type EventContext, type RecordedEvent, type Service } from '#events';
import type { Database, Transaction } from './database.js';
import {
  deadlineChanges,
  draftsOf,
  newEventId,
  parametersOf,
  recordedAs,
  type AnyDecider,
  type Deadlines,
  type Draft,
} from './draft.js';
import { textArray } from './binary-array.js';
import { sqlState, WrongExpectedVersion } from './errors.js';
import { project, type Projection } from './projection.js';

/** What the writer believes of a stream: its number of events, that it does not exist, or (written out) nothing. */
export type ExpectedVersion = number | 'none' | 'any';

/** Who acts, and in which case. */
export interface Cause {
  readonly actor: Actor;
  /** The case; absent at the start of one, which then gets an id of its own. */
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** New events for one stream. */
export interface Append {
  readonly streamId: string;
  readonly expectedVersion: ExpectedVersion;
  readonly events: readonly NewEvent[];
  /** When it happened by the source's account, ISO 8601 UTC; the transaction's own instant when left out. */
  readonly occurredAt?: string;
  /** Its own cause where the appends of one call belong to different cases. */
  readonly cause?: Cause;
}

/** What came of one append of this process: these events are durable, so many seconds after it began; or why it failed. */
export type AppendOutcome =
  | { readonly recorded: readonly RecordedEvent[]; readonly seconds: number }
  | { readonly error: unknown };

export interface StoreOptions {
  readonly service: Service;
  /** Read models written in the transaction of the append. */
  readonly projections?: readonly Projection[];
  /** Deciders whose events start and end deadlines. */
  readonly deciders?: readonly AnyDecider[];
  readonly newId?: () => string;
}

/** Events of one statement; of a larger append the next ones are made while those before them are written. */
const STATEMENT = 250;
/** Events of the first statement of a larger append, so that the server soon has something to do; each next one has twice as many. */
const FIRST = 60;

const APPEND = 'select * from append_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)';

/** What a statement wrote, with the time of the earliest deadline it set. */
interface Inserted {
  readonly recorded: RecordedEvent[];
  readonly firstDue: string | undefined;
}

type Run = (sql: string, parameters: readonly unknown[]) => Promise<{ versions: number[]; recorded_at: string }[]>;

/**
 * The event store of one service. An append is one transaction: events, inline projections, deadlines. It is durable when the
 * transaction commits, gets its global position from the sequencer after that, and is never changed or removed.
 */
export class EventStore {
  readonly service: Service;
  private readonly wakes = new Set<(firstDue: string | undefined) => void>();
  private readonly watchers = new Set<(outcome: AppendOutcome) => void>();
  private readonly deadlines: Deadlines;
  private readonly newId: () => string;

  constructor(private readonly options: StoreOptions) {
    this.service = options.service;
    this.newId = options.newId ?? newEventId;
    this.deadlines = new Map((options.deciders ?? []).map((decider) => [decider.category, decider.deadlines]));
  }

  /** Calls `wake` after every committed append of this process, with the time of the earliest deadline that it set, if it set any. */
  onAppended(wake: (firstDue: string | undefined) => void): void {
    this.wakes.add(wake);
  }

  /**
   * Tells `watch` of every append of this process: at its commit, or when it failed, in the asynchronous flow that asked for it. An append
   * whose transaction is then given up is not told.
   */
  onAppend(watch: (outcome: AppendOutcome) => void): void {
    this.watchers.add(watch);
  }

  /**
   * Appends to any number of streams, all or nothing, with projections and deadlines. A stream is named once. Throws WrongExpectedVersion
   * when a stream is elsewhere, InvalidEvent when an event does not fit its schema, EventTooLarge over 256 KiB; the transaction is then
   * unusable and must end. Two appends to the same streams wait for each other; of two of more than 250 events Postgres may have to
   * end one (40P01), like a conflict.
   */
  async append(tx: Transaction, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[]> {
    const began = performance.now();
    try {
      const { tenantId } = tx;
      if (!tenantId) throw new Error('Events are appended on behalf of one organisation');
      const pages = await this.write(tx, tenantId, cause, appends);
      const recorded = pages.flatMap((page) => page.recorded);
      if (recorded.length === 0) return recorded;
      tx.afterCommit(() => pages.forEach((page) => this.wake(page)));
      const tell = () => this.tell({ recorded, seconds: (performance.now() - began) / 1000 });
      tx.afterCommit(AsyncResource.bind(tell));
      return recorded;
    } catch (error) {
      this.tell({ error });
      throw error;
    }
  }

  /** Tells those who watch what came of an append; for whoever appends drafts. */
  tell(outcome: AppendOutcome): void {
    for (const watch of this.watchers) watch(outcome);
  }

  private wake({ firstDue }: Inserted): void {
    for (const wake of this.wakes) wake(firstDue);
  }

  /** The drafts of an append: as `append`, without writing anything yet. */
  drafts(cause: Cause, appends: readonly Append[]): Draft[] {
    return [...this.pages(cause, appends)].flat();
  }

  /**
   * Writes drafts of one organisation, of different streams, in a transaction of their own: a single round trip unless a read model is
   * written with them. Throws WrongExpectedVersion as `append` does, and tells nobody who watches.
   */
  async appendAlone(database: Database, tenantId: string, drafts: readonly Draft[]): Promise<RecordedEvent[]> {
    if (this.isProjected(drafts))
      return database.inTenant(tenantId, async (tx) => {
        const inserted = await this.insert(tx.prepared, tenantId, tx.now, drafts);
        await project(tx, this.options.projections ?? [], inserted.recorded);
        tx.afterCommit(() => this.wake(inserted));
        return inserted.recorded;
      });
    const inserted = await this.insert((...statement) => database.alone(...statement), tenantId, null, drafts);
    this.wake(inserted);
    return inserted.recorded;
  }

  /** The drafts of each statement, made when they are asked for. */
  private *pages(cause: Cause, appends: readonly Append[]): Generator<Draft[]> {
    if (new Set(appends.map(({ streamId }) => streamId)).size < appends.length)
      throw new Error('One append names a stream twice');
    let page: Draft[] = [];
    let size = sizeOf(appends) > STATEMENT ? FIRST : STATEMENT;
    for (const append of appends) {
      const of = append.cause ?? cause;
      const inCase = { ...of, correlationId: of.correlationId ?? this.newId() };
      page.push(...draftsOf(this.options.service, this.newId, inCase, append));
      if (page.length < size) continue;
      yield page;
      size = Math.min(2 * size, STATEMENT);
      page = [];
    }
    if (page.length > 0) yield page;
  }

  /** Writes events and read models; together where a version is expected of each stream, since that is what it then gets, or nothing. */
  private async write(
    tx: Transaction,
    tenantId: string,
    cause: Cause,
    appends: readonly Append[],
  ): Promise<readonly Inserted[]> {
    const projections = this.options.projections ?? [];
    const sent = await this.send(tx, tenantId, cause, appends);
    const drafts = sent.flatMap((page) => page.drafts);
    const isProjected = this.isProjected(drafts);
    let projecting: Promise<void> | undefined;
    if (isProjected && drafts.every(({ base }) => base !== null)) {
      const expected = drafts.map((draft) => recordedAs(draft, tenantId, tx.now, draft.base! + draft.nth));
      projecting = project(tx, projections, expected);
      projecting.catch(() => undefined); // should both fail, the events say why
    }
    const inserted: Inserted[] = [];
    for (const { inserting } of sent) inserted.push(await inserting);
    if (isProjected)
      await (projecting ??
        project(
          tx,
          projections,
          inserted.flatMap(({ recorded }) => recorded),
        ));
    return inserted;
  }

  /** Sends each page while the next one is made. */
  private async send(tx: Transaction, tenantId: string, cause: Cause, appends: readonly Append[]) {
    const sent: { readonly drafts: readonly Draft[]; readonly inserting: Promise<Inserted> }[] = [];
    let left = sizeOf(appends);
    for (const drafts of this.pages(cause, appends)) {
      const inserting = this.insert(tx.prepared, tenantId, tx.now, drafts);
      // They are looked at in order: after the first that fails, what came of the others does not matter any more.
      inserting.catch(() => undefined);
      sent.push({ drafts, inserting });
      left -= drafts.length;
      if (left > 0) await setImmediate(); // it leaves before the making of the next one takes the thread
    }
    return sent;
  }

  /** Whether a read model is written with these events. */
  private isProjected(drafts: readonly Draft[]): boolean {
    const projections = this.options.projections ?? [];
    return drafts.some(({ name }) => projections.some(({ on }) => on[name]));
  }

  /** The events of these streams in order of version, upcast to their newest form. A stream nobody wrote to has none. */
  async read(tx: Transaction, streamIds: readonly string[]): Promise<Map<string, RecordedEvent[]>> {
    // Without an organisation every stream would look empty, and a decider would believe it.
    if (!tx.tenantId) throw new Error('Events are read on behalf of one organisation');
    const streams = new Map<string, RecordedEvent[]>(streamIds.map((id) => [id, []]));
    const rows = await tx.prepared<{ stream: string; events: string }>('select * from read_streams($1, $2)', [
      tx.tenantId,
      textArray([...streams.keys()]),
    ]);
    for (const { stream, events } of rows)
      streams.set(
        stream,
        (JSON.parse(events) as StoredEvent[]).map(([version, id, type, body]) =>
          recalled(body, { tenantId: tx.tenantId!, streamId: stream, version, id, type }),
        ),
      );
    return streams;
  }

  private async insert(
    run: Run,
    tenantId: string,
    recordedAt: string | null,
    drafts: readonly Draft[],
  ): Promise<Inserted> {
    const changes = deadlineChanges(drafts, this.deadlines);
    try {
      const [row] = await run(APPEND, [tenantId, recordedAt, ...parametersOf(drafts, changes)]);
      const { versions, recorded_at } = row!;
      const recorded = drafts.map((draft, index) => recordedAs(draft, tenantId, recorded_at, versions[index]!));
      const [firstDue] = changes.started.map(({ due_at }) => due_at).sort();
      return { recorded, firstDue };
    } catch (error) {
      if (isVersionTaken(error)) throw new WrongExpectedVersion([...new Set(drafts.map(({ streamId }) => streamId))]);
      throw error;
    }
  }
}

const sizeOf = (appends: readonly Append[]) => appends.reduce((count, { events }) => count + events.length, 0);

/** Another event has the version already, or the stream is not that far: the version to give is then null, in the log as in `pending`. */
function isVersionTaken(error: unknown): boolean {
  const { constraint, column } = error as { constraint?: string; column?: string };
  const code = sqlState(error);
  return (code === '23505' && constraint === 'events_pkey') || (code === '23502' && column === 'version');
}

/** A row of the log as the database returns it. */
export interface StoredRow {
  readonly tenant_id: string;
  readonly stream_id: string;
  readonly version: number;
  readonly event_id: string;
  readonly type: string;
  readonly body: string;
}

type Body = EventContext & { readonly data: Record<string, unknown> };
/** An event of a stream as `read_streams` gives it. */
type StoredEvent = [version: number, id: string, type: string, body: Body];
type Place = Pick<RecordedEvent, 'tenantId' | 'streamId' | 'version' | 'id' | 'type'>;

/** The event in a stored row, upcast to its newest form. */
export function restore(row: StoredRow): RecordedEvent {
  const { tenant_id: tenantId, stream_id: streamId, version, event_id: id, type } = row;
  return recalled(JSON.parse(row.body) as Body, { tenantId, streamId, version, id, type });
}

/** The event whose body was just parsed; it becomes the event itself, which is cheaper than copying it. */
function recalled(body: Body, { tenantId, streamId, version, id, type: stored }: Place): RecordedEvent {
  const { type, data } = upcast(stored, body.data);
  const name = eventType(type)?.name ?? type;
  return Object.assign(body, { id, type, name, tenantId, streamId, version, data });
}
