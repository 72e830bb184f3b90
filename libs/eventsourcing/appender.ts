import type { RecordedEvent } from '#events';
import type { Database } from './database.js';
import type { Draft } from './draft.js';
import { isTransient, WrongExpectedVersion } from './errors.js';
import type { Append, Cause, EventStore } from './store.js';

/** One call that waits to be written. */
interface Call {
  readonly tenantId: string;
  readonly drafts: readonly Draft[];
  readonly resolve: (recorded: RecordedEvent[]) => void;
  readonly reject: (reason: unknown) => void;
}

const streamsOf = ({ tenantId, drafts }: Call) => new Set(drafts.map(({ streamId }) => `${tenantId} ${streamId}`));

/** Events a group holds at most, unless one call has more. */
const LARGEST = 500;

/**
 * Appends for callers that have nothing else to write in the transaction: the calls that wait at one moment go to the database as one
 * statement, one commit and one round trip. Each is answered as if it had been alone, and only when its events are durable.
 */
export class Appender {
  private waiting: Call[] = [];
  private isWriting = false;

  constructor(
    private readonly database: Database,
    private readonly store: EventStore,
  ) {}

  /** As `EventStore.append` in a transaction of its own: all of this call or nothing, and the same errors. */
  async append(tenantId: string, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[]> {
    const began = performance.now();
    try {
      const drafts = this.store.drafts(cause, appends);
      if (drafts.length === 0) return [];
      const recorded = await new Promise<RecordedEvent[]>((resolve, reject) => {
        this.waiting.push({ tenantId, drafts, resolve, reject });
        this.next();
      });
      this.store.tell({ recorded, seconds: (performance.now() - began) / 1000 });
      return recorded;
    } catch (error) {
      this.store.tell({ error });
      throw error;
    }
  }

  /**
   * One group at a time: the next one gathers while this one waits for the disk. It leaves one turn of the event loop later, so that the
   * callers who were just answered can be in it with their next call.
   */
  private next(): void {
    if (this.isWriting || this.waiting.length === 0) return;
    this.isWriting = true;
    setImmediate(() => {
      void this.write(this.takeGroup()).finally(() => {
        this.isWriting = false;
        this.next();
      });
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
      const count = call.drafts.length;
      const isFree = [...streams].every((stream) => !taken.has(stream));
      const fits = group.length === 0 || (group[0]!.tenantId === call.tenantId && size + count <= LARGEST);
      if (isFree && fits) size += count;
      (isFree && fits ? group : left).push(call);
      // Also of those left: what comes later for the same stream must not overtake them.
      for (const stream of streams) taken.add(stream);
    }
    this.waiting = left;
    return group;
  }

  private async write(group: readonly Call[]): Promise<void> {
    const { tenantId } = group[0]!;
    try {
      const drafts = group.flatMap((call) => call.drafts);
      const recorded = await this.store.appendAlone(this.database, tenantId, drafts);
      let from = 0;
      for (const call of group) call.resolve(recorded.slice(from, (from += call.drafts.length)));
    } catch (error) {
      // After a lost connection nobody knows whether it was written: not to be tried again on anybody's behalf.
      const isNotWritten = error instanceof WrongExpectedVersion || !isTransient(error);
      if (group.length === 1 || !isNotWritten) return group.forEach((call) => call.reject(error));
      // One of them is to blame, and the others must not fail with it.
      for (const call of group) await this.write([call]);
    }
  }
}
