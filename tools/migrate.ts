import { migrate } from '#eventsourcing';
import { vaultMigration } from '#vault';
import { required } from '#nest/distributed';
import type { ServiceDefinition } from '#nest';
import { consent } from '../apps/consent/consent.service.js';
import { gateway } from '../apps/gateway/gateway.service.js';
import { membership } from '../apps/membership/membership.service.js';
import { retention } from '../apps/retention/retention.service.js';

/**
 * `npm run migrate -- <service>…`: brings the schemas of the named services up to date as the owner, for installations where
 * the services themselves may not. Takes ROLLCALL_DATABASE_URL (the application's role) and ROLLCALL_DATABASE_OWNER_URL.
 */
const definitions = new Map<string, ServiceDefinition>(
  [gateway, membership, consent, retention].map((definition) => [definition.name, definition]),
);
const names = process.argv.slice(2);
const strangers = names.filter((name) => !definitions.has(name));
if (names.length === 0 || strangers.length > 0) {
  process.stderr.write(`Name the services to migrate: ${[...definitions.keys()].join(', ')}\n`);
  process.exit(2);
}
const ownerUrl = required(process.env, 'ROLLCALL_DATABASE_OWNER_URL', 'a connection that may create schemas and roles');
const url = required(process.env, 'ROLLCALL_DATABASE_URL', 'the connection of the application’s role');
for (const name of names) {
  const { migrations } = definitions.get(name)!;
  await migrate({ ownerUrl, url, schema: name, migrations: [vaultMigration(name), ...migrations] });
  process.stdout.write(`${name} is up to date\n`);
}
