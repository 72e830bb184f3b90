import { readFileSync } from 'node:fs';
import type { KafkaOptions } from '#bus/kafka';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/**
 * How a process proves who it is to Kafka and who it takes for Kafka: `KAFKA_SSL_CA` (a PEM file, or `system`) turns TLS on;
 * `KAFKA_SASL_MECHANISM` with `KAFKA_SASL_USERNAME` and `KAFKA_SASL_PASSWORD` logs in. Empty counts as not set. Throws a sentence
 * that says what to set, and never the value of a secret.
 */
export function kafkaSecurity(env: Readonly<Record<string, string | undefined>>): Pick<KafkaOptions, 'ssl' | 'sasl'> {
  const ca = env['KAFKA_SSL_CA'];
  const ssl = ca ? { ssl: ca === 'system' || { ca: readFileSync(ca, 'utf8') } } : {};
  const [wanted, username, password] = ['MECHANISM', 'USERNAME', 'PASSWORD'].map((name) => env[`KAFKA_SASL_${name}`]);
  if (!wanted && !username && !password) return ssl;
  const mechanism = MECHANISMS.find((name) => name === wanted?.toLowerCase());
  if (!mechanism) throw new Error(`Set KAFKA_SASL_MECHANISM to one of ${MECHANISMS.join(', ')}`);
  if (!username || !password) throw new Error('Set both KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD');
  if (mechanism === 'plain' && !ca) {
    throw new Error('Set KAFKA_SSL_CA as well: KAFKA_SASL_MECHANISM=plain would send the password in clear');
  }
  return { ...ssl, sasl: { mechanism, username, password } };
}
