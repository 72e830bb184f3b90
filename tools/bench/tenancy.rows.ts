import { createHash } from 'node:crypto';
import { Database, EventStore, type Transaction } from '#eventsourcing';
import { membership } from '../../apps/membership/membership.service.js';
import { listRemovalOrders, findRemovalOrder } from '../../apps/membership/removals/removal-orders.read-model.js';
import { groupsOf, holdersOf, linksOf, statusesOf } from '../../apps/membership/people/people.read-model.js';
import { TENANT } from './events.js';
import type { Ground } from './ground.js';
import { callByCall, measure, type Row, type Size } from './harness.js';

type Query = (tx: Transaction) => Promise<unknown>;

/** Ten queries of the product under row-level security, beside the same statements, which say the organisation too, without it. */
export async function tenancyRows(ground: Ground, size: Size): Promise<Row[]> {
  const count = size.quick ? 10_000 : 1_000_000;
  const { owner, database, close } = await ground.service('bench_tenancy', membership.migrations);
  // The superuser is not held by row-level security; the pool of the machinery asks for a role of this name.
  await owner.query('create role postgres_relay');
  const { ownerUrl } = ground.ownerOf('bench_tenancy');
  const bypassing = await Database.open({ url: ownerUrl, schema: 'membership' });
  try {
    for (const statement of seed(count)) await owner.query(statement);
    await owner.query('vacuum analyze');
    const queries = tenQueries(count);
    const times = size.quick ? 100 : 300;
    return await measure(
      {
        round: () =>
          database.inTenant(TENANT, (held) =>
            bypassing.inTenant(TENANT, (free) => compared(queries, { held, free }, times)),
          ),
        bars: Object.keys(queries).flatMap((name, nr) =>
          ['p50', 'p95'].map((metric) => ({
            id: `tenancy-${nr + 1}-${metric}`,
            what: `row-level security, ${count.toLocaleString('en')} rows: ${name}, ${metric}`,
            metric: `${name} ${metric}`,
            unit: 'ms',
            beside: 'explicit WHERE alone',
            atMost: 1.2,
          })),
        ),
      },
      size,
    );
  } finally {
    await bypassing.close();
    await close();
  }
}

/** Each query in both transactions, call by call. */
async function compared(
  queries: Readonly<Record<string, Query>>,
  { held, free }: Readonly<Record<'held' | 'free', Transaction>>,
  times: number,
): Promise<Record<string, Record<string, number>>> {
  const ours: Record<string, number> = {};
  const theirs: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    const figures = await callByCall({ held: () => query(held), free: () => query(free) }, times);
    for (const metric of ['p50', 'p95']) {
      ours[`${name} ${metric}`] = figures['held']![metric]!;
      theirs[`${name} ${metric}`] = figures['free']![metric]!;
    }
  }
  return { ours, 'explicit WHERE alone': theirs };
}

const id = (what: string, n: string) => `md5('${what}' || ${n})::uuid`;

/** One row in ten is another organisation's, so that the policy has something to hide. */
function seed(count: number): string[] {
  const rows = `generate_series(1, ${count}) n`;
  const tenant = `case when n % 10 = 0 then gen_random_uuid() else '${TENANT}'::uuid end`;
  const from = `'2026-01-01T00:00:00Z'::timestamptz + n * interval '1 second'`;
  return [
    `insert into removal_orders (tenant_id, task_id, group_id, person_id, trigger, owners, opened_at, due_at, state, already_overdue, rules)
     select ${tenant}, ${id('t', 'n')}, ${id('g', 'n / 100')}, ${id('p', 'n / 5')}, 'role_ended', '{}', ${from}, ${from},
       case when n % 20 = 1 then 'open' else 'done' end, false, '[]' from ${rows}`,
    `insert into identity_links (tenant_id, kind, commitment, person_id, source, confidence)
     select ${tenant}, 'crmId', md5('c' || n), ${id('p', 'n')}, 'crm', 'stated' from ${rows}`,
    `insert into person_statuses (tenant_id, person_id, category, source, status, status_from, reported_at)
     select ${tenant}, ${id('p', 'n')}, 'member', 'crm', 'active', ${from}, ${from} from ${rows}`,
    `insert into person_groups (tenant_id, person_id, group_id, since)
     select ${tenant}, ${id('p', 'n / 5')}, ${id('g', 'n')}, ${from} from ${rows}`,
    `insert into events (tenant_id, stream_id, version, event_id, type, body)
     select '${TENANT}', 'person-' || ${id('p', 'n / 10')}, n % 10 + 1, gen_random_uuid(), 'rollcall.membership.LeaverDetected.v1',
       '{"occurredAt":"2026-05-20T08:00:00.000Z","data":{}}' from ${rows}`,
  ];
}

const named = (what: string, n: number) => createHash('md5').update(`${what}${n}`).digest('hex');
const uuid = (what: string, n: number) => named(what, n).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

function tenQueries(count: number): Record<string, Query> {
  const store = new EventStore({ service: 'membership' });
  const nth = count / 2 + 1;
  const [person, group, task] = [uuid('p', Math.floor(nth / 5)), uuid('g', Math.floor(nth / 100)), uuid('t', nth)];
  const deep = ['2026-01-01T01:00:00.000Z', task] as const;
  const orders =
    (filter: Parameters<typeof listRemovalOrders>[1], after?: readonly [string, string]): Query =>
    (tx) =>
      listRemovalOrders(tx, filter, after, 51);
  return {
    'open orders': orders({ state: 'open' }),
    'open orders, a deep page': orders({ state: 'open' }, deep),
    'orders of a group': orders({ groupId: group }),
    'orders of a person': orders({ personId: person }),
    'one order': (tx) => findRemovalOrder(tx, task),
    'whom an identifier names': (tx) => holdersOf(tx, [{ kind: 'crmId', commitment: named('c', nth) }]),
    'how a person is known': (tx) => linksOf(tx, [uuid('p', nth)]),
    'statuses of a person': (tx) => statusesOf(tx, [uuid('p', nth)]),
    'groups of a person': (tx) => groupsOf(tx, person),
    'a stream of ten events': (tx) => store.read(tx, [`person-${uuid('p', Math.floor(nth / 10))}`]),
  };
}
