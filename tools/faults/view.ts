/** What lies in the databases and topics of a world, read once when all is quiet. The checker compares nothing else. */
import { clusterOf, type LyingMessage, lookInto, lyingIn, placesOf } from '../../libs/testing/witness.js';
import { APPS, type App } from './services.js';

/** An event as its row has it; `body` as it was stored, with its fields read. */
export interface StoredEvent {
  readonly tenantId: string;
  readonly streamId: string;
  readonly version: number;
  readonly eventId: string;
  readonly type: string;
  readonly body: string;
}

/** How far a processor says it is in a topic. */
export interface Count {
  readonly processor: string;
  readonly topic: string;
  readonly handled: number;
}

export interface ServiceView {
  readonly events: readonly StoredEvent[];
  /** The numbered events by position, each as `tenant/stream/version`. */
  readonly sequence: readonly { readonly position: number; readonly place: string }[];
  readonly counts: readonly Count[];
  readonly parked: number;
}

/** Rows of read models, each as one text that says all of it that counts. */
export interface Rows {
  /** `tenant/event`. */
  readonly history: readonly string[];
  /** `tenant/task state`. */
  readonly orders: readonly string[];
  /** `tenant/group/person` of those who are in. */
  readonly present: readonly string[];
  /** `tenant/group/person` of those whose consent holds, as the membership service has heard. */
  readonly consents: readonly string[];
  /** `tenant/task` of deletions ordered. */
  readonly deletions: readonly string[];
}

export interface View {
  /** The database's clock, milliseconds. */
  readonly takenAt: number;
  readonly services: Readonly<Record<App, ServiceView>>;
  /** Undefined where the bus is in process and keeps nothing. */
  readonly topics: ReadonlyMap<string, readonly LyingMessage[]> | undefined;
  readonly rows: Rows;
}

type Query = <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;

export const topicOf = (app: App): string => `rollcall.${app}`;

/** Reads everything. The system must be quiet: the parts are read one after the other. */
export async function viewOf(ownerUrl: string, brokers?: readonly string[]): Promise<View> {
  const topics = brokers && (await lyingIn(brokers, APPS.map(topicOf)));
  return lookInto(ownerUrl, async (query) => {
    const [clock] = await query<{ now: string }>('select (extract(epoch from clock_timestamp()) * 1000)::text as now');
    const views: [App, ServiceView][] = [];
    for (const app of APPS) views.push([app, await serviceView(query, app)]);
    const services = Object.fromEntries(views) as Record<App, ServiceView>;
    return { takenAt: Number(clock!.now), services, topics, rows: await rowsOf(query) };
  });
}

async function serviceView(query: Query, app: App): Promise<ServiceView> {
  const events = await query<StoredEvent>(
    `select tenant_id as "tenantId", stream_id as "streamId", version, event_id as "eventId", type, body from ${app}.events
     order by tenant_id, stream_id, version`,
  );
  const sequence = await query<{ position: string; place: string }>(
    `select position, concat_ws('/', tenant_id, stream_id, version) as place from ${app}.sequence order by position`,
  );
  const counts = await query<Count>(`select processor, topic, handled::int as handled from ${app}.checkpoints`);
  const [parked] = await query<{ n: number }>(`select count(*)::int as n from ${app}.parked where state = 'parked'`);
  const positions = sequence.map(({ position, place }) => ({ position: Number(position), place }));
  return { events, sequence: positions, counts, parked: parked!.n };
}

async function rowsOf(query: Query): Promise<Rows> {
  const texts = async (parts: string, from: string) =>
    (await query<{ row: string }>(`select concat_ws('/', tenant_id, ${parts}) as row from ${from}`)).map(
      ({ row }) => row,
    );
  return {
    history: await texts('event_id', 'gateway.history'),
    orders: await texts("task_id || ' ' || state", 'membership.removal_orders'),
    present: await texts('group_id, person_id', 'membership.participations where present'),
    consents: await texts('group_id, person_id', 'membership.known_consents where withdrawn_at is null'),
    deletions: await texts('task_id', 'retention.deletion_tasks'),
  };
}

/** What is still under way, in words; empty when every event is numbered, published and handled everywhere, and nothing is due. */
export function underWay(ownerUrl: string): Promise<string[]> {
  return lookInto(ownerUrl, async (query) => {
    const states = [];
    for (const app of APPS) {
      const [state] = await query<{ head: number; pending: number; published: number; due: number; counts: Count[] }>(
        `select head::int as head, published::int as published, (select count(*)::int from ${app}.pending) as pending,
           (select count(*)::int from ${app}.deadlines where due_at <= clock_timestamp()) as due,
           (select coalesce(json_agg(json_build_object('processor', processor, 'topic', topic, 'handled', handled)), '[]') from ${app}.checkpoints) as counts
         from ${app}.sequencer`,
      );
      states.push({ app, ...state! });
    }
    const heads = new Map(states.map(({ app, head }) => [topicOf(app), head]));
    return states.flatMap(({ app, head, pending, published, due, counts }) => [
      ...(pending > 0 ? [`${app} has ${pending} events without a number`] : []),
      ...(published < head ? [`${app} has published ${published} of ${head}`] : []),
      ...(due > 0 ? [`${app} has ${due} deadlines due`] : []),
      ...counts
        .filter(({ topic, handled }) => handled < (heads.get(topic) ?? 0))
        .map(
          ({ processor, topic, handled }) => `${processor} has handled ${handled} of ${heads.get(topic)} of ${topic}`,
        ),
    ]);
  });
}

/**
 * Where processors that are behind stand in their topics, by partition: `place/end`. One that stands at the end of every partition and is
 * behind all the same has passed over something; one that does not is stuck.
 */
export async function standing(ownerUrl: string, brokers: readonly string[]): Promise<string[]> {
  const behind = (await underWay(ownerUrl)).flatMap(
    (text) => /^(\S+) has handled .* of (\S+)$/.exec(text)?.slice(1) ?? [],
  );
  const [processor, topic] = behind;
  if (processor === undefined || topic === undefined) return [];
  const messages = (await lyingIn(brokers, [topic])).get(topic) ?? [];
  const ends = new Map(messages.map(({ partition, offset }) => [partition, offset + 1n]));
  const places = await placesOf(brokers, [{ group: processor, topic }]);
  return [...ends].map(([partition, end]) => {
    const place = `${processor} ${topic}/${partition}`;
    return `${place}: ${places.get(place) ?? 0n}/${end}`;
  });
}

/**
 * Events that the processors of a service have handled although their group has not committed to it: those will be delivered again. The
 * service must not run: one that does is between the two commits now and then.
 */
export async function toBeRedelivered(app: App, ownerUrl: string, brokers: readonly string[]): Promise<number> {
  const { alive } = await clusterOf(brokers);
  if (alive.length === 0) return 0;
  const topics = await lyingIn(brokers, APPS.map(topicOf));
  return lookInto(ownerUrl, async (query) => {
    const listening = await query<{ group: string; topic: string }>(
      `select processor as "group", topic from ${app}.checkpoints`,
    );
    const places = await placesOf(brokers, listening);
    const handled = await query<{ place: string }>(`select processor || ' ' || event_id as place from ${app}.inbox`);
    const known = new Set(handled.map(({ place }) => place));
    const isAgain = (group: string, { partition, offset, headers }: LyingMessage, topic: string) =>
      offset >= (places.get(`${group} ${topic}/${partition}`) ?? 0n) && known.has(`${group} ${headers['ce_id']}`);
    return listening.reduce(
      (sum, { group, topic }) =>
        sum + (topics.get(topic) ?? []).filter((message) => isAgain(group, message, topic)).length,
      0,
    );
  });
}
