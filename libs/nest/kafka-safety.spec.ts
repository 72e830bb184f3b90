import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBroker, type Broker } from '../testing/kafka.js';
import { kafkaTransport } from '#bus/kafka';
import { checkBrokers } from './kafka-safety.js';
import { openLog } from './log.js';

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
}, 300_000);
afterAll(() => broker.stop());

async function look(env: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  const log = openLog('test', 'trace', { write: (line) => void lines.push(line) });
  const options = { brokers: broker.brokers, clientId: 'spec', log: () => undefined };
  const transport = kafkaTransport(options);
  try {
    await checkBrokers(env, options, [`safety-${randomUUID()}`], log, transport);
  } finally {
    await transport.close();
  }
  return lines;
}

describe('brokers on one host', () => {
  it('[R15] keep a process in production from starting, which says what is wrong and how to start all the same', async () => {
    await expect(look({ NODE_ENV: 'production' })).rejects.toThrow(
      /1 of 3 copies.*KAFKA_REPLICATION=3.*KAFKA_SAFETY=warn/,
    );
    await expect(look({ KAFKA_SAFETY: 'refuse' })).rejects.toThrow('could lose messages');
  });

  it('[R15] are warned of, once each, where that is said to be enough', async () => {
    for (const env of [{}, { NODE_ENV: 'production', KAFKA_SAFETY: 'warn' }])
      expect(await look(env as Record<string, string>)).toEqual([
        expect.stringMatching(/"level":40.*1 of 3 copies/),
        expect.stringMatching(/"level":40.*min\.insync\.replicas is 1/),
      ]);
  });

  it('[R15] have to keep messages for as long as was agreed', async () => {
    expect(await look({ KAFKA_RETENTION_DAYS: '30' })).toContainEqual(
      expect.stringContaining('kept for 7 days, 30 days are agreed'),
    );
  });

  it.each([{ KAFKA_SAFETY: 'maybe' }, { KAFKA_RETENTION_DAYS: 'long' }])('are not judged by %p', async (env) => {
    await expect(look(env as unknown as Record<string, string>)).rejects.toThrow(Object.keys(env)[0]!);
  });
});
