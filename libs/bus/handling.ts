import type { RecordedEvent } from '#events';
import { isTransient, type Transaction } from '#eventsourcing';
import { admit, settle, type Admitted } from './admit.js';
import { byTenant, firstDeliveries, globalId, runsOfOneTenant, tenantOf, type Item } from './batch.js';
import { comesNext, follows } from './continuity.js';
import { park, type Parking } from './parked.js';

/** Thrown by a handler that knows trying again is useless: the message is parked at once. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}

/** Handlers failed and have tries left: what is on these lanes (global ids) comes again after a pause, the rest of the batch at once. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
  constructor(
    override readonly cause: unknown,
    readonly lanes: ReadonlySet<string>,
  ) {
    super('A handler failed and is tried again');
  }
}

/** Events could not be handled in one go: the batch comes again at once, one by one. */
export class PageFailed extends Error {
  override readonly name = 'PageFailed';
  constructor(override readonly cause: unknown) {
    super('A batch failed and is handled one by one');
  }
}

/** A processor as its batches see it. */
export interface Processing extends Parking {
  /** Whether it takes whole pages: a projection, which must see every version of a stream in order. */
  readonly projects: boolean;
  /** Whether it has a handler for this type. */
  handles(type: string): boolean;
  /** Calls its handlers with a page, or with one event where it does not take pages. */
  call(tx: Transaction, events: readonly RecordedEvent[]): Promise<void>;
  /** Global id → how often a handler has failed over the event, since a batch last went through, and with what last. */
  readonly failures: Map<string, Failure>;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, error?: unknown) => void;
}

/** What became of an event so far. */
interface Failure {
  readonly times: number;
  readonly error: unknown;
}

/** How often a handler is tried over one event before the event is parked. */
export const TRIES = 5;

/**
 * One pass over a batch in one transaction. A handler that fails does not end the pass: the rest of its lane is left for the next one,
 * other lanes go on, so that all bad messages are known, and use up their tries side by side. The pass then throws `TryAgain`, and is
 * rolled back.
 */
export class Pass {
  private readonly counts = new Map<string, number>();
  private readonly held = new Set<string>();
  private readonly admitted = new Map<string, Admitted>();
  private failure: TryAgain | undefined;

  /**
   * `oneByOne`: something has failed, and each event is to be handled so that it can be undone by itself. Otherwise none can: handlers hardly
   * ever fail, and two statements for every event are more than most handlers have.
   */
  constructor(
    private readonly processing: Processing,
    private readonly tx: Transaction,
    private readonly oneByOne: boolean,
  ) {}

  /** Handles or parks every new message. Throws `TryAgain`, `PageFailed` or a transient fault; then nothing of it may be kept. */
  async handle(items: readonly Item[]): Promise<void> {
    const { processing, tx } = this;
    const groups = byTenant(items);
    for (const group of groups) {
      await tx.actFor(tenantOf(group[0]!));
      this.admitted.set(tenantOf(group[0]!), await admit(tx, processing, group));
    }
    for (const run of groups.length === 1 ? [items] : runsOfOneTenant(items)) await this.handleRun(run);
    if (this.failure) throw this.failure;
    for (const [nth, [tenantId, admitted]] of [...this.admitted].entries()) {
      await tx.actFor(tenantId);
      settle(tx, processing.name, admitted, nth === 0 ? this.counts : new Map());
    }
  }

  private async handleRun(run: readonly Item[]): Promise<void> {
    const tenantId = tenantOf(run[0]!);
    const known = this.admitted.get(tenantId)!;
    const due = firstDeliveries(run, known.fresh);
    if (due.length === 0) return;
    await this.tx.actFor(tenantId);
    if (await this.handlePage(due, known)) return;
    for (const item of due) if (await this.handleItem(item, known)) this.tally(item, 1);
  }

  /** Hands a page to a projection in one call. False where something in the page is not fit for it: then one by one. */
  private async handlePage(due: readonly Item[], { waiting, followed }: Admitted): Promise<boolean> {
    if (this.oneByOne || !followed || waiting.size > 0 || this.held.size > 0) return false;
    const events = due.flatMap(({ decoded }) => ('event' in decoded ? [decoded.event] : []));
    const after = new Map(followed);
    if (events.length < due.length || !events.every((event) => follows(event, after))) return false;
    await this.callAtOnce(events);
    for (const [stream, version] of after) followed.set(stream, version);
    this.tally(due[0]!, due.length);
    return true;
  }

  /** Without a savepoint: if it fails, all of the batch is undone. Of one event alone that was a try. */
  private async callAtOnce(events: readonly RecordedEvent[]): Promise<void> {
    const { processing, tx } = this;
    const [first] = events;
    try {
      await processing.call(tx, events);
    } catch (error) {
      if (isTransient(error)) throw error;
      if (events.length === 1) this.note(first!, error);
      throw new PageFailed(error);
    }
    await tx.actFor(first!.tenantId);
  }

  private note(event: RecordedEvent, error: unknown): void {
    const id = globalId(event.tenantId, event.id);
    this.processing.failures.set(id, { times: (this.processing.failures.get(id)?.times ?? 0) + 1, error });
  }

  /** Handles or parks one message. True when it counts: handled, passed over for want of a handler, or parked for the first time. */
  private async handleItem(item: Item, run: Admitted): Promise<boolean> {
    const { decoded, lane } = item;
    if (!('event' in decoded)) return this.setAside(item, decoded.unreadable, 1, run);
    if (run.waiting.has(lane)) return this.park(item, 'waits behind an earlier message of its stream', 0);
    if (this.held.has(globalId(tenantOf(item), lane))) return false;
    if (run.followed && !(await comesNext(this.tx, this.processing.name, decoded.event, run.followed)))
      return this.setAside(item, 'an earlier event of its stream has not come', 0, run);
    return this.handleEvent(item, decoded.event, run);
  }

  private async handleEvent(item: Item, event: RecordedEvent, run: Admitted): Promise<boolean> {
    const { processing, tx } = this;
    if (!processing.handles(event.type)) return true;
    if (!this.oneByOne) {
      await this.callAtOnce([event]);
      return true;
    }
    const id = globalId(event.tenantId, event.id);
    if (!isHopeless(processing.failures.get(id))) {
      const failed = await attempt(tx, () => processing.call(tx, [event]));
      if (!failed) return true;
      this.note(event, failed.error);
    }
    run.followed?.set(event.streamId, event.version - 1);
    const failure = processing.failures.get(id)!;
    if (!isHopeless(failure)) {
      this.held.add(globalId(event.tenantId, item.lane));
      this.failure ??= new TryAgain(failure.error, this.held);
      return false;
    }
    const { error, times } = failure;
    processing.log('error', `${processing.name} parks ${event.type} ${event.id}`, error);
    return this.setAside(item, error instanceof Error ? error.name : 'unknown', times, run);
  }

  /** Parks a message and lets those that follow in its lane wait. */
  private setAside(item: Item, reason: string, attempts: number, run: Admitted): Promise<boolean> {
    run.waiting.add(item.lane);
    return this.park(item, reason, attempts);
  }

  private park(item: Item, reason: string, attempts: number): Promise<boolean> {
    return park(this.tx, this.processing, item, reason, attempts);
  }

  private tally({ message: { topic } }: Item, n: number): void {
    this.counts.set(topic, (this.counts.get(topic) ?? 0) + n);
  }
}

const isHopeless = (failure: Failure | undefined) =>
  failure !== undefined && (failure.error instanceof Unprocessable || failure.times >= TRIES);

/**
 * Runs work that is undone as a whole when it fails, and leaves the transaction usable and acting for the organisation it acted for.
 * Returns what was thrown, undefined when all went well. Throws transient faults: the transaction itself is then to be tried again.
 */
export async function attempt(tx: Transaction, work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  const { tenantId } = tx;
  const failed = await undoneIfFailing(tx, work);
  // The database's own setting went back with the savepoint; what the transaction believes of it did not.
  if (tenantId !== null) await tx.actFor(tenantId);
  return failed;
}

async function undoneIfFailing(tx: Transaction, work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  await tx.query('savepoint attempt');
  try {
    await work();
    await tx.query('release savepoint attempt');
    return undefined;
  } catch (error) {
    if (isTransient(error)) throw error;
    await tx.query('rollback to savepoint attempt');
    return { error };
  }
}
