import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { makeCertificate } from '../testing/certificates.js';
import { Database } from './database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded.js';
import { migrate } from './migrate.js';

let folder: string;
let postgres: EmbeddedPostgres;

/** A connection URL that wants TLS and trusts this root alone. */
const trusting = (url: string, root: string) => `${url}?sslmode=verify-full&sslrootcert=${join(folder, `${root}.pem`)}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-pg-tls-'));
  await chmod(folder, 0o755); // Postgres runs as another user where we are root
  postgres = await startEmbeddedPostgres(join(folder, 'data'), { durable: false });
  const { cert, key } = makeCertificate(folder, 'server');
  makeCertificate(folder, 'stranger');
  const { uid, gid } = await stat(join(folder, 'data/postgres'));
  for (const file of [cert, key]) await chown(file, uid, gid);
  await chmod(key, 0o600);
  const owner = new Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  for (const [name, value] of Object.entries({ ssl: 'on', ssl_cert_file: cert, ssl_key_file: key }))
    await owner.query(`alter system set ${name} = '${value}'`);
  await owner.query('select pg_reload_conf()');
  await owner.end();
});
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a Postgres behind a certificate', () => {
  it('is migrated and used over TLS when its certificate is the one to trust', async () => {
    const url = trusting(postgres.urlFor('rollcall_tls'), 'server');
    await migrate({ ownerUrl: trusting(postgres.ownerUrl, 'server'), url, schema: 'membership', migrations: [] });
    const database = await Database.open({ url, schema: 'membership' });
    const isEncrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    expect(await database.inTenant(randomUUID(), (tx) => tx.query(isEncrypted))).toEqual([{ ssl: true }]);
    await database.close();
  });

  it('is told nothing when it shows another certificate, neither by the service nor by the migration', async () => {
    const url = trusting(postgres.urlFor('rollcall_tls'), 'stranger');
    await expect(Database.open({ url, schema: 'membership' })).rejects.toThrow(/certificate/);
    const ownerUrl = trusting(postgres.ownerUrl, 'stranger');
    await expect(migrate({ ownerUrl, url, schema: 'membership', migrations: [] })).rejects.toThrow(/certificate/);
  });
});
