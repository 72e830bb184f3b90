/** The transport for one process: no broker, nothing kept. What is published is safe because it has been handled. */
import {
  type BusMessage,
  type Publication,
  type Transport,
  type TransportLog,
  TransportStopped,
  publishLimit,
  withinLimit,
} from '../transport.js';
import { type Group, openGroup } from './group.js';

export interface InProcessOptions {
  log?: TransportLog;
  /** Milliseconds a `publish` may take; the port's limit unless given. */
  limit?: number;
  /** Waited for in each publication between its first turn and the others, for nobody waits for those: it should resolve within milliseconds. */
  pause?: () => Promise<void>;
}

/** Milliseconds after which a turn no longer keeps the next one waiting. */
const TURN = 50;

/**
 * A transport that hands each batch to the groups subscribed at that moment, the groups of one turn side by side.
 * It keeps nothing: subscribe every group before the first `publish`. A group that has stopped makes `publish`
 * reject until it is subscribed again, so the publisher never counts as delivered what a stopped group has missed.
 * One subscription per group, as there is one process.
 */
export function inProcessTransport({
  log = () => {},
  limit = publishLimit,
  pause = () => Promise.resolve(),
}: InProcessOptions = {}): Transport {
  const groups = new Map<string, Group>();
  let closed = false;

  return {
    publish: async (messages) => {
      if (closed) throw new TransportStopped('The transport');
      await withinLimit(limit, (publication) => deliverInTurns([...groups.values()], messages, publication, pause));
    },
    subscribe: async (subscription) => {
      if (closed) throw new TransportStopped('The transport');
      if (groups.get(subscription.group)?.status() === 'running') {
        throw new Error(`Group ${subscription.group} is already subscribed`);
      }
      const group = openGroup(subscription, log);
      groups.set(subscription.group, group);
      return group;
    },
    // A topic here is only a name, so there is nothing to create.
    ensureTopics: async () => {},
    answers: async () => true,
    onceReachable: (_what, work) => work(),
    // Nothing here can die for good: a queue lives as long as the process.
    onFatal: () => {},
    healthy: () => ({ ok: !closed, detail: closed ? 'closed' : `${groups.size} groups in process` }),
    close: async () => {
      closed = true;
      await Promise.all([...groups.values()].map((group) => group.stop()));
    },
  };
}

/** All of it is queued at once, so that what is published next comes after it, whatever turn that has. */
async function deliverInTurns(
  groups: readonly Group[],
  messages: readonly BusMessage[],
  publication: Publication,
  pause: () => Promise<void>,
): Promise<void> {
  const due = groups
    .map((group) => ({ group, messages: group.concern(messages) }))
    .filter((one) => one.messages.length > 0)
    .map((one) => ({ ...one, turn: one.group.turn(one.messages) }));
  const deliveries: Promise<void>[] = [];
  let begin: Promise<void> = Promise.resolve();
  for (const [nth, turn] of [...new Set(due.map((one) => one.turn))].sort((a, b) => a - b).entries()) {
    if (nth === 1) begin = begin.then(pause);
    const these = due
      .filter((one) => one.turn === turn)
      .map((one) => one.group.deliver(one.messages, begin, publication));
    deliveries.push(...these);
    begin = overOrLate(begin, these);
  }
  await Promise.all(deliveries);
}

async function overOrLate(begin: Promise<void>, deliveries: readonly Promise<void>[]): Promise<void> {
  await begin;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, TURN)));
  await Promise.race([Promise.allSettled(deliveries), late]);
  clearTimeout(timer);
}
