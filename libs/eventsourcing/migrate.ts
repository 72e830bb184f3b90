import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

/** One forward-only step of a service's schema. Names end in a timestamp; TypeORM runs them in its order, once. */
export interface Migration {
  /** `PeopleAndGroups1700000000000` */
  readonly name: string;
  /** SQL statements; `:app` and `:relay` stand for the two roles. */
  readonly sql: readonly string[];
}

export interface MigrateOptions {
  /** A role that may create schemas and roles; used here only, never at run time. */
  readonly ownerUrl: string;
  /** The application's own connection; its role is created if it is missing. */
  readonly url: string;
  readonly schema: string;
  readonly migrations: readonly Migration[];
}

const file = (name: string) => readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');

const LEDGER: Migration = {
  name: 'Ledger1700000000000',
  sql: ['clock', 'open', 'events', 'pending', 'sequence', 'append', 'read', 'deadlines', 'delivery'].map(file),
};

/**
 * SQL for a read model or any other table of one organisation's rows: the table, its forced row-level security
 * and the privileges of both roles. `columns` is the column list without `tenant_id`; the key must not name it either.
 */
export function tenantTable(name: string, columns: string, key: string, ...indexes: string[]): string {
  const mine = `(tenant_id = nullif(current_setting('app.tenant', true), '')::uuid)`;
  return [
    `create table ${name} (tenant_id uuid not null, ${columns}, primary key (tenant_id, ${key}))`,
    ...indexes.map((index) => `create index on ${name} (tenant_id, ${index})`),
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
    `create policy tenant on ${name} to :app, :relay using ${mine} with check ${mine}`,
    `grant select, insert, update, delete on ${name} to :app, :relay`,
  ].join(';\n');
}

/**
 * Brings a service's schema up to date as the owner, creating the application's roles first. Safe to run from several processes at once.
 * Throws when the schema was laid out by steps of the same names with other statements: by a build between two releases.
 */
export async function migrate({ ownerUrl, url, schema, migrations }: MigrateOptions): Promise<void> {
  const { username, password } = new URL(url);
  const app = decodeURIComponent(username);
  const relay = `${app}_relay`;
  const steps = [LEDGER, ...migrations];
  const classes = steps.map(({ name, sql }) => migrationClass(name, sql, { app, relay }));
  const owner = await new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema,
    migrations: classes,
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    extra: { max: 1, options: `-c search_path=${schema}` },
  }).initialize();
  try {
    // Another process may be migrating for longer than a statement of ours may wait for a table.
    await owner.query('set lock_timeout = 0');
    await owner.query('select pg_advisory_lock(hashtext($1))', [`rollcall.migrate`]);
    await owner.query('set lock_timeout = 2000');
    for (const statement of roles(app, relay, decodeURIComponent(password), schema)) await owner.query(statement);
    await refuseOtherSteps(owner, schema, steps);
    await owner.runMigrations();
    await owner.query(`comment on schema "${schema}" is '${JSON.stringify(fingerprints(steps))}'`);
  } finally {
    await owner.destroy(); // the session lock goes with it
  }
}

/** What each step consists of, by its name; kept as the schema's comment, which a dump carries along. */
const fingerprints = (steps: readonly Migration[]): Record<string, string> =>
  Object.fromEntries(
    steps.map(({ name, sql }) => [name, createHash('sha256').update(sql.join(';')).digest('hex').slice(0, 16)]),
  );

async function refuseOtherSteps(owner: DataSource, schema: string, steps: readonly Migration[]): Promise<void> {
  const [{ comment, executed }] = await owner.query<[{ comment: string | null; executed: boolean }]>(
    `select obj_description(to_regnamespace($1), 'pg_namespace') as comment, to_regclass($1 || '.migrations') is not null as executed`,
    [schema],
  );
  if (!executed) return;
  const then = JSON.parse(comment ?? '{}') as Record<string, string>;
  const now = fingerprints(steps);
  const done = await owner.query<{ name: string }[]>('select name from migrations');
  const changed = done.filter(({ name }) => name in now && then[name] !== now[name]);
  if (changed.length === 0) return;
  throw new Error(
    `The schema ${schema} was laid out by another build, with other statements in ${changed.map(({ name }) => name).join(', ')}. ` +
      'Go on with the build that made it, or start with an empty database or data folder; nothing was changed.',
  );
}

function roles(app: string, relay: string, password: string, schema: string): string[] {
  const quoted = `'${password.replaceAll("'", "''")}'`;
  // Roles belong to the whole server: another database's migration may create the same one at this moment.
  const missing = (role: string, options: string) =>
    `do $$ begin if not exists (select 1 from pg_roles where rolname = '${role}') then create role "${role}" ${options}; end if;
     exception when duplicate_object or unique_violation then null; end $$`;
  return [
    missing(app, `login noinherit nosuperuser nobypassrls password ${quoted}`),
    missing(relay, 'nologin nosuperuser nobypassrls'),
    // The application takes the relay's role only on the connections of its machinery, by asking for it.
    `grant "${relay}" to "${app}" with inherit false, set true`,
    `create schema if not exists "${schema}"`,
    `grant usage on schema "${schema}" to "${app}", "${relay}"`,
  ];
}

function migrationClass(name: string, sql: readonly string[], { app, relay }: { app: string; relay: string }) {
  const statements = sql.map((text) => text.replaceAll(':app', `"${app}"`).replaceAll(':relay', `"${relay}"`));
  return class implements MigrationInterface {
    readonly name = name;
    async up(runner: QueryRunner): Promise<void> {
      for (const statement of statements) await runner.query(statement);
    }
    down(): Promise<void> {
      return Promise.reject(new Error('Migrations only go forward; restore a backup to go back'));
    }
  };
}
