import { createSecretKey } from 'node:crypto';
import type { Transaction } from '#eventsourcing';
import { decrypt, derive, encrypt, mac, newKey, seal, unseal } from './cipher.js';
import { keysSchema } from './migration.js';

/**
 * What reading a field of a person gives. `erased`: the key was destroyed, by right. `unreadable`: a fault (damaged or moved
 * bytes, a lost key), never to be taken for erasure. `absent`: never recorded.
 */
export type Personal =
  | { state: 'value'; value: string }
  | { state: 'erased' }
  | { state: 'unreadable' }
  | { state: 'absent' };

/** Something was to be recorded about a person whose data was erased. Only an explicit permission opens a new key (AMZ-113). */
export class SubjectErased extends Error {
  override readonly name = 'SubjectErased';
  constructor(readonly subjectId: string) {
    super('This person was erased; recording them again needs an explicit permission.');
  }
}

/** The key-encryption key is missing, malformed or not the one the data was encrypted under. The message tells an operator what to do. */
export class KekRefused extends Error {
  override readonly name = 'KekRefused';
}

/** A stored key or sealed bytes do not open under the keys at hand: a fault to be looked into. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

type TenantKeys = { tenantId: string; wrap: Buffer; index: Buffer; parked: Buffer };
type KeyRow = { subject_id: string; key_version: number; state: 'live' | 'destroyed'; wrapped: Buffer | null };
/** A person's newest key; `key` is undefined when it is destroyed or does not unwrap. */
type SubjectKey = { version: number; isDestroyed: boolean; key: Buffer | undefined };
type DataRow = { subject_id: string; field: string; ciphertext: Buffer; nonce: Buffer; key_version: number };
type Fields = Readonly<Record<string, string>>;

const KEK_CHECK = ['kek_check'];
const tenantContext = (tenantId: string) => ['tenant_key', tenantId];
const subjectContext = (tenantId: string, subjectId: string, version: number) => [
  'subject_key',
  tenantId,
  subjectId,
  version,
];
const fieldContext = (tenantId: string, subjectId: string, field: string, version: number) => [
  'personal_data',
  tenantId,
  subjectId,
  field,
  version,
];

/**
 * Personal data of one service: each person's values under a key of their own, those keys under the organisation's, that one
 * under the key-encryption key (CN-15, AMZ-112). Every method works in the caller's transaction, for the organisation it is
 * bound to. No key outlives the call, so an erasure holds everywhere at its commit (AMZ-113). Ids are UUIDs in any case.
 */
export class Vault {
  readonly #kek: Buffer;
  readonly #schema: string;
  readonly #keys: string;

  /** @param kek 32 bytes. @param schema the service's own schema, where `vaultMigration` put the tables. */
  constructor(kek: Buffer, schema: string) {
    this.#kek = kek;
    this.#schema = `"${schema}"`;
    this.#keys = `"${keysSchema(schema)}"`;
  }

  /** Whether anything in this schema was ever encrypted: from then on a key is looked for, never made. */
  static async isInUse(tx: Transaction, schema: string): Promise<boolean> {
    return (await tx.query(`select from "${keysSchema(schema)}".kek_check`)).length > 0;
  }

  /** Compares the key-encryption key with the one of the first start. @throws KekRefused when it is another. */
  async verifyKek(tx: Transaction): Promise<void> {
    const proof = seal(this.#kek, KEK_CHECK, newKey());
    await tx.query(`insert into ${this.#keys}.kek_check (sealed) values ($1) on conflict do nothing`, [proof]);
    const [check] = await tx.query<{ sealed: Buffer }>(`select sealed from ${this.#keys}.kek_check`);
    if (!unseal(this.#kek, KEK_CHECK, check!.sealed)) {
      throw new KekRefused(
        'The key-encryption key is not the one this database was encrypted under. Start with the right one.',
      );
    }
  }

  /** Records values of one person over what was there. @throws SubjectErased */
  write(tx: Transaction, subjectId: string, fields: Fields): Promise<void> {
    return this.writeMany(tx, new Map([[subjectId, fields]]));
  }

  /** `write` for many people, in as many statements as for one. @throws SubjectErased for the first such person; nothing is written then. */
  async writeMany(tx: Transaction, people: ReadonlyMap<string, Fields>): Promise<void> {
    const tenant = await this.#tenantKeys(tx);
    const wanted = [...people].map(([id, fields]) => ({ id: id.toLowerCase(), fields }));
    const keys = await this.#keysToWriteWith(
      tx,
      tenant,
      wanted.map(({ id }) => id),
    );
    const rows = wanted.flatMap(({ id, fields }) => {
      const { version, key } = openKey(id, keys.get(id));
      return Object.entries(fields).map(([field, value]) => {
        const context = fieldContext(tenant.tenantId, id, field, version);
        return { id, field, version, ...encrypt(key, context, Buffer.from(value)) };
      });
    });
    await tx.query(
      `insert into ${this.#schema}.personal_data (tenant_id, subject_id, field, ciphertext, nonce, key_version)
       select $1, * from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::int[]) as item (subject, field) order by subject, field
       on conflict (tenant_id, subject_id, field) do update
       set ciphertext = excluded.ciphertext, nonce = excluded.nonce, key_version = excluded.key_version`,
      [
        tenant.tenantId,
        rows.map(({ id }) => id),
        rows.map(({ field }) => field),
        rows.map(({ ciphertext }) => ciphertext),
        rows.map(({ nonce }) => nonce),
        rows.map(({ version }) => version),
      ],
    );
  }

  /** Each asked field of one person. */
  async read<Field extends string>(
    tx: Transaction,
    subjectId: string,
    fields: readonly Field[],
  ): Promise<Record<Field, Personal>> {
    return (await this.readMany(tx, [subjectId], fields)).get(subjectId)!;
  }

  /** Each asked field of each asked person, whether anything is known of them or not, in three statements. */
  async readMany<Field extends string>(
    tx: Transaction,
    subjectIds: readonly string[],
    fields: readonly Field[],
  ): Promise<Map<string, Record<Field, Personal>>> {
    const tenant = await this.#tenantKeys(tx);
    const ids = subjectIds.map((id) => id.toLowerCase());
    // Data before keys: whoever is erased in between then reads as erased.
    const rows = await tx.query<DataRow>(
      `select subject_id, field, ciphertext, nonce, key_version from ${this.#schema}.personal_data
       where tenant_id = $1 and subject_id = any($2::uuid[]) and field = any($3::text[])`,
      [tenant.tenantId, ids, fields],
    );
    const found = new Map(rows.map((row) => [`${row.subject_id} ${row.field}`, row]));
    const keys = await this.#newestKeys(tx, tenant, ids);
    const one = (id: string, field: Field) => judge(tenant.tenantId, keys.get(id), found.get(`${id} ${field}`));
    const all = (id: string) =>
      Object.fromEntries(fields.map((field) => [field, one(id, field)])) as Record<Field, Personal>;
    return new Map(subjectIds.map((id) => [id, all(id.toLowerCase())]));
  }

  /** Everything that is recorded of one person, by the field's name; empty where nothing is, or everything was erased. */
  async readAll(tx: Transaction, subjectId: string): Promise<Record<string, Personal>> {
    const rows = await tx.query<{ field: string }>(
      `select field from ${this.#schema}.personal_data where tenant_id = $1 and subject_id = $2 order by field`,
      [tx.tenantId, subjectId],
    );
    return this.read(
      tx,
      subjectId,
      rows.map(({ field }) => field),
    );
  }

  /**
   * Destroys a person's key and deletes their values, for good; a person never seen gets a tombstone too, so that news arriving
   * late is refused. Twice is harmless. Copies of the key remain in the database's log and backups until those expire:
   * what they open is unreadable from here, not anonymous (AMZ-113).
   */
  async erase(tx: Transaction, subjectId: string): Promise<void> {
    const { tenantId } = await this.#tenantKeys(tx);
    // First the tombstone: it waits for whoever is just giving this person a first key, and the update then finds that key.
    await tx.query(
      `insert into ${this.#keys}.subject_keys (tenant_id, subject_id, key_version, state, created_at, destroyed_at)
       values ($1, $2, 1, 'destroyed', $3, $3) on conflict (tenant_id, subject_id, key_version) do nothing`,
      [tenantId, subjectId, tx.now],
    );
    await tx.query(
      `update ${this.#keys}.subject_keys set state = 'destroyed', wrapped = null, destroyed_at = $3
       where tenant_id = $1 and subject_id = $2 and state = 'live'`,
      [tenantId, subjectId, tx.now],
    );
    await tx.query(`delete from ${this.#schema}.personal_data where tenant_id = $1 and subject_id = $2`, [
      tenantId,
      subjectId,
    ]);
  }

  /** Deletes single values that have served their purpose; the person's key and their other values stay. Backups may hold them still. */
  async forget(tx: Transaction, subjectId: string, fields: readonly string[]): Promise<void> {
    const { tenantId } = await this.#tenantKeys(tx);
    await tx.query(
      `delete from ${this.#schema}.personal_data where tenant_id = $1 and subject_id = $2 and field = any($3::text[])`,
      [tenantId, subjectId, fields],
    );
  }

  /** Gives an erased person a new key, because they come back of their own will; what was erased stays erased. The caller records why. */
  async permitNewKey(tx: Transaction, subjectId: string): Promise<void> {
    const tenant = await this.#tenantKeys(tx);
    const id = subjectId.toLowerCase();
    const newest = (await this.#newestKeys(tx, tenant, [id], 'for share')).get(id);
    if (newest?.isDestroyed) await this.#insertKeys(tx, tenant, [id], newest.version + 1);
  }

  /**
   * A keyed fingerprint (HMAC-SHA-256, base64url) of an outside id, for finding it again without storing it. The same for the
   * same organisation, kind and value; useless without the organisation's key. Normalise the value first.
   */
  async commitment(tx: Transaction, kind: string, value: string): Promise<string> {
    return (await this.commitments(tx, kind, [value]))[0]!;
  }

  /** `commitment` of many values, in their order, in one statement. */
  async commitments(tx: Transaction, kind: string, values: readonly string[]): Promise<string[]> {
    const { index } = await this.#tenantKeys(tx);
    const key = createSecretKey(index);
    return values.map((value) => mac(key, [kind, value]));
  }

  /** Encrypts bytes under the organisation's key, for messages that must be parked. An erasure does not reach them: delete them when handled. */
  async seal(tx: Transaction, bytes: Buffer): Promise<Buffer> {
    const { tenantId, parked } = await this.#tenantKeys(tx);
    return seal(parked, ['parked', tenantId], bytes);
  }

  /** Undoes `seal`. @throws Unreadable when the bytes are damaged or another organisation's. */
  async open(tx: Transaction, sealed: Buffer): Promise<Buffer> {
    const { tenantId, parked } = await this.#tenantKeys(tx);
    const bytes = unseal(parked, ['parked', tenantId], sealed);
    if (!bytes) throw new Unreadable('A parked message does not open under its organisation key.');
    return bytes;
  }

  /** The organisation's keys, each for one use; made at the first need. */
  async #tenantKeys(tx: Transaction): Promise<TenantKeys> {
    const held = async () =>
      (
        await tx.query<{ tenant_id: string | null; wrapped: Buffer | null }>(
          `select mine.tenant_id, wrapped from (select nullif(current_setting('app.tenant', true), '')::uuid as tenant_id) mine
           left join ${this.#keys}.tenant_keys using (tenant_id)`,
        )
      )[0]!;
    let { tenant_id: tenantId, wrapped } = await held();
    if (tenantId === null) throw new Error('The vault works for one organisation: bind the transaction to it first.');
    if (wrapped === null) {
      await tx.query(
        `insert into ${this.#keys}.tenant_keys (tenant_id, wrapped, created_at) values ($1, $2, $3) on conflict do nothing`,
        [tenantId, seal(this.#kek, tenantContext(tenantId), newKey()), tx.now],
      );
      ({ wrapped } = await held()); // ours, or that of whoever was first
    }
    const key = unseal(this.#kek, tenantContext(tenantId), wrapped!);
    if (!key) throw new KekRefused('An organisation key does not open under the key-encryption key at hand.');
    return { tenantId, wrap: derive(key, 'wrap'), index: derive(key, 'index'), parked: derive(key, 'parked') };
  }

  async #keysToWriteWith(tx: Transaction, tenant: TenantKeys, ids: string[]): Promise<Map<string, SubjectKey>> {
    // The share lock holds off an erasure until these values are committed and can be deleted with the rest.
    const keys = await this.#newestKeys(tx, tenant, ids, 'for share');
    const missing = ids.filter((id) => !keys.has(id));
    if (missing.length === 0) return keys;
    await this.#insertKeys(tx, tenant, missing, 1);
    return this.#newestKeys(tx, tenant, ids, 'for share');
  }

  async #newestKeys(tx: Transaction, tenant: TenantKeys, ids: string[], lock = ''): Promise<Map<string, SubjectKey>> {
    const rows = await tx.query<KeyRow>(
      `select subject_id, key_version, state, wrapped from ${this.#keys}.subject_keys
       where tenant_id = $1 and subject_id = any($2::uuid[]) order by subject_id, key_version ${lock}`,
      [tenant.tenantId, ids],
    );
    const newest = new Map(rows.map((row) => [row.subject_id, row])); // later versions overwrite
    return new Map([...newest].map(([id, row]) => [id, unwrap(tenant, row)]));
  }

  async #insertKeys(tx: Transaction, tenant: TenantKeys, ids: string[], version: number): Promise<void> {
    const wrapped = ids.map((id) => seal(tenant.wrap, subjectContext(tenant.tenantId, id, version), newKey()));
    await tx.query(
      `insert into ${this.#keys}.subject_keys (tenant_id, subject_id, key_version, wrapped, state, permitted, created_at)
       select $1, subject, $4, wrapped, 'live', $4 > 1, $5 from unnest($2::uuid[], $3::bytea[]) as new (subject, wrapped) order by subject
       on conflict (tenant_id, subject_id, key_version) do nothing`,
      [tenant.tenantId, ids, wrapped, version, tx.now],
    );
  }
}

function unwrap({ tenantId, wrap }: TenantKeys, row: KeyRow): SubjectKey {
  const context = subjectContext(tenantId, row.subject_id, row.key_version);
  const key = row.wrapped === null ? undefined : unseal(wrap, context, row.wrapped);
  return { version: row.key_version, isDestroyed: row.state === 'destroyed', key };
}

function openKey(id: string, held: SubjectKey | undefined): { version: number; key: Buffer } {
  if (held?.isDestroyed) throw new SubjectErased(id);
  if (!held?.key)
    throw new Unreadable('The key of a person does not open: restore it before recording more about them.');
  return { version: held.version, key: held.key };
}

/** A row under an older key can only come from a backup: that key was destroyed, so the value stays erased. */
function judge(tenantId: string, held: SubjectKey | undefined, row: DataRow | undefined): Personal {
  if (held?.isDestroyed) return { state: 'erased' };
  if (!row) return { state: 'absent' };
  if (!held) return { state: 'unreadable' };
  if (row.key_version < held.version) return { state: 'erased' };
  const context = fieldContext(tenantId, row.subject_id, row.field, row.key_version);
  const bytes = held.key && decrypt(held.key, context, row);
  return bytes ? { state: 'value', value: bytes.toString() } : { state: 'unreadable' };
}
