import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, migrate, type DatabaseOptions, type Migration } from '#eventsourcing';
import { startEmbeddedPostgres } from '#eventsourcing/embedded';
import { loadPeers, type Connection, type Peers } from './peers.js';

/** A database of a service, migrated, with its owner's connection beside the product's own. */
export interface ServiceGround {
  readonly database: Database;
  readonly owner: Connection;
  readonly close: () => Promise<void>;
}

/** One durable Postgres for all sides: fsync and synchronous_commit are on. */
export interface Ground {
  readonly folder: string;
  readonly peers: Peers;
  readonly version: string;
  readonly databaseUrl: (name: string) => Promise<{ ownerUrl: string; urlFor: (user: string) => string }>;
  /** Opens a fresh database as the product does. */
  readonly service: (
    name: string,
    migrations?: readonly Migration[],
    entities?: DatabaseOptions['entities'],
  ) => Promise<ServiceGround>;
  readonly ownerOf: (name: string) => { ownerUrl: string };
  readonly connect: (url: string, options?: string) => Promise<Connection>;
  readonly close: () => Promise<void>;
}

export async function openGround(): Promise<Ground> {
  const peers = await loadPeers();
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres(folder);
  const at = (url: string, name: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const connect = async (connectionString: string, options?: string) => {
    const client = new peers.Client({ connectionString, ...(options ? { options } : {}) });
    await client.connect();
    return client;
  };
  const admin = await connect(postgres.ownerUrl);
  const databaseUrl = async (name: string) => {
    await admin.query(`create database ${name}`);
    // A role of its own for each database: they belong to the whole server.
    return { ownerUrl: at(postgres.ownerUrl, name), urlFor: (user: string) => at(postgres.urlFor(user), name) };
  };
  await mustBeDurable(admin);
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  return {
    folder,
    peers,
    version: rows[0]!.server_version,
    databaseUrl,
    connect,
    ownerOf: (name) => ({ ownerUrl: at(postgres.ownerUrl, name) }),
    service: async (name, migrations = [], entities = []) => {
      const { ownerUrl, urlFor } = await databaseUrl(name);
      const url = urlFor('rollcall_bench');
      await migrate({ ownerUrl, url, schema: 'membership', migrations });
      const database = await Database.open({ url, schema: 'membership', entities });
      const owner = await connect(ownerUrl, '-c search_path=membership');
      return { database, owner, close: () => Promise.all([database.close(), owner.end()]).then(() => undefined) };
    },
    close: async () => {
      await admin.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function mustBeDurable(admin: Connection): Promise<void> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit')",
  );
  if (rows.length !== 2 || rows.some(({ setting }) => setting !== 'on'))
    throw new Error('The figures count only with fsync and synchronous_commit on');
}
