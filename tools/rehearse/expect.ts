/** What has to be so after a step: one function for each kind of expectation, each asking the public API. */
import { type Answer, type Api, inShort, type Row } from './client.js';
import type { EventEntry, Expectations, Fields } from './format.js';
import { has, pair } from './match.js';
import type { Names } from './names.js';
import { wallClock, withInstants } from './times.js';

/** One expectation judged; `found` says what was there instead. */
export interface Verdict {
  readonly ok: boolean;
  readonly text: string;
  readonly found?: string;
}

/** An event of the history, ids turned back into aliases. */
export type Event = Fields & { readonly name: string; readonly rules: readonly Rule[] };
type Rule = { readonly parameter: string; readonly obligations: readonly string[] };

/** What a step left behind, and where to look further. */
export interface After {
  readonly names: Names;
  readonly zone: string;
  readonly admin: Api;
  readonly auditor: Api;
  /** The events recorded since the step before. */
  readonly events: readonly Event[];
  /** What the action was answered; undefined where nothing was done. */
  readonly answer: Answer | undefined;
}

type Expected<K extends keyof Expectations> = NonNullable<Expectations[K]>;
type Checks = {
  readonly [K in Exclude<keyof Expectations, 'noOther'>]-?: (
    expected: Expected<K>,
    after: After,
    isAll: boolean,
  ) => Verdict[] | Promise<Verdict[]>;
};

/** Lists of the API that are compared row by row. */
const LISTS = {
  tasks: '/v1/removal-orders',
  consents: '/v1/consents',
  alternativeChannels: '/v1/alternative-channels',
  invitations: '/v1/invitations',
  agreements: '/v1/agreements',
  welcomes: '/v1/welcomes',
  messages: '/v1/messages',
  followUps: '/v1/follow-ups',
  retentionItems: '/v1/retention-items',
  deletionTasks: '/v1/deletion-tasks',
} as const;

const list =
  (what: keyof typeof LISTS) =>
  async (expected: readonly Row[], after: After, isAll: boolean): Promise<Verdict[]> =>
    rows(what, expected, await after.admin.rows(LISTS[what]), after, isAll);

const checks: Checks = {
  events: (expected, after, isAll) => {
    const found = expected.map((entry) => [entry, after.events.filter((event) => fits(entry, event, after))] as const);
    const listed = new Set(found.flatMap(([, events]) => events));
    const others = after.events.filter((event) => !listed.has(event));
    return [
      ...found.map(([entry, events]) => {
        const { count = 1, ...wanted } = entry;
        const alike = after.events.filter(({ name }) => name === entry.name);
        return verdict(
          events.length === count,
          `event ${said(wanted, after)}, ${times(count)}`,
          `${times(events.length)}; of that name: ${said(
            alike.map(({ rules, ...event }) => ({ ...event, under: rules.map(({ parameter }) => parameter) })),
            after,
          )}`,
        );
      }),
      ...(isAll ? [verdict(others.length === 0, 'no other event', said(others.map(brief), after))] : []),
    ];
  },
  noEvents: (expected, after) =>
    expected.map((entry) => {
      const events = after.events.filter((event) => fits(entry, event, after));
      return verdict(events.length === 0, `no event ${said(entry, after)}`, said(events.map(brief), after));
    }),
  refused: ({ code, parameter, obligations = [], reasons }, { answer }) => {
    const rules = (answer?.body['rules'] ?? []) as Rule[];
    const isNamed = rules.some((rule) => isUnder(rule, { parameter, obligations }));
    const ok =
      answer !== undefined &&
      answer.status >= 400 &&
      answer.body['code'] === code &&
      (isNamed || (parameter === undefined && obligations.length === 0)) &&
      has(reasons ?? {}, answer.body);
    const under = [parameter, ...obligations].filter((part) => part !== undefined).join(', ');
    return [verdict(ok, `refused as ${code}${under ? ` under ${under}` : ''}`, shown(answer))];
  },
  answers: ({ status, with: fields = {} }, after) => {
    const { answer } = after;
    const body = after.names.inWords(answer?.body ?? {});
    const isStatus = status === undefined ? (answer?.status ?? 500) < 300 : answer?.status === status;
    const ok = isStatus && has(withInstants(fields, after.zone), body);
    return [verdict(ok, `answered ${status ?? 'with success'} ${said(fields, after)}`, shown(answer))];
  },
  tasks: list('tasks'),
  consents: list('consents'),
  alternativeChannels: list('alternativeChannels'),
  invitations: list('invitations'),
  agreements: list('agreements'),
  welcomes: list('welcomes'),
  messages: list('messages'),
  followUps: list('followUps'),
  retentionItems: list('retentionItems'),
  deletionTasks: list('deletionTasks'),
  discrepancies: async (expected, after, isAll) => {
    const groups = after.names.ids('group');
    const all = await Promise.all(groups.map((id) => after.admin.rows(`/v1/groups/${id}/discrepancies`)));
    return rows('discrepancies', expected, all.flat(), after, isAll);
  },
  roster: async ({ group, asOf, people }, after) => {
    const id = after.names.id('group', group);
    const instant = asOf && (withInstants(asOf, after.zone) as string);
    const found = instant
      ? await after.auditor.rows(`/v1/history/groups/${id}/roster?asOf=${encodeURIComponent(instant)}`)
      : await after.admin.rows(`/v1/groups/${id}/members`);
    const present = found.map((row) => after.names.inWords(row['personId']));
    const text = `in ${group}${asOf ? ` on ${asOf}` : ''}: ${people.join(', ') || 'nobody'}`;
    return [verdict(has(people, present), text, present.join(', ') || 'nobody')];
  },
  history: async ({ person, group, filter = {}, names: expected }, after) => {
    const query = new URLSearchParams({ order: 'asc' });
    if (person) query.set('personId', after.names.id('person', person));
    if (group) query.set('groupId', after.names.id('group', group));
    for (const [name, value] of Object.entries(filter)) query.set(name, String(withInstants(value, after.zone)));
    const found = await after.auditor.rows(`/v1/history?${query.toString()}`);
    return [inOrder(`history of ${said({ person, group, ...filter }, after)}`, expected, found)];
  },
  story: async ({ person, group, names: expected }, after) => {
    const about = { personId: after.names.id('person', person), groupId: after.names.id('group', group) };
    const query = new URLSearchParams(about).toString();
    const orders = await after.admin.rows(`/v1/removal-orders?${query}`);
    const latest = [...orders].sort((a, b) => String(a['openedAt']).localeCompare(String(b['openedAt']))).at(-1);
    const text = `story of the removal of ${person} from ${group}`;
    if (!latest) return [verdict(false, text, 'no removal order')];
    return [inOrder(text, expected, await after.auditor.rows(`/v1/history/story/${String(latest['taskId'])}`))];
  },
};

/** Judges everything that is expected after a step; an action without a word about its answer has to succeed. */
export async function judge(expected: Expectations, after: After): Promise<Verdict[]> {
  const { noOther = [], ...kinds } = expected;
  const verdicts: Verdict[] = [];
  if (after.answer && !kinds.refused && !kinds.answers) {
    verdicts.push(verdict(after.answer.status < 300, 'accepted', shown(after.answer)));
  }
  const all = { ...Object.fromEntries(noOther.map((kind) => [kind, []])), ...kinds };
  for (const [kind, wanted] of Object.entries(all)) {
    const check = checks[kind as keyof Checks] as (wanted: unknown, after: After, isAll: boolean) => Promise<Verdict[]>;
    verdicts.push(...(await check(wanted, after, noOther.includes(kind as (typeof noOther)[number]))));
  }
  return verdicts;
}

/** An event of the API's history as expectations speak of it. */
export function eventInWords(row: Row, names: Names): Event {
  const { person, group } = inWords({ ...(row['data'] as Row) }, names);
  return {
    name: String(row['name']),
    at: row['occurredAt'],
    recordedAt: row['recordedAt'],
    ...(person === undefined ? {} : { person }),
    ...(group === undefined ? {} : { group }),
    with: names.inWords(row['data']),
    rules: (row['rules'] ?? []) as Rule[],
  };
}

function fits(entry: Omit<EventEntry, 'count'> & { count?: number }, event: Event, { zone }: After): boolean {
  const { count: _, obligations = [], parameter, ...wanted } = entry;
  if (!has(withInstants(wanted, zone), event)) return false;
  return (
    (parameter === undefined && obligations.length === 0) ||
    event.rules.some((rule) => isUnder(rule, { parameter, obligations }))
  );
}

function isUnder(rule: Rule, { parameter, obligations }: { parameter?: string; obligations: readonly string[] }) {
  const isParameter = parameter === undefined || rule.parameter === parameter;
  return isParameter && obligations.every((id) => rule.obligations.includes(id));
}

function rows(what: string, expected: readonly Row[], found: readonly Row[], after: After, isAll: boolean): Verdict[] {
  const actual = found.map((row) => inWords(row, after.names));
  const wanted = expected.map((row) => ({ row, asked: withInstants(row, after.zone) as Row }));
  const { missing, rest } = pair(
    wanted.map(({ asked }) => asked),
    actual,
  );
  return [
    ...wanted.map(({ row, asked }) => {
      const close = actual.filter(({ person, group }) =>
        has({ person: row['person'] ?? person, group: row['group'] ?? group }, { person, group }),
      );
      const near = close.map((candidate) =>
        Object.fromEntries(Object.keys(row).map((name) => [name, candidate[name]])),
      );
      return verdict(!missing.includes(asked), `${what}: ${said(row, after)}`, said(near, after));
    }),
    ...(isAll ? [verdict(rest.length === 0, `${what}: no other`, said(rest, after))] : []),
  ];
}

/** A row with ids turned into aliases, under the names the file uses for them. */
function inWords(row: Row, names: Names): Row {
  const words = names.inWords(row) as Row;
  const short = ['person', 'group', 'activity', 'item', 'owner'].flatMap((kind) =>
    `${kind}Id` in words ? [[kind, words[`${kind}Id`]]] : [],
  );
  return { ...words, ...(Object.fromEntries(short) as Row) };
}

function inOrder(text: string, expected: readonly string[], found: readonly Row[]): Verdict {
  const actual = found.map(({ name }) => String(name)).filter((name) => !READING.has(name));
  return verdict(actual.join() === expected.join(), `${text}: ${expected.join(', ') || 'nothing'}`, actual.join(', '));
}

/** What the rehearsal itself leaves in the history by looking at it. */
export const READING: ReadonlySet<string> = new Set(['HistoryQueried', 'PersonalDataRead']);

const verdict = (ok: boolean, text: string, found: string): Verdict => (ok ? { ok, text } : { ok, text, found });
const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
const brief = ({ name, at, person, group }: Event) => ({ name, at, person, group });
const shown = (answer: Answer | undefined) =>
  answer ? `${inShort(answer)} ${JSON.stringify(answer.body)}` : 'no answer';

/** A value for people: short, times as the wall clock shows them. */
function said(value: unknown, after: Pick<After, 'zone'>): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => said(one, after)).join('; ');
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? wallClock(value, after.zone) : value;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => (name === 'name' ? said(field, after) : `${name} ${nested(field, after)}`))
    .join(', ');
}

const nested = (value: unknown, after: Pick<After, 'zone'>) =>
  typeof value === 'object' && value !== null ? `(${said(value, after)})` : said(value, after);
