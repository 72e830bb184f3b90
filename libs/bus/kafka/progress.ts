import type { Kafka } from 'kafkajs';
import { type TransportLog, reasonOf } from '../transport.js';
import type { Assignment, Consumer } from './consumer.js';
import { withAdmin } from './topics.js';

const lookEvery = 30_000; // milliseconds
const stuckAfter = 120_000;

/** Where a group is in one partition. */
export interface Standing {
  /** `topic/partition`. */
  readonly place: string;
  readonly committed: bigint;
  readonly end: bigint;
}

/** A consumer runs by its own account, and gets nothing of what there is for it. */
export class ConsumerStuck extends Error {
  override readonly name = 'ConsumerStuck';
  constructor(group: string, place: string) {
    super(`Group ${group} is behind in ${place} and was handed nothing for ${stuckAfter / 1000} s`);
  }
}

/** Follows one consumer over several looks. Times are milliseconds on one clock. */
export class Watched {
  private behind = new Map<string, { committed: bigint; since: number }>();

  /** A place in which it has been behind for two minutes without getting on, though it was not handed anything either [R11]. */
  look(standings: readonly Standing[], now: number, handedAt: number): string | undefined {
    const behind: typeof this.behind = new Map();
    for (const { place, committed, end } of standings) {
      if (committed >= end) continue;
      const before = this.behind.get(place);
      behind.set(place, before?.committed === committed ? before : { committed, since: now });
    }
    this.behind = behind;
    return [...behind].find(([, { since }]) => now - Math.max(since, handedAt) > stuckAfter)?.[0];
  }
}

/** Looks after all consumers until the returned function is called; `fatal` is told of one that is stuck. */
export function watchProgress(
  kafka: Kafka,
  consumers: ReadonlySet<Consumer>,
  log: TransportLog,
  fatal: (error: Error) => void,
): () => void {
  let watched = new WeakMap<Consumer, Watched>();
  let isLooking = false;
  const lookAt = async (consumer: Consumer) => {
    if (consumer.status() !== 'running') return void watched.delete(consumer);
    const standings = await standingsOf(kafka, consumer.group, consumer.assigned());
    const one = watched.get(consumer) ?? new Watched();
    watched.set(consumer, one);
    const place = one.look(standings, performance.now(), consumer.handedAt());
    if (place !== undefined) fatal(new ConsumerStuck(consumer.group, place));
  };
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      for (const consumer of consumers) await lookAt(consumer);
    } catch (error) {
      // Without the brokers' word nobody is stuck: the two minutes begin anew.
      watched = new WeakMap();
      log('warn', 'How far the groups are cannot be seen', { reason: reasonOf(error) });
    } finally {
      isLooking = false;
    }
  };
  const timer = setInterval(() => void look(), lookEvery).unref();
  return () => clearInterval(timer);
}

/** How far the group has committed in the partitions that one member holds, and how far these reach. */
export function standingsOf(kafka: Kafka, group: string, assigned: Assignment): Promise<Standing[]> {
  const topics = Object.keys(assigned);
  if (topics.length === 0) return Promise.resolve([]);
  return withAdmin(kafka, async (admin) => {
    const standings: Standing[] = [];
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics })) {
      const ranges = new Map((await admin.fetchTopicOffsets(topic)).map((range) => [range.partition, range]));
      for (const { partition, offset } of partitions) {
        const range = ranges.get(partition);
        if (!range || !assigned[topic]?.includes(partition)) continue;
        // A negative offset: nothing committed yet.
        const committed = BigInt(offset) < 0n ? BigInt(range.low) : BigInt(offset);
        standings.push({ place: `${topic}/${partition}`, committed, end: BigInt(range.high) });
      }
    }
    return standings;
  });
}
