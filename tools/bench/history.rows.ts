import { createHash } from 'node:crypto';
import type { Transaction } from '#eventsourcing';
import { historyQuery, readPart, type HistoryFilter, type Place } from '../../apps/gateway/history/history.query.js';
import { tables } from '../../apps/gateway/history/history.read-model.js';
import { TENANT } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { callByCall, measure, secondsSince, told, type Bar, type Figures, type Row, type Size } from './harness.js';
import { fillHistory, instantOf, sizesOf } from './history.seed.js';
import type { Connection } from './peers.js';

const PAGE = 50;
/** Calls of each side in a round. Where the slowest in a hundred are judged it takes so many that not two or three of them decide. */
const CALLS = 300;
const CALLS_JUDGED = 1_500;
/** Different people, groups and times a question is asked about, in turns. */
const VARIETY = 40;
type Ask = (nr: number) => Promise<unknown>;

/** What is asked: which rows, and the place that a page far behind the first one comes after. */
interface Question {
  readonly name: string;
  readonly about: (nr: number, length: number) => HistoryFilter;
  readonly deep: (owner: Connection, nr: number, length: number) => Promise<Place>;
}
const questions: readonly Question[] = [
  question('by person', (nr, length) => ({ personId: nth('p', nr, sizesOf(length).people) }), 40),
  question('by group', (nr, length) => ({ groupId: nth('g', nr, sizesOf(length).groups) }), 1_000),
  {
    name: 'by time',
    about: (nr, length) => ({ from: instantOf((nr * length) / 1_000), to: instantOf(length * 0.99) }),
    deep: (_, nr, length) => Promise.resolve([instantOf(length / 2 + nr), '00000000-0000-0000-0000-000000000000']),
  },
];

/** A question whose deep page comes after so many events. */
function question(name: string, about: Question['about'], depth: number): Question {
  const deep: Question['deep'] = async (owner, nr, length) => {
    const { sql, values } = byHand(about(nr, length));
    const { rows } = await owner.query<{ at: string; event_id: string }>(
      `select to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, event_id from (${sql}) h
       order by occurred_at, event_id offset ${depth} limit 1`,
      values,
    );
    return [rows[0]!.at, rows[0]!.event_id];
  };
  return { name, about, deep };
}

/** Pages of the history through the product's own code and row-level security, beside keyset SQL written by hand for the same table. */
export async function historyRows(ground: Ground, size: Size): Promise<Row[]> {
  const lengths = size.quick ? [10_000, 50_000] : [50_000, 500_000, 5_000_000];
  const callsAt = (length: number) => (length === lengths.at(-1) ? CALLS_JUDGED : CALLS);
  const stages: Stage[] = [];
  try {
    for (const length of lengths) stages.push(await setStage(ground, length));
    const round = async () => {
      const figures: Record<string, Figures> = {};
      for (const stage of stages) Object.assign(figures, await ask(stage, size.quick ? 60 : callsAt(stage.length)));
      return figures;
    };
    return await measure({ round, bars: bars(lengths) }, size);
  } finally {
    for (const { close } of stages) await close();
  }
}

interface Stage {
  readonly length: number;
  readonly service: ServiceGround;
  readonly places: ReadonlyMap<string, readonly Place[]>;
  readonly close: () => Promise<void>;
}

async function setStage(ground: Ground, length: number): Promise<Stage> {
  const began = performance.now();
  const name = `bench_history_${length}`;
  const service = await ground.service(name, [{ name: 'BenchHistory1700000000009', sql: tables }]);
  const helper = await ground.connect(ground.ownerOf(name).ownerUrl, '-c search_path=membership');
  try {
    await fillHistory([service.owner, helper], length);
  } finally {
    await helper.end();
  }
  const places = new Map<string, readonly Place[]>();
  for (const { name: asked, deep } of questions) {
    const found: Place[] = [];
    for (let nr = 0; nr < VARIETY; nr++) found.push(await deep(service.owner, nr, length));
    places.set(asked, found);
  }
  told(`  a history of ${length.toLocaleString('en')} events: ${secondsSince(began)}`);
  return { length, service, places, close: service.close };
}

/** Each question about each stage, ours and by hand in turns. */
async function ask({ length, service, places }: Stage, times: number): Promise<Record<string, Figures>> {
  const figures: Record<string, Figures> = {};
  for (const { name, about } of questions)
    for (const isDeep of [false, true]) {
      const after = (nr: number) => (isDeep ? places.get(name)![nr % VARIETY]! : undefined);
      const sides = (tx: Transaction): Record<string, Ask> => ({
        ours: (nr) => ours(tx, about(nr % VARIETY, length), after(nr)),
        hand: (nr) => hand(service.owner, about(nr % VARIETY, length), after(nr)),
      });
      const taken = await service.database.inTenant(TENANT, (tx) => callByCall(sides(tx), times));
      for (const [side, of] of Object.entries(taken)) figures[key(side, name, isDeep, length)] = of;
    }
  return figures;
}
const key = (side: string, name: string, isDeep: boolean, length: number) =>
  `${side} ${name} ${isDeep ? 'deep' : 'first'} ${length}`;

async function ours(tx: Transaction, filter: HistoryFilter, after: Place | undefined): Promise<void> {
  const rows = await readPart(tx, historyQuery(TENANT, filter, { order: 'asc', limit: PAGE, ...(after && { after }) }));
  if (rows.length !== PAGE + 1) throw new Error(`The page has ${rows.length} events`);
}

async function hand(owner: Connection, filter: HistoryFilter, after: Place | undefined): Promise<void> {
  const { sql, values } = byHand(filter);
  const beyond = after ? ` and (occurred_at, event_id) > ($${values.length + 1}, $${values.length + 2})` : '';
  const text = `${sql}${beyond} order by occurred_at, event_id limit ${PAGE + 1}`;
  const name = `by hand ${values.length} ${text.includes('group_id =') ? 'group' : 'other'} ${after ? 'deep' : 'first'}`;
  const { rows } = await owner.query({ name, text, values: [...values, ...(after ?? [])] });
  if (rows.length !== PAGE + 1) throw new Error(`The page by hand has ${rows.length} events`);
}

/** What somebody would write who knows the table: one index, one condition. */
function byHand({ personId, groupId, from, to }: HistoryFilter): { sql: string; values: unknown[] } {
  const columns =
    'occurred_at, event_id, recorded_at, type, name, stream_id, version, actor, correlation_id, causation_id, rules, data';
  const select = `select ${columns} from history where tenant_id = $1 and`;
  if (personId) return { sql: `${select} person_id = $2`, values: [TENANT, personId] };
  if (groupId) return { sql: `${select} group_id = $2`, values: [TENANT, groupId] };
  return { sql: `${select} occurred_at >= $2 and occurred_at < $3`, values: [TENANT, from, to] };
}

/** The id of one of them, as the seed made it; every tenth person is another organisation's. */
function nth(what: string, nr: number, of: number): string {
  const n = (nr * 37) % of;
  const hex = createHash('md5')
    .update(`${what}${n % 10 === 0 ? n + 1 : n}`)
    .digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function bars(lengths: readonly number[]): Bar[] {
  const [least, most] = [lengths[0]!, lengths.at(-1)!];
  return questions.flatMap(({ name }) =>
    [false, true].flatMap((isDeep) => {
      const slug = `history-${name.slice(3)}${isDeep ? '-deep' : ''}`;
      const what = (length: number) =>
        `history ${name} of ${length.toLocaleString('en')} events, ${isDeep ? 'a deep' : 'the first'} page of ${PAGE}`;
      const of = key('ours', name, isDeep, most);
      const beside = key('hand', name, isDeep, most);
      const quantiles = ['p50', 'p99'].map((metric): Bar => {
        return {
          id: `${slug}-${metric}`,
          what: `${what(most)}, ${metric}`,
          metric,
          unit: 'ms',
          of,
          beside,
          called: 'keyset SQL by hand',
          atMost: 1.3,
        };
      });
      const flat = lengths.slice(1).map((length): Bar => ({
        id: `${slug}-${length}`,
        what: `${what(length)}, p50`,
        metric: 'p50',
        unit: 'ms',
        of: key('ours', name, isDeep, length),
        beside: key('ours', name, isDeep, least),
        called: `ours of ${least.toLocaleString('en')}`,
        curve: { name: `history ${name}, ${isDeep ? 'a deep' : 'the first'} page`, at: length, from: least },
        atMost: 1.5,
      }));
      return [...quantiles, ...flat];
    }),
  );
}
