/**
 * The port between the bus and what carries its messages.
 * Two transports stand behind it, Kafka and one inside the process, and both pass one contract suite.
 *
 * Promised by both: at least once, never exactly once; the messages of one key in the order they were published;
 * every group gets every message; a batch whose handler rejects comes again.
 * Left to what stands above `onBatch`: doing an effect once, telling a passing fault from a message that can never
 * be handled, and keeping an account of both.
 */

/** The topic other systems may write to, statements of theirs and nothing else; what else is on it is parked. */
export const FEEDS_TOPIC = 'rollcall.feeds';

/** One message on its way out. `key` decides the order (the stream id); the value is bytes nobody here looks into. */
export interface BusMessage {
  topic: string;
  key: string;
  headers: Readonly<Record<string, string>>;
  value: Buffer;
}

/** `partition` and `offset` say where it came from, for logs only: neither names a message for good. */
export interface ReceivedMessage extends BusMessage {
  partition: number;
  offset: string;
}

/** What a group of consumers listens to, and what it does with a batch. */
export interface Subscription {
  /** The name under which the transport remembers how far the group has got. */
  group: string;
  topics: readonly string[];
  /**
   * Topic → how many different messages the group has handled by its own account. A transport that keeps messages refuses to start
   * where that cannot be true of the topic it finds.
   */
  handled?: ReadonlyMap<string, number>;
  /**
   * Handles one batch of one topic and partition, in order, at most `batchLimit` messages.
   * Resolves only when its effects are durable; rejecting means: deliver again. Must not await `publish`.
   * `heartbeat` is to be called now and then by work that may last longer than half a minute; it never rejects.
   */
  onBatch(messages: readonly ReceivedMessage[], heartbeat: () => Promise<void>): Promise<void>;
  /**
   * For a transport that hands messages to all groups itself: in which turn the group gets these, the lowest first; 0 when left out.
   * It decides how soon, and nothing else: a turn that lasts does not keep the next one waiting for long.
   */
  turn?(messages: readonly BusMessage[]): number;
}

/** `starting` also covers joining again after a fault; `crashed` is for good. */
export type TransportStatus = 'starting' | 'running' | 'stopped' | 'crashed';

export interface Subscribed {
  status(): TransportStatus;
  /** Takes no further batch, lets the one in hand finish, and leaves the group. Sets no time limit of its own. */
  stop(): Promise<void>;
}

export interface Transport {
  /**
   * Resolves when every message is safe: acknowledged by all in-sync replicas (Kafka), or handled by every
   * subscribed group (in process). Messages with one key keep their order, over several calls too.
   * Rejects after `publishLimit` with `PublishTimedOut`; whatever the reason of a rejection, some of the messages
   * may have arrived, and the caller publishes all of them again.
   */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /** Resolves when the group has been joined, or joining is being tried again (`status`), as while no broker answers. The topics must exist. */
  subscribe(subscription: Subscription): Promise<Subscribed>;
  /** Creates the topics that are missing, later where no broker answers; leaves the others as they are. */
  ensureTopics(topics: readonly string[]): Promise<void>;
  /** Whether anybody answers who carries the messages; says so within some 15 seconds, and never rejects. */
  answers(): Promise<boolean>;
  /**
   * Does work that needs the brokers, and resolves or rejects with it. Where none answers it resolves at once, and the work is tried in the
   * background until it succeeds; a failure that cannot pass then comes by `onFatal`. `what` names it in the log and in `healthy`.
   */
  onceReachable(what: string, work: () => Promise<void>): Promise<void>;
  /** Tells of a consumer that died for good, once; the process then fails its readiness and exits. */
  onFatal(listener: (error: Error) => void): void;
  /** Whether messages can go out and come in, and if not, what stands in the way. */
  healthy(): { ok: boolean; detail: string };
  /** Stops every subscription, lets the sends in hand finish, and lets go of all connections. */
  close(): Promise<void>;
}

/** Where a transport tells what it goes through. Fields hold names, numbers and error texts, no payloads. */
export type TransportLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** Milliseconds `publish` may take. */
export const publishLimit = 30_000;

/** The most messages handed over in one `onBatch`. */
export const batchLimit = 500;

/** The messages were not all safe within the limit. Some may arrive all the same. */
export class PublishTimedOut extends Error {
  override readonly name = 'PublishTimedOut';
  constructor(limit: number) {
    super(`Not every message was safe within ${limit} ms`);
  }
}

/** The transport, or a group that has to get every message, takes no more. Nothing counts as delivered. */
export class TransportStopped extends Error {
  override readonly name = 'TransportStopped';
  constructor(what: string) {
    super(`${what} has stopped`);
  }
}

/** One call of `publish`, as the work on its behalf sees it. */
export interface Publication {
  /** Nobody waits any longer: what has not begun must not begin, or it could overtake the next attempt. */
  abandoned: boolean;
}

/**
 * Runs the work of one `publish` under its time limit in milliseconds, and tells the work when it has been given up.
 * Rejects with `PublishTimedOut`, or as the work does.
 */
export async function withinLimit(limit: number, work: (publication: Publication) => Promise<unknown>): Promise<void> {
  const publication: Publication = { abandoned: false };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new PublishTimedOut(limit)), limit);
  });
  try {
    await Promise.race([work(publication), late]);
  } catch (error) {
    publication.abandoned = true;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Cuts a list into pieces of at most `size`, in order. */
export function inPieces<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, piece) =>
    items.slice(piece * size, (piece + 1) * size),
  );
}

/** What was thrown, in words, for a log or another error. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
