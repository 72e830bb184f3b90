import type { Transaction } from '#eventsourcing';

/** What an event must have to be shown; all that are given must hold. Ids are lower case, instants UTC; `from` is included, `to` is not. */
export interface HistoryFilter {
  readonly personId?: string;
  readonly groupId?: string;
  readonly taskId?: string;
  readonly obligation?: string;
  readonly type?: string;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly from?: string;
  readonly to?: string;
}

/** The place of an event in the history: when it happened, and its id where several happened at once. */
export type Place = readonly [occurredAt: string, eventId: string];

export interface Part {
  readonly order: 'asc' | 'desc';
  /** The last event of the part before; from the beginning when left out. */
  readonly after?: Place;
  readonly limit: number;
}

export interface Statement {
  readonly sql: string;
  readonly values: readonly string[];
  /** Whether one plan serves all values, so that the server makes it once for a connection. */
  readonly hasOnePlan: boolean;
}

export interface HistoryRow {
  readonly occurred_at: string;
  readonly event_id: string;
  readonly recorded_at: string;
  readonly type: string;
  readonly name: string;
  readonly stream_id: string;
  readonly version: number;
  readonly actor: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly rules: string;
  readonly data: string;
}

const COLUMNS =
  'h.occurred_at, h.event_id, h.recorded_at, h.type, h.name, h.stream_id, h.version, h.actor, h.correlation_id, h.causation_id, h.rules, h.data';

/** Where a filter is looked up: in a column of the event, among its terms, or in both (an event has an id in one of the two only). */
const lookups: readonly { readonly filter: keyof HistoryFilter; readonly column?: string; readonly isTerm: boolean }[] =
  [
    { filter: 'taskId', isTerm: true },
    { filter: 'personId', column: 'person_id', isTerm: true },
    { filter: 'groupId', column: 'group_id', isTerm: true },
    { filter: 'obligation', isTerm: true },
    { filter: 'correlationId', column: 'correlation_id', isTerm: false },
    { filter: 'actor', column: 'actor_id', isTerm: false },
    { filter: 'type', column: 'name', isTerm: false },
  ];

/** The same condition as a column of `h` and as a term of `t`, each where there is one. */
type Condition = { readonly column?: string; readonly term?: string };
type Bind = (value: string) => string;

/** Rows a statement fetches at most. The server keeps each statement it has planned: few sizes make few of them. */
const SIZES = [51, 101, 501, 1001];
/** The largest part that can be asked for. */
export const LARGEST_PART = 1_000;

/**
 * The statement for one part of the history; it fetches more rows than `limit`, if there are more. Each way to find an event is a range
 * of one index in the order of the history, read from the place where the part before ended: a deep part costs what the first one does.
 */
export function historyQuery(tenantId: string, filter: HistoryFilter, part: Part): Statement {
  const values: string[] = [tenantId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const conditions = conditionsOf(filter, bind);
  const within = boundsOf(filter, part, bind);
  const size = SIZES.find((rows) => rows > part.limit)!;
  const end = (table: string) =>
    `order by ${table}.occurred_at ${part.order}, ${table}.event_id ${part.order} limit ${size}`;
  const driver = conditions.find(({ term }) => term);
  const mine = [...within('h'), ...conditions.filter((condition) => condition !== driver).map(holds)];
  const byColumn = ['h.tenant_id = $1', ...(driver?.column ? [driver.column] : []), ...mine].join(' and ');
  const byTerm = ['t.tenant_id = $1', driver?.term, ...within('t'), ...mine].join(' and ');
  const ways = [
    ...(driver && !driver.column ? [] : [`select ${COLUMNS} from history h where ${byColumn} ${end('h')}`]),
    ...(driver ? [`select ${COLUMNS} from ${TERMS_OF_HISTORY} where ${byTerm} ${end('t')}`] : []),
  ];
  const sql = ways.length === 1 ? ways[0]! : `select * from ((${ways.join(') union all (')})) h ${end('h')}`;
  // Elsewhere the better plan depends on how rare the values are, so it is made for those at hand.
  const hasOnePlan = conditions.length === 0 || (conditions.length === 1 && ways.length > 1);
  return { sql, values, hasOnePlan };
}

const TERMS_OF_HISTORY = 'history_terms t join history h using (tenant_id, occurred_at, event_id)';

function conditionsOf(filter: HistoryFilter, bind: Bind): Condition[] {
  return lookups
    .map((lookup) => ({ ...lookup, value: filter[lookup.filter] }))
    .filter((lookup) => lookup.value !== undefined)
    .map(({ column, isTerm, value }) => ({
      ...(column ? { column: `h.${column} = ${bind(value!)}` } : {}),
      ...(isTerm ? { term: `t.term = ${bind(value!)}` } : {}),
    }));
}

/** The bounds in time and the place to go on from, said of each table: Postgres does not carry a pair over from one to the other. */
function boundsOf({ from, to }: HistoryFilter, { order, after }: Part, bind: Bind): (table: string) => string[] {
  const bounds = [
    ...(from === undefined ? [] : [`T.occurred_at >= ${bind(from)}`]),
    ...(to === undefined ? [] : [`T.occurred_at < ${bind(to)}`]),
    ...(after === undefined
      ? []
      : [`(T.occurred_at, T.event_id) ${order === 'asc' ? '>' : '<'} (${after.map(bind).join()})`]),
  ];
  return (table) => bounds.map((bound) => bound.replaceAll('T.', `${table}.`));
}

/** A condition on an event that was found by another one. */
function holds({ column, term }: Condition): string {
  const named =
    term &&
    `exists (select from history_terms t where (t.tenant_id, t.occurred_at, t.event_id) = (h.tenant_id, h.occurred_at, h.event_id) and ${term})`;
  return `(${[column, named].filter((way) => way !== undefined).join(' or ')})`;
}

/**
 * Every part is to be read off an index in its order. Left to itself, Postgres would rather collect and sort wherever it believes that a
 * value is rare, and be slow with those that are not; and it would keep such a plan. Nor does a page need a second process: starting one
 * takes ten times as long as reading it.
 */
const indexOrder = {
  enable_sort: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_seqscan: 'off',
  max_parallel_workers_per_gather: '0',
};
/** One statement for all of them, planned once a connection: a tenth of a page otherwise. It goes out with the page, in one round trip. */
const settings = (values: Readonly<Record<string, string>>): string =>
  `select ${Object.entries(values)
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join()}`;
export const IN_INDEX_ORDER = settings(indexOrder);
const ONE_PLAN = settings({ ...indexOrder, plan_cache_mode: 'force_generic_plan' });

/**
 * Reads one part of the history. Where one plan serves all values it is made once a connection: making the plan of such a page takes
 * longer than reading the page.
 */
export function readPart(tx: Transaction, { sql, values, hasOnePlan }: Statement): Promise<HistoryRow[]> {
  tx.send(hasOnePlan ? ONE_PLAN : IN_INDEX_ORDER);
  return hasOnePlan ? tx.prepared<HistoryRow>(sql, values) : tx.query<HistoryRow>(sql, values);
}

/**
 * The story of a task: what happened in its streams, and whatever else belongs to the cases its events belong to, but for what the
 * same cases meant to other people and other groups. That somebody read it is no part of it. Parameters: organisation, task id.
 */
const STORY = `with task as (
    select h.* from ${TERMS_OF_HISTORY} where t.tenant_id = $1 and t.term = $2 and h.name <> 'HistoryQueried'
  )
  select ${COLUMNS} from history h where h.tenant_id = $1 and (
    h.stream_id = any(array(select stream_id from task))
    or h.correlation_id = any(array(select correlation_id from task))
      and (h.person_id is null or h.person_id = any(array(select person_id from task)))
      and (h.group_id is null or h.group_id = any(array(select group_id from task))))`;

/** A part of a task's story, `limit + 1` rows in order if there are as many. An unknown task has none. */
export function readStory(
  tx: Transaction,
  taskId: string,
  { after, limit }: Omit<Part, 'order'>,
): Promise<HistoryRow[]> {
  const beyond = after ? 'and (h.occurred_at, h.event_id) > ($3, $4)' : '';
  return tx.query<HistoryRow>(`${STORY} ${beyond} order by h.occurred_at, h.event_id limit ${limit + 1}`, [
    tx.tenantId,
    taskId,
    ...(after ?? []),
  ]);
}

/** In the group at an instant; `since` when without a break. */
export interface Present {
  readonly personId: string;
  readonly since: string;
}

/**
 * Who was in a group at an instant, by everything known today about that time, ordered by person: of each person's steps in and out
 * until then the last one counts, whenever it was told. Needs `limit + 1` rows for a page of `limit`.
 */
export function rosterAt(
  tx: Transaction,
  { groupId, asOf, after, rows }: { groupId: string; asOf: string; after?: string; rows: number },
): Promise<Present[]> {
  return tx.query<Present>(
    `select person_id as "personId", max(at) filter (where inside and not coalesce(was_inside, false)) as since
     from (select person_id, at, version, event_id, inside, lag(inside) over (partition by person_id order by at, version, event_id) as was_inside
           from presence where tenant_id = $1 and group_id = $2 and at <= $3 and ($4::uuid is null or person_id > $4)) steps
     group by person_id having (array_agg(inside order by at desc, version desc, event_id desc))[1]
     order by person_id limit $5`,
    [tx.tenantId, groupId, asOf, after ?? null, rows],
  );
}

/** Whether the times of this installation are real or moved by hand. */
export async function clockOf(tx: Transaction): Promise<'manual' | 'system'> {
  const [clock] = await tx.query<{ manual: boolean }>('select manual_at is not null as manual from clock');
  return clock!.manual ? 'manual' : 'system';
}
