import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase } from '../libs/testing/postgres.js';

const migrate = (names: string[], env: Record<string, string>) =>
  spawnSync(process.execPath, ['dist/tools/migrate.js', ...names], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ROLLCALL_DATABASE_URL: '', ROLLCALL_DATABASE_OWNER_URL: '', ...env },
  });

it('brings the named services’ schemas up to date, twice as well as once, and says what it needs', async () => {
  const database = await freshDatabase();
  const env = {
    ROLLCALL_DATABASE_URL: database.urlFor(`both_${database.name}`, 'test'),
    ROLLCALL_DATABASE_OWNER_URL: database.ownerUrl,
  };
  for (const _ of [1, 2]) {
    const { status, stdout } = migrate(['consent', 'retention'], env);
    expect([status, stdout]).toEqual([0, 'consent is up to date\nretention is up to date\n']);
  }
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select table_schema as name from information_schema.tables where table_name = 'events' order by 1",
  );
  expect(rows.map(({ name }) => name)).toEqual(['consent', 'retention']);
  await client.end();
  await database.drop();

  expect(migrate(['knitting'], env)).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('membership') as unknown,
  });
  expect(migrate(['consent'], {}).stderr).toContain('ROLLCALL_DATABASE_OWNER_URL');
});
