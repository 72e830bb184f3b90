import { v7 } from 'uuid';
import type { RecordedEvent } from '#events';
import type { Database } from './database.js';
import { isTransient, WrongExpectedVersion } from './errors.js';
import type { Append, Cause, EventStore } from './store.js';

/** One call that waits to be written. */
interface Call {
  readonly tenantId: string;
  readonly cause: Cause;
  readonly appends: readonly Append[];
  readonly resolve: (recorded: RecordedEvent[]) => void;
  readonly reject: (reason: unknown) => void;
}

const streamsOf = ({ tenantId, appends }: Call) => appends.map(({ streamId }) => `${tenantId} ${streamId}`);

/** Appends a group holds at most. */
const LARGEST = 500;

/**
 * Appends for callers that have nothing else to write in the transaction: the calls that wait at one moment go to the database as one
 * statement and one commit. Each is answered as if it had been alone, and only when its events are durable.
 */
export class Appender {
  private waiting: Call[] = [];
  private isWriting = false;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  /** As `EventStore.append` in a transaction of its own: all of this call or nothing, and the same errors. */
  append(tenantId: string, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[]> {
    // One case for the whole call, as alone; its own, because the calls of a group have nothing to do with each other.
    const own = { ...cause, correlationId: cause.correlationId ?? v7() };
    return new Promise((resolve, reject) => {
      const caused = appends.map((append) => ({ ...append, cause: append.cause ?? own }));
      this.waiting.push({ tenantId, cause: own, appends: caused, resolve, reject });
      this.next();
    });
  }

  /** One group at a time: the next one gathers while this one waits for the disk, and stands on what it wrote. */
  private next(): void {
    if (this.isWriting || this.waiting.length === 0) return;
    this.isWriting = true;
    void this.write(this.takeGroup()).finally(() => {
      this.isWriting = false;
      this.next();
    });
  }

  /** The calls of one organisation, in order, each stream once: a second append to a stream stands on the first. */
  private takeGroup(): Call[] {
    const group: Call[] = [];
    const left: Call[] = [];
    const taken = new Set<string>();
    let size = 0;
    for (const call of this.waiting) {
      const streams = streamsOf(call);
      const isFree = streams.every((stream) => !taken.has(stream));
      const fits = group.length === 0 || (group[0]!.tenantId === call.tenantId && size + streams.length <= LARGEST);
      if (isFree && fits) size += streams.length;
      (isFree && fits ? group : left).push(call);
      // Also of those left: what comes later for the same stream must not overtake them.
      for (const stream of streams) taken.add(stream);
    }
    this.waiting = left;
    return group;
  }

  private async write(group: readonly Call[]): Promise<void> {
    const { tenantId, cause } = group[0]!;
    const appends = group.flatMap((call) => call.appends);
    try {
      const recorded = await this.database.inTenant(tenantId, (tx) => this.store.append(tx, cause, appends));
      let from = 0;
      for (const call of group) {
        const count = call.appends.reduce((sum, { events }) => sum + events.length, 0);
        call.resolve(recorded.slice(from, (from += count)));
      }
    } catch (error) {
      // After a lost connection nobody knows whether it was written: not to be tried again on anybody's behalf.
      const isNotWritten = error instanceof WrongExpectedVersion || !isTransient(error);
      if (group.length === 1 || !isNotWritten) return group.forEach((call) => call.reject(error));
      // One of them is to blame, and the others must not fail with it.
      for (const call of group) await this.write([call]);
    }
  }
}
