import type { KafkaOptions } from '#bus/kafka';
import { Database } from '#eventsourcing';
import type { ServiceDefinition } from '#nest';
import { kafkaSecurity, required } from '#nest/distributed';
import { consent } from '../../apps/consent/consent.service.js';
import { gateway } from '../../apps/gateway/gateway.service.js';
import { membership } from '../../apps/membership/membership.service.js';
import { retention } from '../../apps/retention/retention.service.js';
import { replay } from './replay.js';

/**
 * `npm run replay -- <service>…`: the way on after `OffsetOutOfRange`. With every process of the named services stopped, lets their
 * processors begin anew and their events be published again from Postgres; then start them. Takes ROLLCALL_DATABASE_URL (the
 * application's role), KAFKA_BROKERS and the other settings of Kafka as the services do.
 */
const definitions = new Map<string, ServiceDefinition>(
  [gateway, membership, consent, retention].map((definition) => [definition.name, definition]),
);
const names = process.argv.slice(2);
if (names.length === 0 || names.some((name) => !definitions.has(name))) {
  process.stderr.write(`Name the services to replay: ${[...definitions.keys()].join(', ')}\n`);
  process.exit(2);
}
const url = required(process.env, 'ROLLCALL_DATABASE_URL', 'the connection of the application’s role');
const brokers = required(process.env, 'KAFKA_BROKERS', 'host:port of the Kafka brokers, comma-separated').split(',');
const replication = Number(process.env['KAFKA_REPLICATION'] ?? 1);
const kafka: KafkaOptions = { brokers, clientId: 'rollcall-replay', replication, ...kafkaSecurity(process.env) };
for (const name of names) {
  const database = await Database.open({ url, schema: name });
  try {
    await replay({ database, kafka, processors: definitions.get(name)!.processors });
    process.stdout.write(`${name} begins anew at its next start\n`);
  } catch (error) {
    process.stderr.write(`${name} was not replayed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await database.close();
  }
}
