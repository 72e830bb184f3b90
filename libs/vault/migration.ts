import { readFileSync } from 'node:fs';
import type { Migration } from '#eventsourcing';

/** Schema of the keys that open a service's vault. */
export const keysSchema = (schema: string) => `${schema}_keys`;

/** The vault's tables and privileges for a service whose own schema is `schema`; keys go to `<schema>_keys`. */
export function vaultMigration(schema: string): Migration {
  const files = ['keys-schema', 'kek-check', 'tenant-keys', 'subject-keys', 'personal-data'];
  const read = (name: string) => readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
  return {
    name: 'Vault1700000000001',
    sql: files.map((name) => read(name).replaceAll(':keys', `"${keysSchema(schema)}"`)),
  };
}
