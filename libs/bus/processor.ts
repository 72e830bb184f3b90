import { setTimeout as delay } from 'node:timers/promises';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { RecordedEvent } from '#events';
import { isTransient, type Database, type Transaction } from '#eventsourcing';
import { byTenant, firstDeliveries, runsOfOneTenant, tenantOf, type Item } from './batch.js';
import { decode, FEEDS_TOPIC } from './cloudevents.js';
import { follows, keepFollowed, versionsFollowed } from './continuity.js';
import { keysWaiting, NO_TENANT, park, settleParked, takeWaiting } from './parked.js';
import type { ReceivedMessage, Subscribed, Transport, TransportStatus } from './transport.js';

/** What a handler gets beside the event: the transaction that also holds the inbox row, acting for the event's organisation. */
export interface Handling {
  readonly tx: Transaction;
}

/** Thrown by a handler that knows trying again is useless: the message is parked at once. */
export class Unprocessable extends Error {}

/** The pattern of a handler that takes whole pages, `RecordedEvent[]` of one organisation in order: for projections. */
export const PAGES = 'rollcall.pages';

export interface ProcessorOptions {
  /** `membership.removals`: the consumer group and the name in the inbox. */
  readonly name: string;
  /** Every topic it listens to. Known events it has no handler for are passed over; unknown ones are parked. */
  readonly topics: readonly string[];
  readonly database: Database;
  readonly transport: Transport;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, error?: unknown) => void;
  /** Encrypts and decrypts what may be personal (messages of the feeds topic) while it is parked. */
  readonly seal: (tx: Transaction, value: Buffer) => Promise<Buffer>;
  readonly open: (tx: Transaction, value: Buffer) => Promise<Buffer>;
}

const TRIES = 5;
const BACK_OFF = [100, 500, 2_000, 5_000]; // milliseconds before tries 2 to 5

/** What is known while a run of one organisation's messages is handled. */
interface RunState {
  /** Keys whose earlier messages are parked. */
  readonly waiting: Set<string>;
  /** Last version handled of each stream, for projections. */
  readonly followed: Map<string, number> | undefined;
  /** Topic → how many different events were handled. */
  readonly counts: Map<string, number>;
}

/**
 * One processor's `@EventPattern` handlers behind a transport. A batch is one Postgres transaction: inbox rows, effects, parked messages
 * and the count of what was handled; only then does the transport commit its offset. So delivery is at least once and effects are once.
 * Faults: transient ones (connections, conflicts) make the batch come again; `Unprocessable` parks at once; anything else is taken for a
 * bug, tried five times within half a minute, then parked. Later messages of a parked one's stream wait behind it; other streams go on.
 */
export class ProcessorServer extends Server implements CustomTransportStrategy {
  override readonly transportId: symbol;
  override readonly propagatesEventHandlerErrors = true;
  private subscribed: Subscribed | undefined;
  private readonly tries = new Map<string, number>();
  private batchBegan: number | undefined;

  constructor(readonly options: ProcessorOptions) {
    super();
    this.transportId = processorId(options.name);
  }

  get name(): string {
    return this.options.name;
  }

  listen(ready: (error?: Error) => void): void {
    const { name, topics, transport } = this.options;
    transport
      .ensureTopics(topics)
      .then(() =>
        transport.subscribe({
          group: name,
          topics,
          onBatch: (messages, heartbeat) => this.onBatch(messages, heartbeat),
        }),
      )
      .then((subscribed) => {
        this.subscribed = subscribed;
        ready();
      }, ready);
  }

  /** Stops taking batches; the one in hand is finished. */
  async close(): Promise<void> {
    await this.subscribed?.stop();
  }

  /** Whether its consumer runs; `crashed` is for good. */
  consumerStatus(): TransportStatus {
    return this.subscribed?.status() ?? 'starting';
  }

  on(): never {
    throw new Error('A processor has no events of its own to listen to');
  }

  unwrap<T>(): T {
    return this as unknown as T;
  }

  /** For how long the batch in hand has not come to its end, milliseconds; 0 when there is none. */
  busyFor(): number {
    return this.batchBegan === undefined ? 0 : performance.now() - this.batchBegan;
  }

  private async onBatch(messages: readonly ReceivedMessage[], heartbeat: () => Promise<void>): Promise<void> {
    this.batchBegan ??= performance.now(); // a batch that comes again after a failure is still the same one
    const items = messages.map((message) => ({ message, decoded: decode(message) }));
    for (let attempt = 0; ; attempt++) {
      try {
        await this.options.database.inTenant(NO_TENANT, (tx) => this.handleBatch(tx, items));
        this.tries.clear();
        this.batchBegan = undefined;
        return;
      } catch (error) {
        if (!(error instanceof TryAgain) && !isTransient(error)) throw error;
        if (!(error instanceof TryAgain) && attempt >= TRIES) throw error; // the transport backs off and brings the batch again
        this.options.log('warn', `${this.name} tries a batch again`, error instanceof TryAgain ? error.cause : error);
        await heartbeat();
        await delay(BACK_OFF[Math.min(attempt, BACK_OFF.length - 1)]);
      }
    }
  }

  private async handleBatch(tx: Transaction, items: readonly Item[]): Promise<void> {
    const fresh = await this.admit(tx, items);
    const counts = new Map<string, number>();
    for (const run of runsOfOneTenant(items)) {
      await tx.actFor(tenantOf(run[0]!));
      const due = firstDeliveries(run, fresh);
      if (due.length === 0) continue;
      const keys = due.map(({ message }) => message.key);
      const waiting = await keysWaiting(tx, this.name, keys);
      const followed = this.projects ? await versionsFollowed(tx, this.name, keys) : undefined;
      if (waiting.size > 0 || !followed || !(await this.handlePage(tx, due, followed))) {
        await this.handleInOrder(tx, due, { waiting, followed, counts });
      } else counts.set(due[0]!.message.topic, (counts.get(due[0]!.message.topic) ?? 0) + due.length);
      if (followed) await keepFollowed(tx, this.name, followed);
    }
    await this.count(tx, counts);
  }

  /** Writes the inbox rows of a batch and returns the ids that were not there: a message handled before is passed over. */
  private async admit(tx: Transaction, items: readonly Item[]): Promise<Set<string>> {
    const fresh = new Set<string>();
    for (const run of byTenant(items)) {
      await tx.actFor(tenantOf(run[0]!));
      const ids = run.flatMap(({ decoded }) => ('event' in decoded ? [decoded.event.id] : []));
      if (ids.length === 0) continue;
      const rows = await tx.query<{ event_id: string }>(
        'insert into inbox (tenant_id, processor, event_id) select $1, $2, id from unnest($3::uuid[]) as id on conflict do nothing returning event_id',
        [tx.tenantId, this.name, [...new Set(ids)].sort()],
      );
      for (const row of rows) fresh.add(row.event_id);
    }
    return fresh;
  }

  /** Whether this processor takes whole pages: a projection, which must see every version of a stream in order. */
  private get projects(): boolean {
    return this.messageHandlers.has(PAGES);
  }

  /** Hands a page to a projection in one call. False where something in the page is not fit for it: then one by one. */
  private async handlePage(tx: Transaction, run: readonly Item[], followed: Map<string, number>): Promise<boolean> {
    const events = run.flatMap(({ decoded }) => ('event' in decoded ? [decoded.event] : []));
    const after = new Map(followed);
    if (events.length < run.length || !events.every((event) => follows(event, after))) return false;
    await tx.query('savepoint one_page');
    try {
      await this.call(PAGES, events, tx);
      await tx.query('release savepoint one_page');
    } catch (error) {
      if (isTransient(error)) throw error;
      await tx.query('rollback to savepoint one_page');
      return false;
    }
    for (const [stream, version] of after) followed.set(stream, version);
    return true;
  }

  private async handleInOrder(tx: Transaction, run: readonly Item[], state: RunState): Promise<void> {
    for (const { message, decoded } of run) {
      const counted =
        'event' in decoded
          ? await this.handleOne(tx, message, decoded.event, state)
          : await this.setAside(tx, message, decoded.unreadable, 1, state);
      if (counted) state.counts.set(message.topic, (state.counts.get(message.topic) ?? 0) + 1);
    }
  }

  /** Handles or parks one new event; true, for it counts either way. */
  private async handleOne(
    tx: Transaction,
    message: ReceivedMessage,
    event: RecordedEvent,
    state: RunState,
  ): Promise<true> {
    if (state.waiting.has(message.key)) {
      await this.park(tx, message, 'waits behind an earlier message of its stream', 0);
      return true;
    }
    if (state.followed && !follows(event, state.followed)) {
      await this.setAside(tx, message, 'an earlier event of its stream has not come', 0, state);
      return true;
    }
    if (!this.projects && !this.messageHandlers.has(event.type)) return true;
    await tx.query('savepoint one_message');
    try {
      await this.call(this.projects ? PAGES : event.type, this.projects ? [event] : event, tx);
      await tx.query('release savepoint one_message');
    } catch (error) {
      if (isTransient(error)) throw error;
      const attempts = (this.tries.get(event.id) ?? 0) + 1;
      this.tries.set(event.id, attempts);
      if (!(error instanceof Unprocessable) && attempts < TRIES) throw new TryAgain(error);
      await tx.query('rollback to savepoint one_message');
      await tx.actFor(event.tenantId);
      this.options.log('error', `${this.name} parked ${event.type} ${event.id}`, error);
      state.followed?.set(event.streamId, event.version - 1);
      await this.setAside(tx, message, error instanceof Error ? error.name : 'unknown', attempts, state);
    }
    return true;
  }

  /** Parks a message and lets those that follow on its stream wait. False when it was parked before. */
  private setAside(
    tx: Transaction,
    message: ReceivedMessage,
    reason: string,
    attempts: number,
    state: RunState,
  ): Promise<boolean> {
    state.waiting.add(message.key);
    return this.park(tx, message, reason, attempts);
  }

  private async call(pattern: string, payload: RecordedEvent | RecordedEvent[], tx: Transaction): Promise<void> {
    const handler: MessageHandler = this.messageHandlers.get(pattern)!;
    for (let next: MessageHandler | undefined = handler; next; next = next.next as MessageHandler | undefined) {
      const result: unknown = await next(payload, { tx } satisfies Handling);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    }
  }

  private async park(tx: Transaction, message: ReceivedMessage, reason: string, attempts: number): Promise<boolean> {
    const value =
      message.topic === FEEDS_TOPIC && tx.tenantId !== NO_TENANT
        ? await this.options.seal(tx, message.value)
        : message.value;
    return park(tx, this.name, { ...message, value }, reason, attempts);
  }

  private async count(tx: Transaction, counts: ReadonlyMap<string, number>): Promise<void> {
    for (const [topic, n] of counts) {
      await tx.query(
        'insert into checkpoints (processor, topic, handled) values ($1, $2, $3) on conflict (processor, topic) do update set handled = checkpoints.handled + excluded.handled',
        [this.name, topic, n],
      );
    }
  }

  /**
   * Handles the parked messages of one stream again, in order, through the same handlers; stops at the first that still fails, which stays
   * parked. Returns the ids that were replayed. Call inside a transaction of the organisation.
   */
  async replay(tx: Transaction, key: string): Promise<string[]> {
    const replayed: string[] = [];
    for (const { parkedId, message } of await takeWaiting(tx, this.name, key)) {
      const value = message.topic === FEEDS_TOPIC ? await this.options.open(tx, message.value) : message.value;
      const decoded = decode({ ...message, value });
      if (!('event' in decoded)) return replayed;
      const followed = this.projects ? await versionsFollowed(tx, this.name, [key]) : undefined;
      if (followed && !follows(decoded.event, followed)) return replayed;
      const pattern = this.projects ? PAGES : decoded.event.type;
      await tx.query('savepoint one_message');
      try {
        if (this.messageHandlers.has(pattern))
          await this.call(pattern, this.projects ? [decoded.event] : decoded.event, tx);
        if (followed) await keepFollowed(tx, this.name, followed);
        // One that could not be read when it came has no inbox row yet.
        await tx.query(
          'insert into inbox (tenant_id, processor, event_id) values ($1, $2, $3) on conflict do nothing',
          [tx.tenantId, this.name, decoded.event.id],
        );
        await settleParked(tx, parkedId, 'replayed');
        await tx.query('release savepoint one_message');
        replayed.push(parkedId);
      } catch (error) {
        if (isTransient(error)) throw error;
        await tx.query('rollback to savepoint one_message');
        this.options.log('error', `${this.name} still cannot handle the parked message ${parkedId}`, error);
        return replayed;
      }
    }
    return replayed;
  }
}

/** The symbol under which Nest finds a processor's handlers: the second argument of `@EventPattern`. */
export function processorId(name: string): symbol {
  return Symbol.for(`rollcall.processor.${name}`);
}

class TryAgain extends Error {
  constructor(override readonly cause: unknown) {
    super('A handler failed and is tried again');
  }
}
