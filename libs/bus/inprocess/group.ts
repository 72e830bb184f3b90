import { setTimeout as delay } from 'node:timers/promises';
import {
  type BusMessage,
  type Publication,
  type ReceivedMessage,
  type Subscribed,
  type Subscription,
  type TransportLog,
  TransportStopped,
  batchLimit,
  inPieces,
  reasonOf,
} from '../transport.js';

const firstPause = 10;
const longestPause = 5000;

/** A subscribed group: one queue, worked off batch by batch. */
export interface Group extends Subscribed {
  /** What of a publication is on the group's topics. */
  concern(messages: readonly BusMessage[]): BusMessage[];
  /** In which turn the group gets these. */
  turn(messages: readonly BusMessage[]): number;
  /**
   * Queues these messages, to be handled from `begin` on, at its place in the queue. Resolves when the group has handled them; rejects when
   * it stopped or nobody waits any longer.
   */
  deliver(messages: readonly BusMessage[], begin: Promise<void>, publication: Publication): Promise<void>;
}

/** Opens the queue of one group. A batch its handler rejects is tried again in place, the rest waits behind it. */
export function openGroup(subscription: Subscription, log: TransportLog): Group {
  const { group } = subscription;
  const stopping = new AbortController();
  const numbering = new Map<string, number>();
  let status: 'running' | 'stopped' = 'running';
  let queue: Promise<void> = Promise.resolve();

  const handle = async (batch: readonly ReceivedMessage[], publication: Publication): Promise<void> => {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      if (publication.abandoned) throw new TransportStopped(`The publishing to group ${group}`);
      if (stopping.signal.aborted) throw new TransportStopped(`Group ${group}`);
      try {
        return await subscription.onBatch(batch, async () => {});
      } catch (error) {
        log('warn', 'A batch was not handled and comes again', { group, reason: reasonOf(error), pause });
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const handleAfter = async (
    earlier: Promise<unknown>,
    batches: readonly ReceivedMessage[][],
    publication: Publication,
  ): Promise<void> => {
    await earlier;
    for (const batch of batches) await handle(batch, publication);
  };

  return {
    concern: (messages) => messages.filter(({ topic }) => subscription.topics.includes(topic)),
    turn: (messages) => subscription.turn?.(messages) ?? 0,
    deliver: (messages, begin, publication) => {
      if (stopping.signal.aborted) return Promise.reject(new TransportStopped(`Group ${group}`));
      const batches = batchesFor(subscription.topics, messages, numbering);
      const handled = handleAfter(Promise.all([queue, begin]), batches, publication);
      queue = handled.catch(() => undefined);
      return handled;
    },
    status: () => status,
    stop: async () => {
      stopping.abort();
      await queue;
      status = 'stopped';
    },
  };
}

/** Sorts what concerns the group by topic, keeping the order within each; a topic here is one partition. */
function batchesFor(
  topics: readonly string[],
  messages: readonly BusMessage[],
  numbering: Map<string, number>,
): ReceivedMessage[][] {
  return topics.flatMap((topic) => {
    const received = messages
      .filter((message) => message.topic === topic)
      .map((message) => {
        const offset = numbering.get(topic) ?? 0;
        numbering.set(topic, offset + 1);
        return { ...message, partition: 0, offset: String(offset) };
      });
    return inPieces(received, batchLimit);
  });
}
