import { createHash, randomUUID } from 'node:crypto';
import { EventStore, readSequenced } from '#eventsourcing';
import { CAUSE, left, TENANT, timed } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { measure, timesOf, type Row, type Side, type Size } from './harness.js';
import type { Connection } from './peers.js';

const PAGE = 100;

/** A page from the middle of the log, a stream of ten, and an append to the end, as the log grows. */
export async function logRows(ground: Ground, size: Size): Promise<Row[]> {
  const lengths = size.quick ? [1_000, 10_000] : [10_000, 100_000, 1_000_000];
  const [least, most] = [lengths[0]!, lengths.at(-1)!];
  const sides: Record<string, Side> = {};
  const store = new EventStore({ service: 'membership', deciders: [timed] });
  const opened: (() => Promise<void>)[] = [];
  try {
    for (const length of lengths) {
      const service = await ground.service(`bench_log_${length}`);
      opened.push(service.close);
      await fillLog(service, length);
      sides[`ours at ${length}`] = () =>
        timesOf(50, () => service.database.asRelay((tx) => readSequenced(tx.query, length / 2, PAGE)));
      sides[`stream at ${length}`] = () =>
        timesOf(200, (nr) =>
          service.database.inTenant(TENANT, (tx) => store.read(tx, [streamOf((nr * 7_919) % (length / 10))])),
        );
      sides[`append at ${length}`] = () =>
        timesOf(200, () =>
          service.database.inTenant(TENANT, (tx) =>
            store.append(tx, CAUSE, [{ streamId: `timed-${randomUUID()}`, expectedVersion: 'none', events: [left()] }]),
          ),
        );
    }
    const peer = await emmettWith(ground, most);
    opened.push(peer.close);
    sides['emmett'] = peer.read;
    const bar = { metric: 'p50', unit: 'ms' };
    return await measure(
      {
        sides,
        bars: [
          ...lengths.slice(1).map((length) => ({
            ...bar,
            id: `page-${length}`,
            what: `a page of ${PAGE} from the middle of ${length.toLocaleString('en')} events`,
            of: `ours at ${length}`,
            beside: `ours at ${least}`,
            called: `ours of ${least.toLocaleString('en')}`,
            atMost: 1.5,
            curve: { name: 'a page of the log', at: length, from: least },
          })),
          ...lengths.slice(1).map((length) => ({
            ...bar,
            id: `stream-at-${length}`,
            what: `read a stream of ten of ${length.toLocaleString('en')} events`,
            of: `stream at ${length}`,
            beside: `stream at ${least}`,
            called: `ours of ${least.toLocaleString('en')}`,
            atMost: 1.5 ** Math.log10(length / least),
            curve: { name: 'read a stream of ten', at: length, from: least },
          })),
          ...lengths.slice(1).map((length) => ({
            ...bar,
            id: `append-at-${length}`,
            what: `append one event with its deadline to ${length.toLocaleString('en')} events`,
            of: `append at ${length}`,
            beside: `append at ${least}`,
            called: `ours to ${least.toLocaleString('en')}`,
            // At most 1.5 times for ten times the data.
            atMost: 1.5 ** Math.log10(length / least),
            curve: { name: 'append one event', at: length, from: least },
          })),
          {
            ...bar,
            id: 'page-emmett',
            what: `a page of ${PAGE} from the middle of ${most.toLocaleString('en')} events`,
            of: `ours at ${most}`,
            beside: 'emmett',
            // Time against time: a hundred times cheaper.
            atMost: 0.01,
          },
        ],
      },
      size,
    );
  } finally {
    for (const close of opened) await close();
  }
}

const BODY = `'{"occurredAt":"2026-05-20T08:00:00.000Z","recordedAt":"2026-05-20T08:00:00.000Z","actor":{"kind":"system","id":"bench"},
"correlationId":"' || gen_random_uuid() || '","data":{"personId":"' || gen_random_uuid() || '","category":"member","trigger":"membership_ended",
"leftAt":"2026-05-01T16:00:00.000Z","reportedAt":"2026-05-20T08:00:00.000Z","source":"hr/main"}}'`;

/** The nth stream, as `fillLog` names it. */
function streamOf(nth: number): string {
  const hex = createHash('md5').update(String(nth)).digest('hex');
  return `plain-${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`;
}

/** Events as the product would have stored and numbered them, ten to a stream. */
async function fillLog({ owner }: ServiceGround, length: number): Promise<void> {
  await owner.query(
    `insert into events (tenant_id, stream_id, version, event_id, type, body)
     select '${TENANT}', 'plain-' || md5((n / 10)::text)::uuid, n % 10 + 1, gen_random_uuid(), 'rollcall.membership.LeaverDetected.v1', ${BODY}
     from generate_series(0, ${length - 1}) n`,
  );
  await owner.query(
    `insert into sequence (position, tenant_id, stream_id, version)
     select n + 1, '${TENANT}', 'plain-' || md5((n / 10)::text)::uuid, n % 10 + 1 from generate_series(0, ${length - 1}) n`,
  );
  await settle(owner);
}

/** What autovacuum does in time: no side is measured on statistics of an empty table. */
async function settle(owner: Connection): Promise<void> {
  await owner.query('vacuum analyze');
  await owner.query('checkpoint');
}

async function emmettWith(ground: Ground, length: number) {
  const { ownerUrl } = await ground.databaseUrl('bench_log_emmett');
  const store = ground.peers.emmett.getPostgreSQLEventStore(ownerUrl);
  await store.schema.migrate();
  await store.close();
  const owner = await ground.connect(ownerUrl);
  // A thousand transactions, as the events of a real log come from many.
  for (let part = 0; part < 1_000; part++) {
    const [from, to] = [(part * length) / 1_000, ((part + 1) * length) / 1_000 - 1];
    await owner.query(
      `insert into emt_messages (stream_position, transaction_id, stream_id, message_schema_version, message_id, message_type, message_data, message_metadata)
       select n % 10 + 1, pg_current_xact_id(), md5((n / 10)::text), '1', gen_random_uuid()::text, 'rollcall.membership.LeaverDetected.v1', x.body->'data', x.body - 'data'
       from generate_series(${from}, ${to}) n, lateral (select (${BODY})::jsonb as body) x`,
    );
  }
  await settle(owner);
  const pool = ground.peers.dumbo.dumbo({ connectionString: ownerUrl });
  const after = BigInt(length / 2);
  const page = async () => {
    const { messages } = await ground.peers.emmett.readMessagesBatch(pool.execute, { after, batchSize: PAGE });
    if (messages.length !== PAGE) throw new Error(`emmett gave ${messages.length} events`);
  };
  return { read: () => timesOf(5, page), close: () => Promise.all([pool.close(), owner.end()]).then(() => undefined) };
}
