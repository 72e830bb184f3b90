import { TENANT } from './events.js';
import type { Connection } from './peers.js';

const PERSON_EVENTS = 100;
const GROUP_EVENTS = 2_000;
const EVENTS_APART = 10; // seconds

/** The id of the nth person or group (`p`, `g`), as SQL. */
const id = (what: string, n: string) => `md5('${what}' || ${n})::uuid`;

/** How many people and groups a history of this length tells of; each has as many events as in any other, spread over the whole time. */
export const sizesOf = (length: number) => ({ people: length / PERSON_EVENTS, groups: length / GROUP_EVENTS });

/** When the nth event happened. */
export const instantOf = (n: number): string =>
  new Date(Date.parse('2020-01-01T00:00:00.000Z') + n * EVENTS_APART * 1_000).toISOString();

/**
 * Fills the product's own tables of the history: `length` events, every tenth another organisation's, each person in three groups, bodies of
 * the usual size, every fourth event naming a task, an owner and an obligation. Indexes are made after the rows, which is several times faster.
 */
export async function fillHistory([one, two]: readonly [Connection, Connection], length: number): Promise<void> {
  const restore = await dropIndexes(one);
  const half = Math.floor(length / 2);
  await Promise.all([one.query(events(length, 1, half)), two.query(events(length, half + 1, length))]);
  await one.query(TERMS);
  const [first, second] = [restore.filter((_, nr) => nr % 2 === 0), restore.filter((_, nr) => nr % 2 === 1)];
  await Promise.all([inTurn(one, first), inTurn(two, second)]);
  for (const table of ['history', 'history_terms']) await one.query(`vacuum (analyze) ${table}`);
  await one.query('checkpoint');
}

async function inTurn(connection: Connection, statements: readonly string[]): Promise<void> {
  await connection.query("set maintenance_work_mem = '512MB'");
  for (const statement of statements) await connection.query(statement);
}

/** Drops every index of both tables and returns the statements that make them again; they are empty yet. */
async function dropIndexes(owner: Connection): Promise<string[]> {
  const { rows } = await owner.query<{ name: string; of: string; key: string | null; made: string }>(
    `select c.relname as name, t.relname as of, pg_get_constraintdef(k.oid) as key, pg_get_indexdef(c.oid) as made
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
       left join pg_constraint k on k.conindid = c.oid
     where t.oid in ('history'::regclass, 'history_terms'::regclass)`,
  );
  for (const { name, of, key } of rows)
    await owner.query(key ? `alter table ${of} drop constraint ${name}` : `drop index ${name}`);
  // Indexes and not constraints, which would lock the table for the other connection.
  return rows.map(({ made }) => made);
}

const NAMES = `'MemberAdded','LeaverDetected','RemovalTaskOpened','MemberRemoved','ConsentGiven','RemovalReminderDue','ConsentRequested','MemberFoundInGroup'`;

function events(length: number, from: number, to: number): string {
  const { people, groups } = sizesOf(length);
  return `insert into history (tenant_id, occurred_at, event_id, recorded_at, type, name, stream_id, version, actor, actor_id, correlation_id,
      causation_id, person_id, group_id, rules, data)
    select case when n % 10 = 0 then md5('another')::uuid else '${TENANT}' end, at, gen_random_uuid(), at + interval '1 second',
      'rollcall.membership.' || name || '.v1', name, 'participation-' || person_id || '.' || group_id, (n % 7 + 1)::int,
      '{"kind":"key","id":"' || actor || '"}', actor::text, ${id('c', 'n / 3')}, case when n % 3 > 0 then actor end, person_id, group_id,
      '[{"profile":"political-party@1","parameter":"removal_sla","obligations":["LD-09"]}]',
      '{"personId":"' || person_id || '","groupId":"' || group_id || '","taskId":"' || ${id('t', 'n / 4')} ||
        '","dueAt":"2026-05-20T08:00:00.000Z","owners":["' || actor || '"],"alreadyOverdue":false}'
    from generate_series(${from}::bigint, ${to}) n,
      lateral (select n * 7919 % ${people} as p) who,
      lateral (select '${instantOf(0)}'::timestamptz + n * interval '${EVENTS_APART} seconds' as at, ${id('p', 'p')} as person_id,
        ${id('g', `(p + n % 3) % ${groups}`)} as group_id, ${id('a', 'n % 40')} as actor,
        (array[${NAMES}])[((n + n / ${people}) % 8 + 1)::int] as name) fact`;
}

const TERMS = `insert into history_terms (tenant_id, term, occurred_at, event_id)
  select h.tenant_id, t.term, h.occurred_at, h.event_id
  from history h, lateral (values (data::json->>'taskId'), (actor_id), ('LD-09')) t(term) where h.name in ('RemovalTaskOpened', 'MemberRemoved')`;
