import { AsyncResource } from 'node:async_hooks';
import { v7 } from 'uuid';
import type { DeadlineChange, Decider, NewEvent } from '#domain';
import { eventType, typeOf, upcast, type Actor, type EventContext, type RecordedEvent, type Service } from '#events';
import { integerArray, textArray, uuidArray } from './binary-array.js';
import type { Transaction } from './database.js';
import { EventTooLarge, InvalidEvent, sqlState, WrongExpectedVersion } from './errors.js';
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

export type AnyDecider = Pick<Decider<unknown, object, object>, 'category' | 'deadlines'>;

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

/** An event that is not stored yet: its version is unknown, its bytes are final. */
interface Draft {
  readonly event: RecordedEvent;
  readonly body: string;
}

/** What an append does to deadlines, with the columns' names. */
interface Deadlines {
  readonly ended: readonly { readonly stream_id: string; readonly name: string }[];
  readonly started: readonly {
    readonly stream_id: string;
    readonly name: string;
    readonly due_at: string;
    readonly command: string;
    readonly correlation_id: string;
    readonly causation_id: string;
  }[];
}

const MAX_BODY_BYTES = 262_144;

/**
 * The event store of one service. An append is one transaction: events, inline projections, deadlines. It is durable when the
 * transaction commits, gets its global position from the sequencer after that, and is never changed or removed.
 */
export class EventStore {
  readonly service: Service;
  private readonly wakes = new Set<(firstDue: string | undefined) => void>();
  private readonly watchers = new Set<(outcome: AppendOutcome) => void>();
  private readonly deadlines: ReadonlyMap<string, AnyDecider['deadlines']>;
  private readonly newId: () => string;

  constructor(private readonly options: StoreOptions) {
    this.service = options.service;
    this.newId = options.newId ?? v7;
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
   * Appends to any number of streams in one statement, all or nothing, with projections and deadlines. A stream is named once.
   * Throws WrongExpectedVersion when a stream is elsewhere, InvalidEvent when an event does not fit its schema, EventTooLarge over 256 KiB;
   * the transaction is then unusable and must end.
   */
  async append(tx: Transaction, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[]> {
    const began = performance.now();
    try {
      const recorded = await this.write(tx, cause, appends);
      const tell = () => this.tell({ recorded, seconds: (performance.now() - began) / 1000 });
      if (recorded.length > 0) tx.afterCommit(AsyncResource.bind(tell));
      return recorded;
    } catch (error) {
      this.tell({ error });
      throw error;
    }
  }

  private tell(outcome: AppendOutcome): void {
    for (const watch of this.watchers) watch(outcome);
  }

  private async write(tx: Transaction, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[]> {
    const tenantId = tx.tenantId;
    if (!tenantId) throw new Error('Events are appended on behalf of one organisation');
    if (new Set(appends.map(({ streamId }) => streamId)).size < appends.length)
      throw new Error('One append names a stream twice');
    const drafts = appends.flatMap((append) => {
      const base =
        append.expectedVersion === 'any' ? null : append.expectedVersion === 'none' ? 0 : append.expectedVersion;
      const of = append.cause ?? cause;
      const inCase = { ...of, correlationId: of.correlationId ?? this.newId() };
      return append.events.map((event, index) => ({
        base,
        nth: index + 1,
        draft: this.draft(tx, tenantId, inCase, append, event),
      }));
    });
    if (drafts.length === 0) return [];
    const deadlines = this.deadlineChanges(drafts.map(({ draft }) => draft.event));
    const versions = await this.insert(tx, tenantId, drafts, deadlines);
    const recorded = drafts.map(({ draft }, index) => ({ ...draft.event, version: versions[index]! }));
    await project(tx, this.options.projections ?? [], recorded);
    const [firstDue] = deadlines.started.map(({ due_at }) => due_at).sort();
    tx.afterCommit(() => this.wakes.forEach((wake) => wake(firstDue)));
    return recorded;
  }

  /** The events of these streams in order of version, upcast to their newest form. A stream nobody wrote to has none. */
  async read(tx: Transaction, streamIds: readonly string[]): Promise<Map<string, RecordedEvent[]>> {
    // Without an organisation every stream would look empty, and a decider would believe it.
    if (!tx.tenantId) throw new Error('Events are read on behalf of one organisation');
    const rows = await tx.query<StoredRow>(
      // Stream by stream, each by the index: asked for all at once, a planner without statistics reads the whole organisation's events.
      `select e.* from unnest($2::text[]) s (id) cross join lateral (
         select tenant_id, stream_id, version, event_id, type, body from events where tenant_id = $1 and stream_id = s.id offset 0) e
       order by e.stream_id, e.version`,
      [tx.tenantId, [...new Set(streamIds)]],
    );
    const streams = new Map<string, RecordedEvent[]>(streamIds.map((id) => [id, []]));
    for (const row of rows) streams.get(row.stream_id)!.push(restore(row));
    return streams;
  }

  private draft(
    tx: Transaction,
    tenantId: string,
    cause: Cause & { correlationId: string },
    append: Append,
    event: NewEvent,
  ): Draft {
    const type = typeOf(this.service, event.name);
    const faults = eventType(type)!.faults(event.data);
    if (faults.length > 0) throw new InvalidEvent(type, faults);
    const id = this.newId();
    const context: EventContext = {
      occurredAt: append.occurredAt ?? tx.now,
      recordedAt: tx.now,
      actor: cause.actor,
      correlationId: cause.correlationId,
      ...(cause.causationId ? { causationId: cause.causationId } : {}),
      ...(event.rules && event.rules.length > 0 ? { rules: event.rules } : {}),
    };
    const data = event.data as Record<string, unknown>;
    const body = JSON.stringify({ ...context, data });
    if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw new EventTooLarge(type);
    const { streamId } = append;
    return { event: { ...context, id, type, name: event.name, tenantId, streamId, version: 0, data }, body };
  }

  private async insert(
    tx: Transaction,
    tenantId: string,
    drafts: readonly { base: number | null; nth: number; draft: Draft }[],
    { ended, started }: Deadlines,
  ): Promise<number[]> {
    const json = (rows: readonly object[]) => (rows.length > 0 ? JSON.stringify(rows) : null);
    const column = <T>(pick: (draft: Draft) => T) => drafts.map(({ draft }) => pick(draft));
    try {
      const [row] = await tx.prepared<{ versions: number[] }>(
        'select append_events($1, $2, $3, $4, $5, $6, $7, $8, $9) as versions',
        [
          tenantId,
          textArray(column(({ event }) => event.streamId)),
          integerArray(drafts.map(({ base }) => base)),
          integerArray(drafts.map(({ nth }) => nth)),
          uuidArray(column(({ event }) => event.id)),
          textArray(column(({ event }) => event.type)),
          textArray(column((draft) => draft.body)),
          json(ended),
          json(started),
        ],
      );
      return row!.versions;
    } catch (error) {
      const taken = sqlState(error) === '23505' && (error as { constraint?: string }).constraint === 'events_pkey';
      if (taken || sqlState(error) === 'RC409')
        throw new WrongExpectedVersion([...new Set(column(({ event }) => event.streamId))]);
      throw error;
    }
  }

  /** The deadlines that these events end, and those that they start or move. */
  private deadlineChanges(events: readonly RecordedEvent[]): Deadlines {
    const changes = new Map<string, { event: RecordedEvent; change: DeadlineChange }>();
    for (const event of events) {
      const category = event.streamId.slice(0, event.streamId.indexOf('-'));
      const rows = this.deadlines.get(category) as
        | Record<string, ((data: object) => readonly DeadlineChange[]) | undefined>
        | undefined;
      for (const change of rows?.[event.name]?.(event.data) ?? []) {
        const name = 'schedule' in change ? change.schedule : change.cancel;
        changes.set(`${event.streamId}\n${name}`, { event, change });
      }
    }
    const result: { ended: Deadlines['ended'][number][]; started: Deadlines['started'][number][] } = {
      ended: [],
      started: [],
    };
    for (const { event, change } of changes.values()) {
      if ('cancel' in change) result.ended.push({ stream_id: event.streamId, name: change.cancel });
      else
        result.started.push({
          stream_id: event.streamId,
          name: change.schedule,
          due_at: change.dueAt,
          command: JSON.stringify(change.command),
          correlation_id: event.correlationId,
          causation_id: event.id,
        });
    }
    return result;
  }
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

/** The event in a stored row, upcast to its newest form. */
export function restore(row: StoredRow): RecordedEvent {
  const { data: stored, ...context } = JSON.parse(row.body) as EventContext & { data: Record<string, unknown> };
  const { type, data } = upcast(row.type, stored);
  return {
    ...context,
    id: row.event_id,
    type,
    name: eventType(type)?.name ?? type,
    tenantId: row.tenant_id,
    streamId: row.stream_id,
    version: row.version,
    data,
  };
}
