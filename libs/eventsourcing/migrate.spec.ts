import { afterEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '../testing/postgres.js';
import { tallyMigration } from '../testing/tally.js';
import { Database } from './database.js';
import { migrate } from './migrate.js';

describe('migrations', () => {
  const databases: FreshDatabase[] = [];
  const fresh = async () => {
    const database = await freshDatabase();
    databases.push(database);
    return database;
  };
  afterEach(() => Promise.all(databases.splice(0).map((database) => database.drop())));

  const bringUp = ({ ownerUrl, urlFor }: FreshDatabase, user: string, schema = 'membership') =>
    migrate({ ownerUrl, url: urlFor(user, "it's"), schema, migrations: [tallyMigration] });

  it('run once, from however many processes at once, for however many schemas', async () => {
    const database = await fresh();
    const schemas = ['membership', 'consent', 'membership', 'consent', 'membership'];
    await Promise.all(schemas.map((schema) => bringUp(database, database.name, schema)));
    for (const schema of new Set(schemas)) {
      const opened = await Database.open({ url: database.urlFor(database.name, "it's"), schema });
      expect(await opened.inTenant('', (tx) => tx.query('select from last_counts'))).toEqual([]);
      expect(await opened.asRelay((tx) => tx.query('select epoch from sequencer'))).toEqual([{ epoch: '0' }]);
      await opened.close();
    }
  });

  it('[R55] refuse a schema whose steps were others under the same names, and take one that only lacks new ones', async () => {
    const database = await fresh();
    const bring = (...migrations: { name: string; sql: string[] }[]) =>
      migrate({
        ownerUrl: database.ownerUrl,
        url: database.urlFor(database.name, "it's"),
        schema: 'membership',
        migrations,
      });
    const first = { name: 'First1700000000001', sql: ['create table first (id int)'] };
    const second = { name: 'Second1700000000002', sql: ['create table second (id int)'] };
    await bring(first);
    await bring(first, second);
    const other = { ...first, sql: ['create table first (id int, more int)'] };
    await expect(bring(other, second)).rejects.toThrow('with other statements in First1700000000001');
    await bring(first, second);
  });

  it('create the same roles from two databases of one server at once', async () => {
    const [one, two] = [await fresh(), await fresh()];
    await Promise.all([bringUp(one, one.name), bringUp(two, one.name)]);
  });

  it('wait for another process for as long as it migrates', async () => {
    const database = await fresh();
    const other = new Client({ connectionString: database.ownerUrl });
    await other.connect();
    await other.query("select pg_advisory_lock(hashtext('rollcall.migrate'))");
    const waiting = bringUp(database, database.name);
    // Longer than a statement of a migration may wait for a table.
    await other.query('select pg_sleep(2.5)');
    await other.end();
    await waiting;
  });
});
