import type { TransportLog } from '../transport.js';

/** How to reach Kafka, and what to ask of it. Times are milliseconds. */
export interface KafkaOptions {
  /** `host:port` of some brokers of the cluster. */
  brokers: readonly string[];
  clientId: string;
  /** `true` trusts the system's roots; certificates and keys are PEM text. */
  ssl?: boolean | { ca?: string; cert?: string; key?: string };
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string };
  /** Replicas of each topic this transport creates; from 3 on a write needs two of them. */
  replication?: number;
  /** Partitions of each topic this transport creates. */
  partitions?: number;
  /** How long the group waits for a member that died without a word before it hands its partitions on. */
  sessionTimeout?: number;
  /** How long a `publish` may take; the port's limit unless given. */
  limit?: number;
  /** Without one, warnings and errors go to standard error. */
  log?: TransportLog;
}

export const defaultPartitions = 6;
export const defaultReplication = 1;

/** Warnings and errors on standard error, a JSON object a line. */
export const logToStandardError: TransportLog = (level, message, fields) => {
  if (level !== 'info') process.stderr.write(`${JSON.stringify({ level, message, ...fields })}\n`);
};

/**
 * How kafkajs repeats a failed request: seven tries over about six seconds.
 * Every field is named, as kafkajs has other defaults when it finds itself in a test.
 */
export const retry = { initialRetryTime: 100, maxRetryTime: 5000, factor: 0.2, multiplier: 2, retries: 6 };

/**
 * For the question whether anybody is there: each of so many brokers is tried, and one of them twice. kafkajs takes how often it connects
 * from the client alone, whatever an admin is given, and otherwise asks a machine that is down for ten seconds.
 */
export const questionRetry = (brokers: number) => ({ ...retry, maxRetryTime: 1000, retries: brokers });
