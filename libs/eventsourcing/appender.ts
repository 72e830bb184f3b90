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

/** The streams of a call, and whether it takes each at whatever version it is. */
const streamsOf = ({ tenantId, drafts }: Call) =>
  new Map(drafts.map(({ streamId, base }) => [`${tenantId} ${streamId}`, base === null]));

/** The drafts of a group: those that take a stream as it is, and come after others of the group, are counted on from them. */
function draftsOf(group: readonly Call[]): Draft[] {
  const counts = new Map<string, number>();
  return group
    .flatMap(({ drafts }) => drafts)
    .map((draft) => {
      if (draft.base !== null) return draft;
      const nth = (counts.get(draft.streamId) ?? 0) + 1;
      counts.set(draft.streamId, nth);
      return nth === draft.nth ? draft : { ...draft, nth };
    });
}

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

  /**
   * The calls of one organisation, in order. A stream is in a group once, because a second append to it stands on the first; unless all
   * take it at whatever version it is.
   */
  private takeGroup(): Call[] {
    const group: Call[] = [];
    const left: Call[] = [];
    /** Whether more calls may join those before them on a stream. */
    const taken = new Map<string, boolean>();
    let size = 0;
    for (const call of this.waiting) {
      const streams = streamsOf(call);
      const count = call.drafts.length;
      const isFree = [...streams].every(([stream, any]) => !taken.has(stream) || (any && taken.get(stream)!));
      const fits = group.length === 0 || (group[0]!.tenantId === call.tenantId && size + count <= LARGEST);
      const isTaken = isFree && fits;
      if (isTaken) size += count;
      (isTaken ? group : left).push(call);
      // What comes later for the same stream must not overtake what is left.
      for (const [stream, any] of streams) taken.set(stream, isTaken && any);
    }
    this.waiting = left;
    return group;
  }

  private async write(group: readonly Call[]): Promise<void> {
    const { tenantId } = group[0]!;
    try {
      const recorded = await this.store.appendAlone(this.database, tenantId, draftsOf(group));
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
