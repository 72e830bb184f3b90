import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Pool } from 'pg';
import type { Transaction } from '#eventsourcing';
import { freshDatabase, type FreshDatabase } from '../testing/postgres.js';
import { KekRefused, openVault, SubjectErased, Unreadable, Vault, vaultMigration } from './index.js';

const SCHEMA = 'people';
const kek = randomBytes(32);
const vault = new Vault(kek, SCHEMA);
const [here, elsewhere] = [randomUUID(), randomUUID()];
const value = (text: string) => ({ state: 'value', value: text });

let database: FreshDatabase;
let app: Pool;
let owner: Client;

beforeAll(async () => {
  database = await freshDatabase();
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const role = `${database.name}_app`;
  const fill = (sql: string) => sql.replaceAll(':app', role).replaceAll(':relay', `${role}_relay`);
  await owner.query(
    fill(`create role :app login noinherit password 'secret'; create role :relay; grant :relay to :app with inherit false, set true;
      create schema people; grant usage on schema people to :app, :relay; set search_path = people`),
  );
  for (const sql of vaultMigration(SCHEMA).sql) await owner.query(fill(sql));
  app = new Pool({ connectionString: database.urlFor(role, 'secret') });
});

afterAll(async () => {
  await app.end();
  await owner.end();
  await database.drop();
});

/** One transaction of the application's role, or of the relay's over all organisations, as the store's own are. */
const transact = async <T>(tenantId: string | null, work: (tx: Transaction) => Promise<T>): Promise<T> => {
  const client = await app.connect();
  const query = async <Row>(sql: string, values: readonly unknown[] = []) =>
    (await client.query(sql, [...values])).rows as Row[];
  const actFor = async (id: string) => void (await query("select set_config('app.tenant', $1, true)", [id]));
  const tx: Transaction = {
    tenantId,
    now: '2026-03-01T09:00:00.000Z',
    query,
    actFor,
  } as Partial<Transaction> as Transaction;
  try {
    await query('begin');
    await (tenantId === null ? query(`set local role ${database.name}_app_relay`) : actFor(tenantId));
    const result = await work(tx);
    await query('commit');
    return result;
  } catch (error) {
    await query('rollback');
    throw error;
  } finally {
    client.release();
  }
};
const inside = <T>(work: (tx: Transaction) => Promise<T>, tenantId = here) => transact(tenantId, work);
const asRelay = <T>(work: (tx: Transaction) => Promise<T>) => transact(null, work);
const read = (id: string, field = 'name') => inside(async (tx) => (await vault.read(tx, id, [field]))[field]);
const recorded = async (fields: Record<string, string>) => {
  const id = randomUUID();
  await inside((tx) => vault.write(tx, id, fields));
  return id;
};
const nothingWritten = async (id: string) =>
  (await owner.query('select from people.personal_data where subject_id = $1', [id])).rowCount === 0;

describe('vault', () => {
  it('[AMZ-112] gives back what was recorded, the latest value of each field, and says what never was', async () => {
    const id = await recorded({ name: 'Ada Lovelace', phone: '+441632960001' });
    await inside((tx) => vault.write(tx, id.toUpperCase(), { name: 'Ada King' }));
    expect(await inside((tx) => vault.read(tx, id, ['name', 'phone', 'email']))).toEqual({
      name: value('Ada King'),
      phone: value('+441632960001'),
      email: { state: 'absent' },
    });
  });

  it('records and reads hundreds of people in a handful of statements', async () => {
    const people = new Map(
      Array.from({ length: 400 }, (_, n) => [randomUUID(), { name: `Person ${n}`, phone: `${n}` }]),
    );
    const { answer, statements } = await inside(async (tx) => {
      let count = 0;
      const counting: Transaction = { ...tx, query: (sql, values) => (count++, tx.query(sql, values)) };
      await vault.writeMany(counting, people);
      return { answer: await vault.readMany(counting, [...people.keys()], ['name', 'phone']), statements: count };
    });
    expect(statements).toBeLessThanOrEqual(10);
    for (const [id, { name, phone }] of people)
      expect(answer.get(id)).toEqual({ name: value(name), phone: value(phone) });
  });

  it('[CN-15] shows an organisation nothing of another, neither people nor fingerprints nor parked messages', async () => {
    const id = await recorded({ name: 'Ada' });
    const parked = await inside((tx) => vault.seal(tx, Buffer.from('a parked message')));
    const fingerprint = await inside((tx) => vault.commitment(tx, 'phone', '+441632960001'));
    await inside(async (tx) => {
      expect(await vault.read(tx, id, ['name'])).toEqual({ name: { state: 'absent' } });
      expect(await tx.query('select from people.personal_data')).toHaveLength(0);
      expect(await tx.query('select from people_keys.subject_keys')).toHaveLength(0);
      expect(await vault.commitment(tx, 'phone', '+441632960001')).not.toBe(fingerprint);
      await expect(vault.open(tx, parked)).rejects.toBeInstanceOf(Unreadable);
      await expect(vault.erase(tx, id)).resolves.toBeUndefined();
    }, elsewhere);
    expect(await read(id)).toEqual(value('Ada'));
    expect(await inside((tx) => vault.open(tx, parked))).toEqual(Buffer.from('a parked message'));
    expect(await inside((tx) => vault.commitment(tx, 'phone', '+441632960001'))).toBe(fingerprint);
    expect(await inside((tx) => vault.commitment(tx, 'email', '+441632960001'))).not.toBe(fingerprint);
  });

  it('follows a relay transaction from one organisation to the next', async () => {
    const id = await recorded({ name: 'Ada' });
    await asRelay(async (tx) => {
      await expect(vault.read(tx, id, ['name'])).rejects.toThrow('bind the transaction');
      await tx.actFor(here);
      expect(await vault.read(tx, id, ['name'])).toEqual({ name: value('Ada') });
      await tx.actFor(elsewhere);
      expect(await vault.read(tx, id, ['name'])).toEqual({ name: { state: 'absent' } });
    });
  });
});

describe('erasure', () => {
  it('[AMZ-113] erased data reads as erased, for good, even when its rows come back from a backup', async () => {
    const id = await recorded({ name: 'Ada' });
    await owner.query('create temporary table backup as select * from people.personal_data where subject_id = $1', [
      id,
    ]);
    await inside((tx) => vault.erase(tx, id));
    expect(await nothingWritten(id)).toBe(true);
    expect(await read(id)).toEqual({ state: 'erased' });

    await owner.query('insert into people.personal_data select * from backup');
    expect(await read(id)).toEqual({ state: 'erased' });
    await inside((tx) => vault.permitNewKey(tx, id));
    expect(await read(id)).toEqual({ state: 'erased' });
  });

  it('[AMZ-113] refuses to record an erased person, also one it had never seen, and writes nothing of the same batch', async () => {
    const [unseen, neighbour] = [randomUUID(), randomUUID()];
    await inside((tx) => vault.erase(tx, unseen));
    const batch = new Map([neighbour, unseen].map((id) => [id, { name: 'Ada' }]));
    await inside(async (tx) => {
      await expect(vault.writeMany(tx, batch)).rejects.toBeInstanceOf(SubjectErased);
    });
    expect(await nothingWritten(neighbour)).toBe(true);
    expect(await read(unseen)).toEqual({ state: 'erased' });
  });

  it('[AMZ-113] opens a new key for an erased person only by an explicit permission, and what was erased stays so', async () => {
    const id = await recorded({ name: 'Ada', phone: '1' });
    await inside((tx) => vault.permitNewKey(tx, id)); // not erased: nothing to permit
    expect(await read(id)).toEqual(value('Ada'));
    await inside((tx) => vault.erase(tx, id));
    await inside((tx) => vault.permitNewKey(tx, id));
    await inside((tx) => vault.write(tx, id, { name: 'Ada again' }));
    expect(await read(id)).toEqual(value('Ada again'));
    expect(await read(id, 'phone')).toEqual({ state: 'absent' });
    await inside((tx) => vault.erase(tx, id));
    expect(await read(id)).toEqual({ state: 'erased' });
  });

  it.each(['first', 'further'])(
    '[AMZ-113] leaves no value behind when a %s recording and an erasure meet',
    async (which) => {
      const id = which === 'first' ? randomUUID() : await recorded({ phone: '1' });
      const erasure = await inside(async (tx) => {
        await vault.write(tx, id, { name: 'Ada' });
        const done = inside((other) => vault.erase(other, id));
        await tx.query('select pg_sleep(0.05)');
        return { done };
      });
      await erasure.done;
      expect(await nothingWritten(id)).toBe(true);
      expect(await read(id)).toEqual({ state: 'erased' });
    },
  );

  it.each([
    [
      "update people_keys.subject_keys set state = 'live', wrapped = 'x', destroyed_at = null",
      'a destroyed key stays destroyed',
    ],
    [
      `insert into people_keys.subject_keys (tenant_id, subject_id, key_version, wrapped, state, created_at)
       select tenant_id, subject_id, 9, 'x', 'live', created_at from people_keys.subject_keys where state = 'destroyed' limit 1`,
      'violates check constraint',
    ],
    ['update people_keys.subject_keys set key_version = 2', 'permission denied'],
    ['delete from people_keys.subject_keys', 'permission denied'],
    ['truncate people_keys.subject_keys', 'permission denied'],
    ['delete from people_keys.kek_check', 'permission denied'],
    ['alter table people_keys.subject_keys disable trigger all', 'must be owner'],
  ])('[AMZ-113] the database itself refuses: %s', async (sql, reason) => {
    const id = await recorded({ name: 'Ada' });
    await inside((tx) => vault.erase(tx, id));
    await expect(inside((tx) => tx.query(sql))).rejects.toThrow(reason);
    await expect(asRelay((tx) => tx.actFor(here).then(() => tx.query(sql)))).rejects.toThrow(reason);
  });
});

describe('encryption', () => {
  it.each([
    ['another person', `set subject_id = $2 where subject_id = $1 and field = 'name'`],
    ['another field', `set field = 'email' where subject_id = $1 and field = 'name' and $2::uuid is not null`],
    [
      'a damaged byte',
      `set ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1) where subject_id in ($1, $2)`,
    ],
  ])('[CN-15] bytes moved or damaged are unreadable, which is neither a value nor erased: %s', async (_, change) => {
    const [from, to] = [await recorded({ name: 'Ada' }), await recorded({ phone: '1' })];
    await owner.query(`update people.personal_data ${change}`, [from, to]);
    const states = await inside((tx) => vault.readMany(tx, [from, to], ['name', 'email']));
    const seen = [...states.values()].flatMap(({ name, email }) => [name.state, email.state]);
    expect(seen.filter((state) => state !== 'absent')).toEqual(['unreadable']);
  });

  it('[CN-15] a lost key is a fault, not an erasure, and nothing is recorded under a new one by itself', async () => {
    const [lost, damaged] = [await recorded({ name: 'Ada' }), await recorded({ name: 'Bea' })];
    await owner.query('delete from people_keys.subject_keys where subject_id = $1', [lost]);
    await owner.query(`update people_keys.subject_keys set wrapped = 'x' where subject_id = $1`, [damaged]);
    expect(await read(lost)).toEqual({ state: 'unreadable' });
    expect(await read(damaged)).toEqual({ state: 'unreadable' });
    await inside((tx) => expect(vault.write(tx, damaged, { name: 'Cleo' })).rejects.toBeInstanceOf(Unreadable));
  });

  it('[CN-15] uses no nonce twice under one key, however often values are written', async () => {
    const ids = [randomUUID(), randomUUID()];
    const nonces = new Set<string>();
    for (let round = 0; round < 150; round++) {
      await inside((tx) => vault.writeMany(tx, new Map(ids.map((id) => [id, { name: 'same', phone: 'same' }]))));
      const { rows } = await owner.query<{ nonce: Buffer }>(
        'select nonce from people.personal_data where subject_id = any($1)',
        [ids],
      );
      for (const { nonce } of rows) nonces.add(nonce.toString('hex'));
    }
    expect(nonces.size).toBe(150 * 4);
  });

  it('[CN-15] plain values stand nowhere in the files of the database, nor in its write-ahead log', async () => {
    const [secret, control] = [randomUUID(), randomUUID()];
    await recorded({ name: secret });
    await inside(async (tx) => {
      await vault.seal(tx, Buffer.from(secret));
      await tx.query('insert into people.personal_data select $1, $2, $3, $4, $5, 1', [
        here,
        randomUUID(),
        await vault.commitment(tx, 'name', secret),
        Buffer.from(control),
        randomBytes(12),
      ]);
    });
    await owner.query('checkpoint');
    expect(await filesHolding(control)).not.toHaveLength(0); // the search does find what is there
    expect(await filesHolding(secret)).toHaveLength(0);
  });
});

describe('key-encryption key', () => {
  it('[CN-15] refuses to start with another key than the one of the first start, and makes none of its own', async () => {
    await asRelay((tx) => vault.verifyKek(tx));
    await asRelay((tx) => vault.verifyKek(tx));
    const wrong = new Vault(randomBytes(32), SCHEMA);
    await asRelay((tx) => expect(wrong.verifyKek(tx)).rejects.toBeInstanceOf(KekRefused));
    const id = await recorded({ name: 'Ada' });
    await inside((tx) => expect(wrong.read(tx, id, ['name'])).rejects.toBeInstanceOf(KekRefused));
    await inside((tx) => expect(wrong.write(tx, id, { name: 'Bea' })).rejects.toBeInstanceOf(KekRefused));
    const open = (text: string) => asRelay((tx) => openVault(tx, SCHEMA, { env: { ROLLCALL_KEK: text } }));
    await expect(open(randomBytes(32).toString('base64'))).rejects.toBeInstanceOf(KekRefused);
    const right = await open(kek.toString('base64'));
    expect(await inside((tx) => right.read(tx, id, ['name']))).toEqual({ name: value('Ada') });
  });
});

/** Files of this database and of the write-ahead log that contain the text. */
async function filesHolding(text: string): Promise<string[]> {
  const { rows } = await owner.query<{ root: string; base: string }>(
    `select current_setting('data_directory') as root, 'base/' || oid as base from pg_database where datname = current_database()`,
  );
  const { root, base } = rows[0]!;
  const folders = [base, 'pg_wal'].map((folder) => join(root, folder));
  const files = (await Promise.all(folders.map((folder) => readdir(folder, { withFileTypes: true })))).flat();
  const found: string[] = [];
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    if ((await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}
