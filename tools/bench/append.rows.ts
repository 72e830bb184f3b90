import { randomUUID } from 'node:crypto';
import { Appender, EventStore, type Append } from '#eventsourcing';
import { CAUSE, emmettEvent, left, TENANT, timed } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { measure, rateOf, timesOf, underLoad, type Contest, type Figures, type Row, type Size } from './harness.js';
import type { EmmettStore } from './peers.js';

const STREAM_LENGTH = 10;
const PAGE = 1_000;

/**
 * Appends beside emmett and beside COPY; the store's own way through schema check, tenancy, pending row and deadlines. What is recorded
 * beside no other write is gathered by the `Appender`; a command has a transaction of its own, and so has each page of a bulk append.
 */
export async function appendRows(ground: Ground, size: Size): Promise<Row[]> {
  const service = await ground.service('bench_append');
  const { ownerUrl } = await ground.databaseUrl('bench_emmett');
  const emmett = ground.peers.emmett.getPostgreSQLEventStore(ownerUrl);
  await emmett.schema.migrate();
  const store = new EventStore({ service: 'membership', deciders: [timed] });
  try {
    const rows: Row[] = [];
    for (const callers of [1, 8, 32])
      rows.push(...(await measure(oneByOne(service, store, emmett, callers, size), size)));
    rows.push(...(await measure(await bulk(service, store, emmett, size), size)));
    rows.push(...(await measure(oneStream(service, store, emmett, size), size)));
    return rows;
  } finally {
    await emmett.close();
    await service.close();
  }
}

/** Each caller fills streams of its own, naming the version it expects. */
function inStreams(append: (stream: string, version: number) => Promise<unknown>) {
  const at = new Map<number, { stream: string; version: number }>();
  return async (caller: number) => {
    let place = at.get(caller);
    if (!place || place.version === STREAM_LENGTH) at.set(caller, (place = { stream: randomUUID(), version: 0 }));
    await append(place.stream, place.version);
    place.version++;
  };
}

const ourAppend =
  ({ database }: ServiceGround, store: EventStore) =>
  (appends: readonly Append[]) =>
    database.inTenant(TENANT, (tx) => store.append(tx, CAUSE, appends));

const emmettAppend = (emmett: EmmettStore) => (stream: string, version: number, count: number) =>
  emmett.appendToStream(`timed-${stream}`, Array.from({ length: count }, emmettEvent), {
    expectedStreamVersion: version === 0 ? 'STREAM_DOES_NOT_EXIST' : BigInt(version),
  });

function oneByOne(
  service: ServiceGround,
  store: EventStore,
  emmett: EmmettStore,
  callers: number,
  { span }: Size,
): Contest {
  const append = ourAppend(service, store);
  const appender = new Appender(service.database, store);
  const theirs = emmettAppend(emmett);
  const what = `append one event with its deadline, ${callers} at once`;
  const bar = { what: `${what}, gathered as what was denied is`, beside: 'emmett' };
  const rate = { metric: 'rate', unit: 'events/s' };
  const wait = { metric: 'p99', unit: 'ms p99' };
  return {
    sides: {
      ours: () =>
        underLoad(
          callers,
          span,
          inStreams((stream, version) =>
            append([{ streamId: `timed-${stream}`, expectedVersion: version || 'none', events: [left()] }]),
          ),
        ),
      grouped: () =>
        underLoad(
          callers,
          span,
          inStreams((stream, version) =>
            appender.append(TENANT, CAUSE, [
              { streamId: `timed-${stream}`, expectedVersion: version || 'none', events: [left()] },
            ]),
          ),
        ),
      emmett: () =>
        underLoad(
          callers,
          span,
          inStreams((stream, version) => theirs(stream, version, 1)),
        ),
    },
    bars: [
      { ...bar, ...rate, id: `append-${callers}`, of: 'grouped', atLeast: { 1: 1.8, 8: 3.5, 32: 6 }[callers]! },
      { ...bar, ...wait, id: `append-${callers}-p99`, of: 'grouped', ...(callers === 32 ? { atMost: 0.3 } : {}) },
      { ...bar, ...rate, id: `append-${callers}-alone`, what: `${what}, each in a transaction as a command is` },
    ],
  };
}

const newStreams = (count: number): Append[] =>
  Array.from({ length: count }, () => ({
    streamId: `plain-${randomUUID()}`,
    expectedVersion: 'none',
    events: [left()],
  }));

async function bulk(
  service: ServiceGround,
  store: EventStore,
  emmett: EmmettStore,
  { quick, span }: Size,
): Promise<Contest> {
  const append = ourAppend(service, store);
  const pages = quick ? 4 : 20;
  const ours = (connections: number): Promise<Figures> => {
    const each = Array.from({ length: connections }, () =>
      Array.from({ length: pages / connections }, () => newStreams(PAGE)),
    );
    return rateOf(pages * PAGE, () =>
      Promise.all(
        each.map(async (mine) => {
          for (const page of mine) await append(page);
        }),
      ),
    );
  };
  const theirs = emmettAppend(emmett);
  const bar = { metric: 'rate', unit: 'events/s' };
  const what = (how: string) => `bulk append, many streams of one event, versions checked, ${how}`;
  return {
    sides: {
      ours: () => ours(1),
      two: () => ours(2),
      COPY: await copying(service, pages * PAGE),
      emmett: () => underLoad(8, span, () => theirs(randomUUID(), 0, 1)),
    },
    bars: [
      { ...bar, id: 'bulk-1', what: what('one connection'), beside: 'COPY', atLeast: 0.5 },
      { ...bar, id: 'bulk-2', what: what('two connections'), of: 'two', beside: 'COPY', atLeast: 0.75 },
      { ...bar, id: 'bulk-emmett', what: what('one connection'), beside: 'emmett', atLeast: 10 },
    ],
  };
}

/** COPY of events as they lie in the log, from a file of the server's, into the very table: the limit. Each run copies fresh streams. */
async function copying({ owner, database }: ServiceGround, count: number) {
  const store = new EventStore({ service: 'membership' });
  await database.inTenant(TENANT, (tx) => store.append(tx, CAUSE, newStreams(1)));
  const { rows } = await owner.query<{ folder: string }>("select current_setting('data_directory') as folder");
  const file = `${rows[0]!.folder}/bench.copy`;
  const write = `copy (select tenant_id, 'copied-' || gen_random_uuid(), 1, gen_random_uuid(), type, body
    from (select * from events limit 1) e, generate_series(1, ${count})) to '${file}'`;
  return async () => {
    await owner.query(write);
    return rateOf(count, () =>
      owner.query(`copy events (tenant_id, stream_id, version, event_id, type, body) from '${file}'`),
    );
  };
}

function oneStream(service: ServiceGround, store: EventStore, emmett: EmmettStore, { quick }: Size): Contest {
  const append = ourAppend(service, store);
  const theirs = emmettAppend(emmett);
  const times = quick ? 20 : 100;
  const bar = { beside: 'emmett', metric: 'p50', unit: 'ms' };
  const ourStream = `plain-${randomUUID()}`;
  const theirStream = randomUUID();
  const hundred = () => Array.from({ length: 100 }, left);
  const prepared = Promise.all([
    append([{ streamId: ourStream, expectedVersion: 'none', events: hundred() }]),
    theirs(theirStream, 0, 100),
  ]);
  return {
    sides: {
      ours: async () => {
        await prepared;
        return timesOf(times, () =>
          append([{ streamId: `plain-${randomUUID()}`, expectedVersion: 'none', events: hundred() }]),
        );
      },
      emmett: () => timesOf(times, () => theirs(randomUUID(), 0, 100)),
      'ours reading': async () => {
        await prepared;
        return timesOf(times, () => service.database.inTenant(TENANT, (tx) => store.read(tx, [ourStream])));
      },
      'emmett reading': async () => {
        await prepared;
        return timesOf(times, () => emmett.readStream(`timed-${theirStream}`));
      },
    },
    bars: [
      // Times, so the other way round: at most half of theirs is at least twice as fast.
      { ...bar, id: 'append-100', what: 'append 100 events to one stream', atMost: 0.5 },
      {
        ...bar,
        id: 'read-100',
        what: 'read a stream of 100 events',
        of: 'ours reading',
        beside: 'emmett reading',
        atMost: 0.667,
      },
    ],
  };
}
