import { isTransient, type Database } from '#eventsourcing';
import { idsOf } from './admit.js';
import { byTenant, tenantOf, type Item } from './batch.js';

/** A processor's messages of one topic, none of which it handles, waiting to be passed over. */
interface Call {
  readonly processor: string;
  readonly items: readonly Item[];
  readonly resolve: (left: Item[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Passes over what processors have no handler for: enters it into their inboxes and counts it. Most processors of a service pass over most
 * events, each of them the same ones at the same moment; so those that wait share one statement and one commit.
 */
export class Passing {
  private waiting: Call[] = [];
  private isWriting = false;

  constructor(private readonly database: Database) {}

  /** Resolves, when it is durable, with the items that have to wait behind parked messages: with them nothing was done. */
  over(processor: string, items: readonly Item[]): Promise<Item[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ processor, items, resolve, reject });
      this.next();
    });
  }

  /** One statement at a time; it leaves a turn of the event loop later, so that all who come at one moment are in it. */
  private next(): void {
    if (this.isWriting || this.waiting.length === 0) return;
    this.isWriting = true;
    setImmediate(() => {
      const calls = this.waiting;
      this.waiting = [];
      void this.write(calls).finally(() => {
        this.isWriting = false;
        this.next();
      });
    });
  }

  private async write(calls: readonly Call[]): Promise<void> {
    const rows = calls
      .flatMap((call) => byTenant(call.items).map((items) => ({ call, items, topic: items[0]!.message.topic })))
      // Each takes its row of `checkpoints` until the commit: in one order for everybody.
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    try {
      const done = await this.database.alone<{ done: boolean }>(PASS_OVER, [JSON.stringify(rows.map(parameterOf))]);
      const left = new Map(calls.map((call): [Call, Item[]] => [call, []]));
      rows.forEach(({ call, items }, nth) => done[nth]!.done || left.get(call)!.push(...items));
      for (const [call, items] of left) call.resolve(items);
    } catch (error) {
      if (calls.length === 1 || isTransient(error)) return calls.forEach((call) => call.reject(error));
      // One of them is to blame, and the others must not fail with it.
      for (const call of calls) await this.write([call]);
    }
  }
}

interface Row {
  readonly call: Call;
  readonly items: readonly Item[];
  readonly topic: string;
}

const PASS_OVER = `select pass_over(tenant, name, ids, lanes, topic) as done
  from json_to_recordset($1) as r (tenant uuid, name text, ids uuid[], lanes text[], topic text)`;

const keyOf = ({ call, items, topic }: Row) => `${call.processor} ${topic} ${tenantOf(items[0]!)}`;

const parameterOf = ({ call, items, topic }: Row) => ({
  tenant: tenantOf(items[0]!),
  name: call.processor,
  ids: idsOf(items),
  lanes: [...new Set(items.map(({ lane }) => lane))],
  topic,
});

const passings = new WeakMap<Database, Passing>();

/** The one of this database. */
export function passingOf(database: Database): Passing {
  let passing = passings.get(database);
  if (!passing) passings.set(database, (passing = new Passing(database)));
  return passing;
}
