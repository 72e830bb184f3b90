import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Kafka } from 'kafkajs';
import { type TransportLog, reasonOf } from '../transport.js';

const pause = 3_000; // milliseconds
/** Every so many tries it is said again. */
const sayEvery = 10;

/** Work that waits for brokers that are away, so that a process starts, and takes commands, without them [R14]. */
export interface Patience {
  /** See `Transport.answers`. */
  answers(): Promise<boolean>;
  /** See `Transport.onceReachable`. */
  once(what: string, work: () => Promise<void>): Promise<void>;
  /** What still waits. */
  waiting(): readonly string[];
  close(): void;
}

/** `kafka` gives up soon where nobody answers (`questionRetry`). `fatal` is told what failed in the background and cannot pass. */
export function openPatience(kafka: Kafka, log: TransportLog, fatal: (error: Error) => void): Patience {
  const closing = new AbortController();
  const waiting = new Set<string>();
  let asking: Promise<boolean> | undefined;
  const answers = () => (asking ??= ask(kafka).finally(() => (asking = undefined)));

  const goOn = async (what: string, work: () => Promise<void>) => {
    for (let attempt = 1; ; attempt += 1) {
      if (attempt % sayEvery === 1) log('warn', 'No broker answers; it is tried again', { what, attempt });
      await delay(pause, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      if (!(await answers())) continue;
      try {
        await work();
        waiting.delete(what);
        return;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (!mayPass(error)) return fatal(error as Error);
        log('warn', 'It failed at the brokers and is tried again', { what, attempt, reason: reasonOf(error) });
      }
    }
  };

  return {
    answers,
    once: async (what, work) => {
      if (await answers()) {
        try {
          return await work();
        } catch (error) {
          if (await answers()) throw error;
        }
      }
      waiting.add(what);
      void goOn(what, work);
    },
    waiting: () => [...waiting],
    close: () => closing.abort(),
  };
}

/** Asks the brokers, one after the other, for their cluster. One that refuses us has answered. */
async function ask(kafka: Kafka): Promise<boolean> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.describeCluster();
    return true;
  } catch (error) {
    return !isSilence(origin(error));
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Nobody there, rather than somebody who shows a wrong certificate or does not let us in. */
function isSilence(error: unknown): boolean {
  if (error instanceof kafkajs.KafkaJSRequestTimeoutError) return true;
  const code = (error as { code?: string }).code ?? '';
  return error instanceof kafkajs.KafkaJSConnectionError && !/^ERR_|^EPROTO|CERT|VERIFY/.test(code);
}

/** Brokers that have only just come back refuse much for a while. What we ourselves throw, and a wrong password, stay as they are. */
function mayPass(error: unknown): boolean {
  if (origin(error) instanceof kafkajs.KafkaJSSASLAuthenticationError) return false;
  return error instanceof kafkajs.KafkaJSError || error instanceof kafkajs.KafkaJSAggregateError;
}

function origin(error: unknown): unknown {
  return error instanceof Error && error.cause ? origin(error.cause) : error;
}
