import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Database, migrate, type DatabaseOptions, type MigrateOptions } from '#eventsourcing';
import { freshDatabase, testPostgres } from './postgres.js';

/** A migrated database of one service, empty, and the service's door to it. */
export interface ServiceDatabase {
  /** Open, as the service opens it. */
  readonly database: Database;
  /** URL of the application's role. */
  readonly url: string;
  /** Opens the same database once more, as another replica does. Closed with the first. */
  readonly another: () => Promise<Database>;
  /** Runs one statement as superuser, past privileges and row-level security: to look, to move the clock, to do harm. */
  readonly asOwner: <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  /** Ends every connection and removes the database. */
  readonly close: () => Promise<void>;
}

export interface ServiceDatabaseOptions extends Partial<Pick<MigrateOptions, 'migrations'>> {
  readonly entities?: DatabaseOptions['entities'];
  readonly connections?: number;
}

type Template = { readonly name: string; readonly user: string };
const templates = new Map<string, Promise<Template>>();
const PASSWORD = 'test';

/**
 * A fresh database with this service's schema. The first one for a schema and its migrations is migrated (about 0.3 s) and kept
 * as a template; every further one is a copy of it.
 */
export async function openServiceDatabase(
  schema: string,
  { migrations = [], entities = [], connections = 10 }: ServiceDatabaseOptions = {},
): Promise<ServiceDatabase> {
  const kind = JSON.stringify([schema, migrations]);
  const template = await (templates.get(kind) ?? migrateTemplate(kind, schema, migrations));
  const { ownerUrl } = await testPostgres();
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await once(ownerUrl, `create database ${name} template ${template.name}`);
  const own = at(ownerUrl, name);
  const url = at(ownerUrl, name, template.user);
  const owner = new Client({ connectionString: own, options: `-c search_path=${schema}` });
  await owner.connect();
  const opened: Database[] = [];
  const another = async () => {
    const database = await Database.open({ url, schema, entities, connections });
    opened.push(database);
    return database;
  };
  return {
    database: await another(),
    url,
    another,
    asOwner: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await owner.query(sql, [...parameters])).rows as Row[],
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await owner.end();
      await once(ownerUrl, `drop database ${name} with (force)`);
    },
  };
}

function migrateTemplate(kind: string, schema: string, migrations: MigrateOptions['migrations']): Promise<Template> {
  const made = freshDatabase().then(async ({ name, ownerUrl, urlFor }) => {
    // Copies share the template's roles: privileges are copied with the tables they are on.
    await migrate({ ownerUrl, url: urlFor(name, PASSWORD), schema, migrations });
    return { name, user: name };
  });
  templates.set(kind, made);
  return made;
}

function at(ownerUrl: string, database: string, user?: string): string {
  const url = new URL(ownerUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) [url.username, url.password] = [user, PASSWORD];
  return url.href;
}

async function once(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
