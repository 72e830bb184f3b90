import { FEEDS_TOPIC, type Transport } from '#bus';
import { weaknesses, type KafkaOptions } from '#bus/kafka';
import type { Log } from './log.js';

type Environment = Readonly<Record<string, string | undefined>>;

const DAY = 86_400_000; // milliseconds

/** The brokers are not set up as safe as this process is told to want them. */
export class UnsafeBrokers extends Error {
  override readonly name = 'UnsafeBrokers';
  constructor(findings: readonly string[]) {
    super(
      `The Kafka brokers could lose messages. ${findings.join(' ')} To start all the same, set KAFKA_SAFETY=warn: the events stay in Postgres and can be published again.`,
    );
  }
}

/**
 * Looks whether the brokers keep these topics as safe as they must [R15]. What is found is logged as a warning each with
 * `KAFKA_SAFETY=warn`; with `refuse`, which production (`NODE_ENV`) has unless set otherwise, it rejects with `UnsafeBrokers`.
 * `KAFKA_RETENTION_DAYS` is for how long messages are to be kept, 7 unless set. Where no broker answers it looks later, and what it then
 * refuses ends the process by the transport's `onFatal`.
 */
export async function checkBrokers(
  env: Environment,
  options: KafkaOptions,
  topics: readonly string[],
  log: Log,
  transport: Pick<Transport, 'onceReachable'>,
): Promise<void> {
  const safety = env['KAFKA_SAFETY'] || (env['NODE_ENV'] === 'production' ? 'refuse' : 'warn');
  if (safety !== 'refuse' && safety !== 'warn') throw new Error('KAFKA_SAFETY is "refuse" or "warn"');
  const days = Number(env['KAFKA_RETENTION_DAYS'] || 7);
  if (!(days > 0)) throw new Error('KAFKA_RETENTION_DAYS is a number of days, such as 7');
  const wanted = { topics: [...new Set(topics)], inbound: [FEEDS_TOPIC], keep: days * DAY };
  await transport.onceReachable('the look at how safe the brokers are', async () => {
    const found = await weaknesses(options, wanted);
    if (found.length > 0 && safety === 'refuse') throw new UnsafeBrokers(found);
    for (const finding of found) log.warn(finding);
  });
}
