import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { CompressionTypes, type Kafka, Partitioners, type ProducerBatch } from 'kafkajs';
import { type BusMessage, type Publication, TransportStopped, reasonOf, withinLimit } from '../transport.js';

/** Bytes of one request; brokers refuse more than a megabyte for a partition unless told otherwise. */
const requestBytes = 700_000;
const acknowledgedByAll = -1;
/** From one try of a request to the next, milliseconds. */
const pauses = [100, 200, 400, 800, 1600, 3200];

export interface Sender {
  /** See `Transport.publish`. */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /** Why the last publishing failed; undefined when it went well. */
  failure(): string | undefined;
  close(): Promise<void>;
}

/**
 * Sends one request at a time: a failed one is repeated, and a second one under way could overtake it.
 * A publishing whose caller has given up is not begun any more, for the same reason.
 *
 * A request is repeated as a whole, by us. When kafkajs repeats one, it leaves out every broker that has answered, and with it the messages
 * whose partition has moved to such a broker since: it calls them sent, and they are nowhere (tulios/kafkajs#1798).
 */
export function openSender(kafka: Kafka, limit: number): Sender {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    maxInFlightRequests: 1,
    retry: { retries: 0 },
  });
  let queue: Promise<void> = Promise.resolve();
  let failure: string | undefined;
  let closed = false;

  const send = async (earlier: Promise<void>, messages: readonly BusMessage[], publication: Publication) => {
    await earlier;
    await producer.connect();
    for (const request of requestsOf(messages)) {
      const batch = {
        acks: acknowledgedByAll,
        timeout: 10_000,
        compression: CompressionTypes.None,
        topicMessages: byTopic(request),
      };
      await untilSent(batch, publication);
    }
  };

  const untilSent = async (batch: ProducerBatch, publication: Publication) => {
    for (const pause of [...pauses, undefined]) {
      if (publication.abandoned) throw new TransportStopped('The publishing');
      try {
        return await producer.sendBatch(batch);
      } catch (error) {
        if (pause === undefined || !(error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded)) throw error;
        await delay(pause);
      }
    }
  };

  return {
    publish: async (messages) => {
      if (closed) throw new TransportStopped('The transport');
      try {
        await withinLimit(limit, (publication) => {
          const sent = send(queue, messages, publication);
          queue = sent.catch(() => undefined);
          return sent;
        });
        failure = undefined;
      } catch (error) {
        failure = reasonOf(error);
        throw error;
      }
    },
    failure: () => failure,
    close: async () => {
      closed = true;
      await queue;
      await producer.disconnect();
    },
  };
}

/** Cuts a publishing into requests the broker accepts, in order. */
function requestsOf(messages: readonly BusMessage[]): BusMessage[][] {
  const requests: BusMessage[][] = [];
  let room = 0;
  for (const message of messages) {
    room -= sizeOf(message);
    if (room < 0) {
      requests.push([]);
      room = requestBytes - sizeOf(message);
    }
    requests.at(-1)?.push(message);
  }
  return requests;
}

/** Bytes on the wire, a little too many rather than too few. */
function sizeOf({ key, headers, value }: BusMessage): number {
  const texts = [key, ...Object.entries(headers).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 5, value.length + 50);
}

function byTopic(messages: readonly BusMessage[]) {
  return [...new Set(messages.map(({ topic }) => topic))].map((name) => ({
    topic: name,
    messages: messages
      .filter(({ topic }) => topic === name)
      .map(({ key, headers, value }) => ({ key, headers: { ...headers }, value })),
  }));
}
