import { setTimeout as delay } from 'node:timers/promises';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { RecordedEvent } from '#events';
import { isTransient, type Database, type Transaction } from '#eventsourcing';
import { globalId, itemOf, tenantOf, type Item } from './batch.js';
import { NO_TENANT } from './cloudevents.js';
import { PageFailed, Pass, TryAgain, TRIES, type Processing } from './handling.js';
import type { Parking } from './parked.js';
import { passingOf } from './passing.js';
import { replayLane } from './replay.js';
import type { BusMessage, ReceivedMessage, Subscribed, Transport, TransportStatus } from './transport.js';

/** What a handler gets beside the event: the transaction that also holds the inbox row, acting for the event's organisation. */
export interface Handling {
  readonly tx: Transaction;
}

/** The pattern of a handler that takes whole pages, `RecordedEvent[]` of one organisation in order: for projections. */
export const PAGES = 'rollcall.pages';

/** `name`, for example `membership.removals`, is the consumer group and the name in the inbox. */
export interface ProcessorOptions extends Parking {
  /** Every topic it listens to. Known events it has no handler for are passed over; unknown ones are parked. */
  readonly topics: readonly string[];
  /** Somebody waits for what it decides: where one process hands events to all processors, it gets them before the others. */
  readonly first?: boolean;
  readonly database: Database;
  readonly transport: Transport;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, error?: unknown) => void;
  /** Runs each call of the handlers; for those who want to know how it went. Must reject as the work does. */
  readonly around?: (events: readonly RecordedEvent[], work: () => Promise<void>) => Promise<void>;
  /** Milliseconds to wait before the second and further tries; the last one counts for those beyond. */
  readonly backOff?: readonly number[];
}

/** A bug hardly ever goes away by waiting, and later batches wait meanwhile. */
const AFTER_BUG = [20, 80, 200, 400];
const AFTER_FAULT = [100, 500, 2_000, 5_000];
const pauseAfter = (attempt: number, pauses: readonly number[]) => pauses[Math.min(attempt, pauses.length - 1)]!;

/**
 * One processor's `@EventPattern` handlers behind a transport. A batch is one Postgres transaction: inbox rows, effects, parked messages
 * and the count of what was handled; only then does the transport commit its offset. So delivery is at least once and effects are once
 * [R7] [R8]. Faults [R9]: transient ones (connections, conflicts) make the batch come again; `Unprocessable` parks at once; anything else
 * is taken for a bug, tried five times within some seconds, then parked. Later messages of its stream wait behind it; other streams go
 * on, those of its own batch at once.
 */
export class ProcessorServer extends Server implements CustomTransportStrategy {
  override readonly transportId: symbol;
  override readonly propagatesEventHandlerErrors = true;
  private readonly processing: Processing;
  private subscribed: Subscribed | undefined;
  private batchBegan: number | undefined;

  constructor(readonly options: ProcessorOptions) {
    super();
    this.transportId = processorId(options.name);
    const takesPages = () => this.messageHandlers.has(PAGES);
    this.processing = {
      ...options,
      failures: new Map(),
      get projects() {
        return takesPages(); // Nest adds the handlers later
      },
      handles: (type) => takesPages() || this.messageHandlers.has(type),
      call: (tx, events) => {
        const work = () =>
          takesPages() ? this.callAll(PAGES, events, tx) : this.callAll(events[0]!.type, events[0]!, tx);
        return options.around ? options.around(events, work) : work();
      },
    };
  }

  get name(): string {
    return this.options.name;
  }

  /** Calls back with `OffsetOutOfRange` where the group's place in a topic is lost [R12]. */
  listen(ready: (error?: Error) => void): void {
    this.subscribe().then(
      () => ready(),
      (error: Error) => ready(error),
    );
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

  /**
   * Handles the parked messages of one lane (`key`) again, in order, through the same handlers; stops at the first that still fails, which
   * stays parked. Returns the ids that were replayed. Call inside a transaction of the organisation.
   */
  replay(tx: Transaction, key: string): Promise<string[]> {
    return replayLane(this.processing, tx, key);
  }

  private async subscribe(): Promise<void> {
    const { name, topics, transport } = this.options;
    await transport.ensureTopics(topics);
    this.subscribed = await transport.subscribe({
      group: name,
      topics,
      handled: await this.handledSoFar(),
      onBatch: (messages, heartbeat) => this.onBatch(messages, heartbeat),
      turn: (messages) => this.turnFor(messages),
    });
  }

  private async handledSoFar(): Promise<Map<string, number>> {
    const rows = await this.options.database.asRelay((tx) =>
      tx.query<{ topic: string; handled: string }>('select topic, handled from checkpoints where processor = $1', [
        this.name,
      ]),
    );
    return new Map(rows.map(({ topic, handled }) => [topic, Number(handled)]));
  }

  private async onBatch(messages: readonly ReceivedMessage[], heartbeat: () => Promise<void>): Promise<void> {
    this.batchBegan ??= performance.now(); // a batch that comes again after a failure is still the same one
    const items = messages.map(itemOf);
    const left = items.some((item) => this.concerns(item))
      ? items
      : await this.patiently(heartbeat, () => passingOf(this.options.database).over(this.name, items));
    await this.handle(left, heartbeat);
    this.processing.failures.clear();
    this.batchBegan = undefined;
  }

  /**
   * Handles what is new, `attempt` 0 and beyond one by one. What a handler fails over is tried again apart, after a pause, and what is on
   * other lanes is done before that.
   */
  private async handle(items: readonly Item[], heartbeat: () => Promise<void>, attempt = -1): Promise<void> {
    if (items.length === 0) return;
    try {
      // What has failed before is handled one by one from the start.
      await this.patiently(heartbeat, () => this.pass(items, attempt >= 0));
    } catch (error) {
      if (error instanceof PageFailed) {
        this.options.log('warn', `${this.name} handles a batch one by one`, error.cause);
        return this.handle(items, heartbeat, 0);
      }
      if (!(error instanceof TryAgain)) throw error;
      this.options.log('warn', `${this.name} tries a batch again`, error.cause);
      const isHeld = (item: Item) => error.lanes.has(globalId(tenantOf(item), item.lane));
      await this.handle(
        items.filter((item) => !isHeld(item)),
        heartbeat,
        attempt,
      );
      await heartbeat();
      await delay(pauseAfter(attempt, this.options.backOff ?? AFTER_BUG));
      await this.handle(items.filter(isHeld), heartbeat, attempt + 1);
    }
  }

  /** With a fault that does not pass so soon, the transport backs off and brings the batch again. */
  private async patiently<T>(heartbeat: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isTransient(error) || attempt >= TRIES) throw error;
        this.options.log('warn', `${this.name} tries a batch again`, error);
        await heartbeat();
        await delay(pauseAfter(attempt, this.options.backOff ?? AFTER_FAULT));
      }
    }
  }

  /** One transaction. */
  private pass(items: readonly Item[], oneByOne: boolean): Promise<void> {
    const tenants = new Set(items.map(tenantOf));
    const tenantId = tenants.size === 1 ? [...tenants][0]! : NO_TENANT; // each run then names its own
    const pass = (tx: Transaction) => new Pass(this.processing, tx, oneByOne).handle(items);
    return this.options.database.atOnceInTenant(tenantId, pass);
  }

  /** What somebody waits for first, then what may lead to further events of its own service, then what others handle, then what is only counted. */
  private turnFor(messages: readonly BusMessage[]): number {
    const handled = messages.filter(({ headers }) => this.processing.handles(headers['ce_type'] ?? ''));
    if (handled.length === 0) return 3;
    if (this.options.first) return 0;
    const own = `rollcall.${this.name.split('.')[0]}`;
    return handled.some(({ topic }) => topic === own) ? 1 : 2;
  }

  /** Whether a message needs more than to be counted: it has a handler, or cannot be read. */
  private concerns({ decoded }: Item): boolean {
    return !('event' in decoded) || this.processing.handles(decoded.event.type);
  }

  private async callAll(
    pattern: string,
    payload: RecordedEvent | readonly RecordedEvent[],
    tx: Transaction,
  ): Promise<void> {
    const handler: MessageHandler = this.messageHandlers.get(pattern)!;
    for (let next: MessageHandler | undefined = handler; next; next = next.next as MessageHandler | undefined) {
      const result: unknown = await next(payload, { tx } satisfies Handling);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    }
  }
}

/** The symbol under which Nest finds a processor's handlers: the second argument of `@EventPattern`. */
export function processorId(name: string): symbol {
  return Symbol.for(`rollcall.processor.${name}`);
}
