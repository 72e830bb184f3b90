import { setImmediate as turn } from 'node:timers/promises';
import { fold, isRefusal, type CommandOf, type Decider, type NewEvent, type Refusal } from '#domain';
import type { RecordedEvent } from '#events';
import type { Transaction } from './database.js';
import { sqlState, WrongExpectedVersion } from './errors.js';
import type { Append, Cause, EventStore } from './store.js';

/** A wish to one stream of a decider. */
export interface CommandRequest<Commands> {
  /** The part of the stream id after the category. */
  readonly id: string;
  readonly command: CommandOf<Commands>;
  /** When it happened by the source's account; now when left out. */
  readonly occurredAt?: string;
  /** The version the client saw (If-Match). Left out: whatever is there now. */
  readonly expectedVersion?: number;
  /** Its own cause where the requests of one call belong to different cases. */
  readonly cause?: Cause;
  /** The stream as `states` gave it in this transaction; it moves on with what is recorded. Left out: it is read. */
  readonly stream?: Loaded;
}

/** A stream as it stands. */
export interface Loaded<S = unknown> {
  state: S;
  version: number;
}

/** What came of it: the events recorded and the stream's version after them, and the refusal if a rule said no. */
export interface Outcome {
  readonly streamId: string;
  readonly version: number;
  readonly events: readonly RecordedEvent[];
  readonly refusal?: Refusal;
}

/** So many requests are read, decided and written at a time. */
const PART = 250;
/** What Postgres says of every statement after the one that failed. */
const FAILED_BEFORE = '25P02';

/** Load, fold, decide, append: the one way from a command to events. */
export class Commands {
  constructor(readonly store: EventStore) {}

  /**
   * Decides each request against its stream, in order, and appends everything, in one statement for each 250 requests. A refusal's
   * evidence is recorded like any event; the other requests go on. Throws WrongExpectedVersion when a client's version is not the stream's
   * or somebody else wrote meanwhile; then nothing of this call is recorded.
   */
  execute<S, C extends object, E extends object>(
    tx: Transaction,
    decider: Decider<S, C, E>,
    cause: Cause,
    requests: readonly CommandRequest<C>[],
  ): Promise<Outcome[]> {
    return requests.length > PART
      ? this.inParts(tx, decider, cause, requests)
      : this.atOnce(tx, decider, cause, requests);
  }

  /** Reads all streams, and decides and writes one part while the database reads or writes another. */
  private async inParts<S, C extends object, E extends object>(
    tx: Transaction,
    decider: Decider<S, C, E>,
    cause: Cause,
    requests: readonly CommandRequest<C>[],
  ): Promise<Outcome[]> {
    const parts = partsOf(requests);
    const asked = new Set<string>();
    const reads = parts.map((part) => {
      const ids = part.flatMap(({ id, stream }) => (stream || asked.has(id) ? [] : [id]));
      for (const id of ids) asked.add(id);
      return this.states(tx, decider, ids);
    });
    for (const read of reads) read.catch(() => undefined); // each is waited for below, unless an earlier one failed
    const streams = new Map<string, Loaded<S>>();
    const written = new Set<string>();
    const writes: Promise<Outcome[]>[] = [];
    for (const [nth, part] of parts.entries()) {
      for (const [id, stream] of await reads[nth]!) streams.set(id, stream);
      // Of what is asked of one stream in one part, only the first is certain to be on its way.
      if (part.some(({ id }) => written.has(id))) await Promise.allSettled(writes);
      for (const { id } of part) written.add(id);
      const loaded = part.map((request) =>
        request.stream ? request : { ...request, stream: streams.get(request.id)! },
      );
      const write = this.atOnce(tx, decider, cause, loaded);
      write.catch(() => undefined); // told by `allOf`
      writes.push(write);
      await turn(); // what was asked of the database leaves now
    }
    return (await allOf(writes)).flat();
  }

  private async atOnce<S, C extends object, E extends object>(
    tx: Transaction,
    decider: Decider<S, C, E>,
    cause: Cause,
    requests: readonly CommandRequest<C>[],
  ): Promise<Outcome[]> {
    const unread = requests.filter(({ stream }) => !stream);
    const streams = await this.load(tx, decider, unread);
    const decided = requests.map((request) => {
      const streamId = `${decider.category}-${request.id}`;
      const stream = (request.stream as Loaded<S> | undefined) ?? streams.get(streamId)!;
      if (request.expectedVersion !== undefined && request.expectedVersion !== stream.version)
        throw new WrongExpectedVersion([streamId]);
      const moment = { occurredAt: request.occurredAt ?? tx.now, now: tx.now };
      const decide = decider.decide as unknown as Record<
        string,
        (data: object, state: S, at: typeof moment) => ReturnType<(typeof decider.decide)[keyof typeof decider.decide]>
      >;
      const decision = decide[request.command.name]!(request.command.data as object, stream.state, moment);
      const events: readonly NewEvent[] = isRefusal(decision)
        ? (decision.evidence as readonly NewEvent[])
        : (decision as readonly NewEvent[]);
      const append: Append = {
        streamId,
        expectedVersion: stream.version === 0 ? 'none' : stream.version,
        events,
        occurredAt: moment.occurredAt,
        cause: request.cause,
      };
      stream.version += events.length;
      // The ids are not given yet; deciders use them only to tell facts of the past apart.
      stream.state = fold(
        decider,
        events.map((event) => ({
          id: '',
          occurredAt: moment.occurredAt,
          name: event.name,
          data: event.data as Record<string, unknown>,
          ...(event.rules ? { rules: event.rules } : {}),
        })),
        stream.state,
      );
      return {
        append,
        version: stream.version,
        refusal: isRefusal(decision) ? (decision as unknown as Refusal) : undefined,
      };
    });
    const recorded = await this.append(
      tx,
      cause,
      decided.map(({ append }) => append),
    );
    return decided.map(({ append, version, refusal }, index) => ({
      streamId: append.streamId,
      version,
      events: recorded[index]!,
      ...(refusal ? { refusal } : {}),
    }));
  }

  /** The state of each stream as it stands, by the id after the category. */
  async states<S, C extends object, E extends object>(
    tx: Transaction,
    decider: Decider<S, C, E>,
    ids: readonly string[],
  ): Promise<Map<string, Loaded<S>>> {
    const streams = await this.load(
      tx,
      decider,
      ids.map((id) => ({ id })),
    );
    return new Map([...streams].map(([streamId, stream]) => [streamId.slice(decider.category.length + 1), stream]));
  }

  private async load<S, C extends object, E extends object>(
    tx: Transaction,
    decider: Decider<S, C, E>,
    requests: readonly { id: string }[],
  ): Promise<Map<string, Loaded<S>>> {
    if (requests.length === 0) return new Map();
    const ids = requests.map(({ id }) => `${decider.category}-${id}`);
    const streams = await this.store.read(tx, ids);
    return new Map(
      [...streams].map(([streamId, events]) => [streamId, { version: events.length, state: fold(decider, events) }]),
    );
  }

  /** One stream may be asked several things in one call: its appends join into one, since a statement names a stream once. */
  private async append(tx: Transaction, cause: Cause, appends: readonly Append[]): Promise<RecordedEvent[][]> {
    const rounds: { append: Append; index: number }[][] = [];
    const seen = new Map<string, number>();
    appends.forEach((append, index) => {
      if (append.events.length === 0) return;
      const round = seen.get(append.streamId) ?? 0;
      seen.set(append.streamId, round + 1);
      (rounds[round] ??= []).push({ append, index });
    });
    const recorded: RecordedEvent[][] = appends.map(() => []);
    for (const round of rounds) {
      const events = await this.store.append(
        tx,
        cause,
        round.map(({ append }) => append),
      );
      let next = 0;
      for (const { append, index } of round) recorded[index] = events.slice(next, (next += append.events.length));
    }
    return recorded;
  }
}

function partsOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / PART) }, (_, nth) => all.slice(nth * PART, (nth + 1) * PART));
}

/** What all of these gave; or throws what the first of them failed with in the database, when each of them has ended. */
async function allOf<T>(writes: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(writes);
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  if (faults.length > 0) throw faults.find((fault) => sqlState(fault) !== FAILED_BEFORE) ?? faults[0];
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
}
