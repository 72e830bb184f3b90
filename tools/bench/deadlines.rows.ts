import { randomUUID } from 'node:crypto';
import { record, type Decider, type NewEvent } from '#domain';
import type { MembershipPayloads } from '#events';
import { Commands, EventStore, Sweeper, type Database } from '#eventsourcing';
import { left, TENANT } from './events.js';
import type { Ground, ServiceGround } from './ground.js';
import { measure, rateOf, timesOf, type Row, type Side, type Size } from './harness.js';
import type { Boss } from './peers.js';

const FAR = '2099-01-01T00:00:00Z';
const QUEUE = 'deadlines';

type Fires = Pick<MembershipPayloads, 'LeaverDetected'>;
/** Each firing is recorded by an event, as with the product's own deadlines. */
const fires: Decider<null, { FollowUp: object }, Fires> = {
  category: 'fires',
  initial: null,
  decide: {
    FollowUp: () => {
      const { data } = left() as NewEvent<'LeaverDetected', Fires['LeaverDetected']>;
      return [record('LeaverDetected', data)];
    },
  },
  evolve: { LeaverDetected: (state) => state },
};

export async function deadlineRows(ground: Ground, size: Size): Promise<Row[]> {
  const service = await ground.service('bench_fire');
  const peer = await openBoss(ground, 'bench_boss');
  try {
    return [...(await measure(await firing(service, peer, size), size)), ...(await emptySweeps(ground, size))];
  } finally {
    await peer.close();
    await service.close();
  }
}

async function firing(service: ServiceGround, { boss }: Peer, { quick }: Size) {
  const count = quick ? 2_000 : 10_000;
  const bar = { metric: 'rate', unit: 'fired/s', what: 'deadlines fired, an event appended for each' };
  const theirs = (batchSize: number) => async () => {
    await boss.insert(
      QUEUE,
      Array.from({ length: count }, () => ({ data: { personId: randomUUID() }, startAfter: new Date(0) })),
    );
    return rateOf(count, async () => {
      for (let done = 0; done < count;) {
        const jobs = await boss.fetch(QUEUE, { batchSize });
        await boss.complete(
          QUEUE,
          jobs.map(({ id }) => id),
        );
        done += jobs.length;
      }
    });
  };
  return {
    sides: {
      ours: async () => {
        await arm(service, count, '2026-01-01T00:00:00Z');
        return rateOf(count, () => firesAll(service, count));
      },
      'pg-boss by 1,000': theirs(1_000),
      'pg-boss by 100': theirs(100),
    },
    bars: [
      { ...bar, id: 'fire-1000', beside: 'pg-boss by 1,000', atLeast: 1.5 },
      { ...bar, id: 'fire-100', beside: 'pg-boss by 100', atLeast: 5 },
    ],
  };
}

/** A sweeper as a service starts it, until it has recorded so many firings. */
async function firesAll({ database }: ServiceGround, count: number): Promise<void> {
  let [fired, sweeper]: [number, Sweeper | undefined] = [0, undefined];
  await new Promise<void>((done, failed) => {
    sweeper = open(database, (outcome) => {
      if ('error' in outcome) failed(outcome.error);
      else if ((fired += outcome.recorded.length) >= count) done();
    });
  });
  await sweeper!.stop();
}

/** A sweeper that sweeps only when it is told. */
async function sweeperOf({ database }: ServiceGround): Promise<Sweeper> {
  const sweeper = open(database, () => {});
  await sweeper.stop();
  return sweeper;
}

function open(database: Database, onAppend: Parameters<EventStore['onAppend']>[0]): Sweeper {
  const store = new EventStore({ service: 'membership', deciders: [fires] });
  store.onAppend(onAppend);
  const deciders = [fires as unknown as Decider<unknown, object, object>];
  const log = (_: string, message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  return new Sweeper({ database, commands: new Commands(store), deciders, log });
}

async function arm({ owner }: ServiceGround, count: number, dueAt: string): Promise<void> {
  await owner.query(
    `insert into deadlines (tenant_id, stream_id, name, due_at, fire_at, command, correlation_id, causation_id)
     select '${TENANT}', 'fires-' || gen_random_uuid(), 'follow-up', due, due, '{"name":"FollowUp","data":{}}', gen_random_uuid(), gen_random_uuid()
     from (select '${dueAt}'::timestamptz + n * interval '1 millisecond' as due from generate_series(1, ${count}) n)`,
  );
}

async function emptySweeps(ground: Ground, size: Size): Promise<Row[]> {
  const counts = size.quick ? [1_000, 10_000] : [1_000, 100_000, 1_000_000, 10_000_000];
  const sides: Record<string, Side> = {};
  const opened: (() => Promise<void>)[] = [];
  try {
    for (const count of counts) {
      const service = await ground.service(`bench_sweep_${count}`);
      opened.push(service.close);
      for (let armed = 0; armed < count; armed += 1_000_000) await arm(service, Math.min(count, 1_000_000), FAR);
      await service.owner.query('vacuum analyze deadlines');
      const sweeper = await sweeperOf(service);
      sides[`ours at ${count}`] = () => timesOf(50, () => sweeper.sweep());
    }
    const aged = await withOldSnapshot(ground, size);
    opened.push(aged.close);
    sides['ours with an old snapshot'] = aged.sweep;
    const jobs = size.quick ? 10_000 : 1_000_000;
    const peer = await openBoss(ground, 'bench_boss_idle');
    opened.push(peer.close);
    await peer.wait(jobs);
    sides['pg-boss fetch'] = () => timesOf(5, () => peer.boss.fetch(QUEUE, { batchSize: 100 }));
    return await measure({ sides, bars: sweepBars(counts, jobs) }, size);
  } finally {
    for (const close of opened) await close();
  }
}

function sweepBars(counts: readonly number[], jobs: number) {
  const bar = { metric: 'p50', unit: 'ms' };
  const what = (count: number) => `a sweep with nothing due, ${count.toLocaleString('en')} deadlines open`;
  const least = `ours at ${counts[0]!}`;
  return [
    ...counts.slice(1).map((count) => ({
      ...bar,
      id: `sweep-${count}`,
      what: what(count),
      of: `ours at ${count}`,
      beside: least,
      atMost: 2,
      curve: { name: 'a sweep with nothing due', at: count, from: counts[0]! },
    })),
    { ...bar, id: 'sweep-boss', what: what(jobs), of: `ours at ${jobs}`, beside: 'pg-boss fetch', atMost: 0.025 },
    {
      ...bar,
      id: 'sweep-old-snapshot',
      what: 'a sweep with nothing due after 100,000 fired, an old snapshot open',
      of: 'ours with an old snapshot',
      beside: least,
      atMost: 10,
    },
  ];
}

/** Deadlines that were fired while somebody's snapshot still sees them: their index entries cannot go. */
async function withOldSnapshot(ground: Ground, { quick }: Size) {
  const service = await ground.service('bench_sweep_snapshot');
  await arm(service, quick ? 1_000 : 100_000, '2026-01-01T00:00:00Z');
  await arm(service, 1_000, FAR);
  await service.owner.query('vacuum analyze deadlines');
  const { rows } = await service.owner.query<{ name: string }>('select current_database() as name');
  const { ownerUrl } = ground.ownerOf(rows[0]!.name);
  const reader = await ground.connect(ownerUrl);
  await reader.query('begin isolation level repeatable read');
  await reader.query('select 1 from membership.deadlines limit 1');
  await firesAll(service, quick ? 1_000 : 100_000);
  const sweeper = await sweeperOf(service);
  await sweeper.sweep();
  return {
    sweep: () => timesOf(50, () => sweeper.sweep()),
    close: async () => {
      await reader.end();
      await service.close();
    },
  };
}

interface Peer {
  readonly boss: Boss;
  readonly wait: (jobs: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function openBoss(ground: Ground, name: string): Promise<Peer> {
  const { ownerUrl } = await ground.databaseUrl(name);
  const boss = new ground.peers.PgBoss({ connectionString: ownerUrl, supervise: false, schedule: false });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  await boss.createQueue(QUEUE);
  const owner = await ground.connect(ownerUrl);
  return {
    boss,
    /** Jobs that wait for a far day, each created at its own moment as in life. */
    wait: async (jobs) => {
      await boss.insert(QUEUE, [{ data: { personId: randomUUID() }, startAfter: new Date(FAR) }]);
      await owner.query(
        `insert into pgboss.job (name, data, start_after, created_on, policy, retry_limit, expire_seconds, deletion_seconds, keep_until)
         select j.name, j.data, j.start_after + n * interval '1 millisecond', j.created_on + n * interval '1 millisecond', j.policy, j.retry_limit,
           j.expire_seconds, j.deletion_seconds, j.start_after + interval '14 days'
         from pgboss.job j, generate_series(1, ${jobs - 1}) n where j.name = '${QUEUE}'`,
      );
      await owner.query('vacuum analyze');
    },
    close: async () => {
      await owner.end();
      await boss.stop({ graceful: false });
    },
  };
}
