import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { Database } from '#eventsourcing';
import { required } from '#nest/distributed';

/** A person's key that was destroyed. Ids only: the list names nobody, and may be kept beside a backup. */
export interface Erasure {
  readonly service: string;
  readonly tenantId: string;
  readonly subjectId: string;
  readonly keyVersion: number;
  /** ISO 8601 in UTC. */
  readonly destroyedAt: string;
}

const SERVICES = ['gateway', 'membership', 'consent', 'retention'];

/** Every destroyed key of one service, of all its organisations. */
export function listErasures(database: Database): Promise<Erasure[]> {
  return database.asRelay(async (tx) => {
    const tenants = await tx.query<{ tenant_id: string }>('select distinct tenant_id from events');
    const all: Erasure[] = [];
    for (const { tenant_id: tenantId } of tenants) {
      await tx.actFor(tenantId);
      const rows = await tx.query<Omit<Erasure, 'service' | 'tenantId'>>(
        `select subject_id as "subjectId", key_version as "keyVersion", iso(destroyed_at) as "destroyedAt"
         from "${database.schema}_keys".subject_keys where tenant_id = $1 and state = 'destroyed' order by subject_id, key_version`,
        [tenantId],
      );
      all.push(...rows.map((row) => ({ service: database.schema, tenantId, ...row })));
    }
    return all;
  });
}

/**
 * Destroys these keys in a restored database, with the values under them, before anybody is served [R35]. Whoever the backup does not
 * know gets a tombstone; a key that was made later, by permission, stays. Twice is harmless. Returns how many keys were alive.
 */
export async function applyErasures(database: Database, erasures: readonly Erasure[]): Promise<number> {
  const keys = `"${database.schema}_keys".subject_keys`;
  let destroyed = 0;
  const mine = erasures.filter(({ service }) => service === database.schema);
  for (const [tenantId, own] of Map.groupBy(mine, (erasure) => erasure.tenantId)) {
    destroyed += await database.inTenant(tenantId, async (tx) => {
      const list = [tenantId, JSON.stringify(own)];
      const given = `json_to_recordset($2) as g("subjectId" uuid, "keyVersion" integer, "destroyedAt" timestamptz)`;
      await tx.query(
        `insert into ${keys} (tenant_id, subject_id, key_version, state, permitted, created_at, destroyed_at)
         select $1, "subjectId", "keyVersion", 'destroyed', "keyVersion" > 1, "destroyedAt", "destroyedAt" from ${given}
         on conflict (tenant_id, subject_id, key_version) do nothing`,
        list,
      );
      const alive = await tx.query(
        `update ${keys} k set state = 'destroyed', wrapped = null, destroyed_at = "destroyedAt" from ${given}
         where k.tenant_id = $1 and k.subject_id = "subjectId" and k.key_version = "keyVersion" and k.state = 'live' returning 1`,
        list,
      );
      await tx.query(
        `delete from personal_data d using ${given}
         where d.tenant_id = $1 and d.subject_id = "subjectId" and d.key_version <= "keyVersion"`,
        list,
      );
      return alive.length;
    });
  }
  return destroyed;
}

/** Does something with the database of each service: those of a folder whose Rollcall is stopped, or the one the environment names. */
async function eachDatabase(place: string, work: (database: Database) => Promise<void>): Promise<void> {
  const open = async (schema: string, url: string) => {
    const database = await Database.open({ url, schema });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  };
  if (SERVICES.includes(place)) {
    return open(place, required(process.env, 'ROLLCALL_DATABASE_URL', 'the connection of the application’s role'));
  }
  // The image for many machines has no embedded database: it is looked for only here.
  const { startEmbeddedPostgres } = await import('#eventsourcing/embedded');
  const postgres = await startEmbeddedPostgres(resolve(place));
  try {
    for (const schema of SERVICES) await open(schema, postgres.urlFor(`rollcall_${schema}`));
  } finally {
    await postgres.stop();
  }
}

/** `npm run erasures -- export <place> > list` and `npm run erasures -- apply <place> < list`; one JSON object a line. */
async function main([task, place]: readonly string[]): Promise<void> {
  if (task === 'export' && place) {
    return eachDatabase(place, async (database) => {
      for (const erasure of await listErasures(database)) process.stdout.write(`${JSON.stringify(erasure)}\n`);
    });
  }
  if (task !== 'apply' || !place)
    throw new Error(`Say "export" or "apply", and a data folder or one of: ${SERVICES.join(', ')}`);
  const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '');
  const erasures = lines.map((line) => JSON.parse(line) as Erasure);
  await eachDatabase(place, async (database) => {
    const destroyed = await applyErasures(database, erasures);
    const own = erasures.filter(({ service }) => service === database.schema).length;
    process.stdout.write(`${database.schema}: ${own} erasures hold, of which the backup had ${destroyed} undone\n`);
  });
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
