/** The transport for one process: no broker, nothing kept. What is published is safe because it has been handled. */
import { type Transport, type TransportLog, TransportStopped, publishLimit, withinLimit } from '../transport.js';
import { type Group, openGroup } from './group.js';

export interface InProcessOptions {
  log?: TransportLog;
  /** Milliseconds a `publish` may take; the port's limit unless given. */
  limit?: number;
}

/**
 * A transport that hands each batch to the groups subscribed at that moment, the groups side by side.
 * It keeps nothing: subscribe every group before the first `publish`. A group that has stopped makes `publish`
 * reject until it is subscribed again, so the publisher never counts as delivered what a stopped group has missed.
 * One subscription per group, as there is one process.
 */
export function inProcessTransport({ log = () => {}, limit = publishLimit }: InProcessOptions = {}): Transport {
  const groups = new Map<string, Group>();
  let closed = false;

  return {
    publish: async (messages) => {
      if (closed) throw new TransportStopped('The transport');
      await withinLimit(limit, (publication) =>
        Promise.all([...groups.values()].map((group) => group.deliver(messages, publication))),
      );
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
