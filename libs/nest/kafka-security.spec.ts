import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kafkaTransport } from '#bus/kafka';
import { makeCertificate } from '../testing/certificates.js';
import { kafkaSecurity } from './kafka-security.js';

const SASL = { KAFKA_SASL_USERNAME: 'rollcall', KAFKA_SASL_PASSWORD: 'canary-password' };

describe('the security settings of Kafka', () => {
  it('are none unless something is set; empty is not set', () => {
    expect(kafkaSecurity({})).toEqual({});
    expect(kafkaSecurity({ KAFKA_SSL_CA: '', KAFKA_SASL_USERNAME: '' })).toEqual({});
  });

  it('trust the system’s roots when told so, and log in by any of the three mechanisms', () => {
    for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
      expect(kafkaSecurity({ ...SASL, KAFKA_SSL_CA: 'system', KAFKA_SASL_MECHANISM: mechanism.toUpperCase() })).toEqual(
        {
          ssl: true,
          sasl: { mechanism, username: 'rollcall', password: 'canary-password' },
        },
      );
    }
  });

  it.each([
    [
      'an unknown mechanism',
      { ...SASL, KAFKA_SASL_MECHANISM: 'gssapi' },
      'KAFKA_SASL_MECHANISM to one of plain, scram',
    ],
    ['no mechanism', SASL, 'KAFKA_SASL_MECHANISM to one of'],
    ['no password', { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_USERNAME: 'x' }, 'KAFKA_SASL_PASSWORD'],
    ['a password in clear', { ...SASL, KAFKA_SASL_MECHANISM: 'plain' }, 'KAFKA_SSL_CA as well'],
  ])('say what to set at %s, and no secret', (_, env, said) => {
    expect(() => kafkaSecurity(env)).toThrow(said);
    expect(() => kafkaSecurity(env)).not.toThrow('canary-password');
  });
});

describe('a Kafka behind a certificate', () => {
  let folder: string;
  let broker: Server;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rollcall-tls-'));
    const { cert, key } = makeCertificate(folder, 'broker');
    makeCertificate(folder, 'stranger');
    broker = createServer({ cert: readFileSync(cert), key: readFileSync(key) });
    await once(broker.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => {
    broker.close();
    rmSync(folder, { recursive: true });
  });

  /** Tries to reach the broker once; tells whether bytes of Kafka's protocol came through TLS. It says nothing back. */
  async function reaches(root: string): Promise<boolean> {
    let came = false;
    const hearing = (socket: NodeJS.ReadableStream & { destroy(): void }) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        came = true;
        socket.destroy();
      });
    };
    broker.on('secureConnection', hearing);
    const { port } = broker.address() as AddressInfo;
    const security = kafkaSecurity({ KAFKA_SSL_CA: join(folder, `${root}.pem`) });
    const transport = kafkaTransport({
      brokers: [`127.0.0.1:${port}`],
      clientId: 'tls',
      ...security,
      log: () => undefined,
    });
    await transport.ensureTopics(['rollcall.none']).catch(() => undefined);
    await transport.close();
    broker.off('secureConnection', hearing);
    return came;
  }

  it('is talked to when its certificate is the one to trust', async () => {
    expect(await reaches('broker')).toBe(true);
  });

  it('is told nothing when it shows another certificate', async () => {
    expect(await reaches('stranger')).toBe(false);
  });
});
