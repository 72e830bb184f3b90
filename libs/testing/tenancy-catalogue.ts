/** Reads from Postgres's own catalogue what would let one organisation see, guess or change another's rows. */

type Query = <Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** What a table is called in a fault (`table`, or `table.column,column` for a key), and why the rule does not hold for it. */
export type TenancyExceptions = Readonly<Record<string, string>>;

const EXCEPTIONS: TenancyExceptions = {
  clock: 'one clock for the service; says nothing of anybody',
  sequencer: 'one row of counters for the service',
  checkpoints: 'counts events of a topic, whoever’s they are',
  migrations: 'the schema’s own history; no role of the application may read it',
  kek_check: 'one value that proves the key-encryption key; nobody’s',
  'sequence.position': 'given by the sequencer; only the relay writes it',
};

/** The only condition that lets the application see a row; an organisation that was never set, or set and reset, matches nothing. */
const OWN_ROWS = "(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)";

const TABLES = `select c.*, (select a.attnum from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as tenant
  from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p')`;
const columns = (relation: string, numbers: string) =>
  `(select string_agg(a.attname, ',' order by k.nr) from unnest(${numbers}) with ordinality k(attnum, nr)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`;
/** Policies that reach somebody besides the relay, whose roles are named `…_relay`. */
const POLICIES = `select p.*, c.relname, pg_get_expr(p.polqual, c.oid) as seen, pg_get_expr(p.polwithcheck, c.oid) as written
  from pg_policy p join (${TABLES}) c on c.oid = p.polrelid
  where p.polpermissive and exists (select from unnest(p.polroles) r where r = 0 or pg_get_userbyid(r) not like '%\\_relay')`;
const ROLES = `select distinct r.* from pg_policy p join (${TABLES}) c on c.oid = p.polrelid join pg_roles r on r.oid = any(p.polroles)`;
const GRANTS = `select c.relname, c.relowner, g.* from (${TABLES}) c, aclexplode(c.relacl) g
  union all select c.relname, c.relowner, g.* from (${TABLES}) c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g`;

/** Each fault with the query that finds it; `$1` is the schema, `$2` the condition above. */
const FAULTS: Readonly<Record<string, string>> = {
  'has no tenant_id': `select relname as name from (${TABLES}) t where tenant is null`,
  'has a tenant_id that is not a uuid, or may be null': `select c.relname as name from (${TABLES}) c
    join pg_attribute a on a.attrelid = c.oid and a.attnum = c.tenant where not a.attnotnull or a.atttypid <> 'uuid'::regtype`,
  'has no row-level security': `select relname as name from (${TABLES}) t where tenant is not null and not relrowsecurity`,
  'does not force row-level security on its owner': `select relname as name from (${TABLES}) t where tenant is not null and not relforcerowsecurity`,
  'has no policy': `select relname as name from (${TABLES}) t
    where tenant is not null and not exists (select from pg_policy p where p.polrelid = t.oid)`,
  'has a policy that shows other rows than an organisation’s own': `select relname as name from (${POLICIES}) p
    where polcmd <> 'a' and seen is distinct from $2`,
  'has a policy that lets other rows be written than an organisation’s own': `select relname as name from (${POLICIES}) p
    where polcmd in ('a', 'w', '*') and coalesce(written, case when polcmd <> 'a' then seen end) is distinct from $2`,
  'is unique over all organisations': `select c.relname || '.' || coalesce(${columns('c.oid', 'i.indkey::int2[]')}, i.indexrelid::regclass::text) as name
    from pg_index i join (${TABLES}) c on c.oid = i.indrelid
    where (i.indisunique or i.indisexclusion) and c.tenant is not null and c.tenant <> all(i.indkey::int2[])`,
  'refers to rows of any organisation': `select c.relname || '.' || ${columns('c.oid', 'f.conkey')} as name
    from pg_constraint f join (${TABLES}) c on c.oid = f.conrelid
    where f.contype = 'f' and not exists (
      select from unnest(f.conkey, f.confkey) k(own, other) join pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.other
      where k.own = c.tenant and a.attname = 'tenant_id')`,
  'is a view with its owner’s rights': `select relname as name from pg_class
    where relnamespace = $1::regnamespace and (relkind = 'm' or relkind = 'v' and not coalesce(
      (select option_value::boolean from pg_options_to_table(reloptions) where option_name = 'security_invoker'), false))`,
  'is a function with its owner’s rights': `select proname as name from pg_proc where pronamespace = $1::regnamespace and prosecdef`,
  'may be changed though it is append-only': `select relname || ' (' || privilege_type || ')' as name from (${GRANTS}) g
    where relname in ('events', 'sequence') and grantee <> relowner and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')`,
  'grants what passes row-level security by': `select relname || ' (' || privilege_type || ')' as name from (${GRANTS}) g
    where grantee <> relowner and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`,
  'is a role that row-level security does not hold': `select rolname as name from (${ROLES}) r where rolsuper or rolbypassrls
    or exists (select from (${TABLES}) c where c.relowner = r.oid)`,
  'is a role that has the relay’s rights without asking for them': `select r.rolname as name from (${ROLES}) r
    join pg_auth_members m on m.member = r.oid and m.inherit_option where pg_get_userbyid(m.roleid) like '%\\_relay'`,
};

/**
 * The tenancy faults of a schema as sentences, sorted; empty when there are none. `query` may be any role's. A service names
 * its own exceptions, each with the reason; a table of the machinery that is excepted needs none.
 */
export async function tenancyFaults(
  query: Query,
  schema: string,
  exceptions: TenancyExceptions = {},
): Promise<string[]> {
  const excepted = { ...EXCEPTIONS, ...exceptions };
  const found: string[] = [];
  for (const [fault, sql] of Object.entries(FAULTS)) {
    const parameters = sql.includes('$2') ? [`"${schema}"`, OWN_ROWS] : [`"${schema}"`];
    const rows = await query<{ name: string }>(sql, parameters);
    found.push(...rows.filter(({ name }) => !(name in excepted)).map(({ name }) => `${name} ${fault}`));
  }
  return [...new Set(found)].sort();
}
