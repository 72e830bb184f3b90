import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PAGES, ProcessorServer, toMessage, type ReceivedMessage, type Transport } from '#bus';
import type { MembershipPayloads, RecordedEvent } from '#events';
import { EventStore, project, readSequenced, Relay, type Transaction } from '#eventsourcing';
import { CAUSE, left, TENANT } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { measure, rateOf, type Row, type Side, type Size } from './harness.js';
import { InboxEntity, LeaverEntity, leaverMigration, leavers, type Leaver } from './leavers.read-model.js';

const PAGE = 500;
type Handler = (tx: Transaction, events: readonly RecordedEvent[]) => Promise<unknown>;

/** A projection that follows the log from its beginning, with an inbox row for each event. */
export async function catchUpRows(ground: Ground, size: Size): Promise<Row[]> {
  const service = await ground.service('bench_catch_up', [leaverMigration], [LeaverEntity, InboxEntity]);
  try {
    const count = size.quick ? 5_000 : 50_000;
    await fill(service, count);
    const catchUp =
      (handler: Handler): Side =>
      async () => {
        await service.owner.query('truncate bench_leavers, inbox, followed, checkpoints');
        const onBatch = await processor(service, handler);
        return rateOf(count, () => eachPage(service, count, (events) => onBatch(events.map(received))));
      };
    const bar = { metric: 'rate', unit: 'events/s', what: 'projection catch-up with inbox rows' };
    return await measure(
      {
        sides: {
          ours: catchUp((tx, events) => project(tx, [leavers], events)),
          'TypeORM upsert of pages': catchUp((tx, events) =>
            tx.manager.upsert(LeaverEntity, events.map(rowOf), ['tenantId', 'personId', 'category']),
          ),
          'TypeORM save, one by one': () => savedOneByOne(service, size.quick ? 200 : 1_000),
          'reading alone': () => rateOf(count, () => eachPage(service, count, () => Promise.resolve())),
        },
        bars: [
          { ...bar, id: 'catch-up-save', beside: 'TypeORM save, one by one', atLeast: 35 },
          { ...bar, id: 'catch-up-upsert', beside: 'TypeORM upsert of pages', atLeast: 1.5 },
          { ...bar, id: 'catch-up-reading', beside: 'reading alone' },
        ],
      },
      size,
    );
  } finally {
    await service.close();
  }
}

const rowOf = (event: RecordedEvent): Leaver => {
  const { personId, category, trigger, leftAt, source } = event.data as MembershipPayloads['LeaverDetected'];
  return { tenantId: event.tenantId, personId, category, trigger, leftAt, source };
};

/** Appends events and lets the product's own relay number them. */
async function fill({ database, owner }: ServiceGround, count: number): Promise<void> {
  const store = new EventStore({ service: 'membership' });
  for (let from = 0; from < count; from += PAGE) {
    const appends = Array.from({ length: PAGE }, () => ({
      streamId: `person-${randomUUID()}`,
      expectedVersion: 'none' as const,
      events: [left()],
    }));
    await database.inTenant(TENANT, (tx) => store.append(tx, CAUSE, appends));
  }
  const relay = new Relay({ database, publish: () => Promise.resolve(), log: () => {} });
  const head = async () => Number((await owner.query<{ head: string }>('select head from sequencer')).rows[0]!.head);
  while ((await head()) < count) await delay(20);
  await relay.stop();
  await owner.query('vacuum analyze');
}

async function eachPage(
  { database }: ServiceGround,
  count: number,
  work: (events: Awaited<ReturnType<typeof readSequenced>>) => Promise<unknown>,
): Promise<void> {
  for (let position = 0; position < count;) {
    const events = await database.asRelay((tx) => readSequenced(tx.query, position, PAGE));
    await work(events);
    position = events.at(-1)!.position;
  }
}

const received = (event: Parameters<typeof toMessage>[0]): ReceivedMessage => ({
  ...toMessage(event),
  partition: 0,
  offset: String(event.position),
});

/** The product's processor with one handler of pages, and its door for batches. */
async function processor({ database }: ServiceGround, handler: Handler) {
  let deliver: ((messages: readonly ReceivedMessage[]) => Promise<void>) | undefined;
  const transport: Pick<Transport, 'ensureTopics' | 'subscribe'> = {
    ensureTopics: () => Promise.resolve(),
    subscribe: (subscription) => {
      deliver = (messages) => subscription.onBatch(messages, () => Promise.resolve());
      return Promise.resolve({ status: () => 'running' as const, stop: () => Promise.resolve() });
    },
  };
  const nothingIsParked = () => Promise.reject(new Error('Nothing is to be parked here'));
  const server = new ProcessorServer({
    name: 'membership.bench',
    topics: ['rollcall.membership'],
    database,
    transport: transport as Transport,
    log: (_, message, error) => {
      throw new Error(message, { cause: error });
    },
    seal: nothingIsParked,
    open: nothingIsParked,
  });
  server.addHandler(
    PAGES,
    ((events: RecordedEvent[], { tx }: { tx: Transaction }) => handler(tx, events)) as never,
    true,
  );
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  return deliver!;
}

/** As a consumer without pages does it: for each event one transaction, its inbox row and its row saved. */
async function savedOneByOne(service: ServiceGround, count: number) {
  const { database, owner } = service;
  await owner.query('truncate bench_leavers, inbox');
  const events = await database.asRelay((tx) => readSequenced(tx.query, 0, count));
  return rateOf(events.length, async () => {
    for (const event of events)
      await database.inTenant(event.tenantId, async ({ manager }) => {
        await manager.save(InboxEntity, { tenantId: event.tenantId, processor: 'bench', eventId: event.id });
        await manager.save(LeaverEntity, rowOf(event));
      });
  });
}
