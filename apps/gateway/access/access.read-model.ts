import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { scopes, type Scope } from '#domain';
import type { GatewayPayloads } from '#events';
import { projection, tenantTable, type Database, type Transaction } from '#eventsourcing';

/** Keys as they are looked up: never the secret, only its hash. The relay's role finds one by its prefix, across organisations. */
export const accessKeyTable = [
  tenantTable(
    'access_keys',
    `key_id uuid not null, prefix text not null, hash text not null, scopes text[] not null, expires_at timestamptz, revoked boolean not null default false,
     issued_at timestamptz not null, last_used_at timestamptz`,
    'key_id',
  ),
  'create index on access_keys (prefix)',
  'create policy relay_looks_up on access_keys for select to :relay using (true)',
].join(';\n');

export const accessKeys = projection<GatewayPayloads>('access_keys', ['keyId'], {
  ApiKeyRevoked: ({ data: { keyId } }) => ({ update: { keyId, revoked: true } }),
});

/** A key as it is listed. */
export interface AccessKeyRow {
  readonly keyId: string;
  readonly prefix: string;
  readonly scopes: Scope[];
  readonly expiresAt: string | null;
  readonly revoked: boolean;
  readonly issuedAt: string;
  readonly lastUsedAt: string | null;
}

/** Every key of the organisation, oldest first. */
export function listKeys(tx: Transaction): Promise<AccessKeyRow[]> {
  return tx.query<AccessKeyRow>(
    `select key_id as "keyId", prefix, scopes, iso(expires_at) as "expiresAt", revoked, iso(issued_at) as "issuedAt", iso(last_used_at) as "lastUsedAt"
     from access_keys where tenant_id = $1 order by key_id`,
    [tx.tenantId],
  );
}

/** A new secret of 256 random bits with the prefix it is found by; the whole is shown once and kept nowhere. */
export function newSecret(): { key: string; prefix: string; hash: string } {
  const prefix = randomBytes(6).toString('hex');
  const key = `rc_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, hash: hashOf(key) };
}

/** Keeps what is needed to know a key again. */
export async function keepKey(
  tx: Transaction,
  key: { keyId: string; prefix: string; hash: string; scopes: readonly Scope[]; expiresAt?: string },
): Promise<void> {
  await tx.query(
    'insert into access_keys (tenant_id, key_id, prefix, hash, scopes, expires_at, issued_at) values ($1, $2, $3, $4, $5, $6, current_instant())',
    [tx.tenantId, key.keyId, key.prefix, key.hash, [...key.scopes], key.expiresAt ?? null],
  );
}

/** Finds a live key by the whole secret, by the database's clock; compared in constant time. Notes its use once a minute. */
export async function findKey(
  database: Database,
  credential: string,
): Promise<{ keyId: string; tenantId: string; scopes: Scope[] } | undefined> {
  const prefix = /^rc_([0-9a-f]{12})_[\w-]{43}$/.exec(credential)?.[1];
  if (!prefix) return undefined;
  return database.asRelay(async (tx) => {
    const rows = await tx.query<{ tenant_id: string; key_id: string; hash: string; scopes: string[]; stale: boolean }>(
      `select tenant_id, key_id, hash, scopes, last_used_at is null or last_used_at < current_instant() - interval '1 minute' as stale
       from access_keys where prefix = $1 and not revoked and (expires_at is null or expires_at > current_instant())`,
      [prefix],
    );
    const given = Buffer.from(hashOf(credential));
    const row = rows.find(({ hash }) => timingSafeEqual(Buffer.from(hash), given));
    if (!row) return undefined;
    if (row.stale) {
      await tx.actFor(row.tenant_id);
      await tx.query('update access_keys set last_used_at = current_instant() where tenant_id = $1 and key_id = $2', [
        row.tenant_id,
        row.key_id,
      ]);
    }
    return { keyId: row.key_id, tenantId: row.tenant_id, scopes: scopes.filter((scope) => row.scopes.includes(scope)) };
  });
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('base64url');
