import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '#events';
import { openServiceDatabase, type ServiceDatabase } from '../../../libs/testing/service-database.js';
import { at, historyService, rule, told } from './history.fixture.js';
import { historyQuery, type HistoryFilter, IN_INDEX_ORDER, type Part, readPart } from './history.query.js';
import { recordPage, termsOf } from './history.read-model.js';

let service: ServiceDatabase;
beforeAll(async () => {
  service = await openServiceDatabase('gateway', { migrations: historyService.migrations });
});
afterAll(() => service.close());

const record = (tenantId: string, events: readonly RecordedEvent[]) =>
  service.database.inTenant(tenantId, (tx) => recordPage(tx, events));

/** Everyday events of a few people, groups and tasks, some at the same instant. */
function days(tenantId: string, count: number, ids: readonly string[]): RecordedEvent[] {
  const pick = (n: number) => ids[n % ids.length]!;
  return Array.from({ length: count }, (_, n) => {
    const who = { groupId: pick(n * 7), personId: pick(Math.floor(n / 3) * 11 + 3) };
    const fact = [
      { name: 'MemberAdded', data: { ...who, capacity: 'member', route: 'roster' } },
      {
        name: 'GroupRegistered',
        data: {
          groupId: who.groupId,
          groupType: 'ward',
          official: true,
          admins: [who.personId, pick(Math.floor(n / 3))],
        },
      },
      {
        name: 'MemberRemoved',
        data: { ...who, taskId: pick(Math.floor(n / 3) * 13), evidence: 'roster_absent', lateBySeconds: 0 },
      },
    ][n % 3]!;
    return told({
      ...fact,
      tenantId,
      occurredAt: at(Math.floor(n / 2) % 60),
      version: n + 1,
      rules: [rule(`LD-${n % 40}`)],
      actor: { kind: 'key', id: pick(n * 3) },
      correlationId: pick(n * 5),
    });
  });
}
const people = Array.from({ length: 40 }, () => randomUUID());

describe('The history’s rows', () => {
  it('are the same by the page as one by one, and when everything comes again', async () => {
    const events = days('', 60, people.slice(0, 5));
    const [byPage, oneByOne] = [randomUUID(), randomUUID()];
    await record(byPage, events.slice(0, 25));
    await record(byPage, events.slice(20));
    for (const event of events) await record(oneByOne, [event]);
    for (const [table, key] of [
      ['history', 'event_id'],
      ['history_terms', 'event_id, term'],
      ['presence', 'event_id'],
    ]) {
      const rows = (tenantId: string) =>
        service.database.inTenant(tenantId, (tx) =>
          tx.query(`select to_jsonb(x) - 'tenant_id' as row from ${table} x where tenant_id = $1 order by ${key}`, [
            tenantId,
          ]),
        );
      const expected = await rows(oneByOne);
      expect(expected.length).toBeGreaterThan(20);
      expect(await rows(byPage)).toEqual(expected);
    }
  });

  it('name every id in whatever field, the people who acted and the obligations, but not what has a column', () => {
    const [personId, groupId, taskId, owner, seen, helper] = Array.from({ length: 6 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const event = told({
      tenantId: randomUUID(),
      name: 'RetentionScheduled',
      service: 'retention',
      data: {
        personId,
        groupId,
        ownerId: owner,
        again: personId,
        deletion: { taskId, within: 'P2D' },
        seen: [seen.toUpperCase(), 'word'],
        count: 3,
        nothing: null,
      },
      occurredAt: at(1),
      actor: { kind: 'key', id: randomUUID(), onBehalfOf: helper },
      rules: [rule('BR-57', 'BR-58'), rule('BR-58')],
    });
    expect(termsOf(event)).toEqual([owner, taskId, seen, helper, 'BR-57', 'BR-58']);
  });
});

describe('Every way to ask the history', () => {
  const tenantId = randomUUID();
  beforeAll(async () => {
    await record(tenantId, days(tenantId, 4_000, people));
    await record(randomUUID(), days('', 1_000, people));
    for (const table of ['history', 'history_terms']) await service.asOwner(`analyze ${table}`);
  });
  const id = people[7]!;
  const after = [at(20), randomUUID()] as const;
  const filters: [string, HistoryFilter][] = [
    ['time', { from: at(10), to: at(40) }],
    ['everything', {}],
    ['person', { personId: id }],
    ['group', { groupId: id }],
    ['task', { taskId: id }],
    ['obligation', { obligation: 'LD-7' }],
    ['type', { type: 'MemberAdded' }],
    ['actor', { actor: id }],
    ['case', { correlationId: id }],
    ['person within a time', { personId: id, from: at(10), to: at(40) }],
  ];
  const parts: Part[] = [
    { order: 'asc', limit: 50 },
    { order: 'asc', limit: 50, after },
    { order: 'desc', limit: 50, after },
  ];

  it.each(filters)('by %s reads ranges of an index in order: no sort, no scan of a table', async (_, filter) => {
    for (const part of parts) {
      const { sql, values } = historyQuery(tenantId, filter, part);
      const plan = await service.database.inTenant(tenantId, async (tx) => {
        await tx.query(IN_INDEX_ORDER);
        return tx.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${sql}`, values);
      });
      const text = plan.map((line) => line['QUERY PLAN']).join('\n');
      expect(text).not.toMatch(/Sort\b(?! Key)|Seq Scan|Bitmap|Hash/);
      const conditions = text.split('\n').filter((line) => line.includes('Index Cond'));
      const ranges = conditions.filter((line) => line.includes('ROW(occurred_at, event_id)'));
      if (part.after) expect(ranges.length).toBeGreaterThanOrEqual(text.includes('Append') ? 2 : 1);
    }
  });

  it('by several filters gives the events that all of them name', async () => {
    const filter = { personId: id, type: 'GroupRegistered', from: at(5), to: at(50) };
    const found = await service.database.inTenant(tenantId, (tx) =>
      readPart(tx, historyQuery(tenantId, filter, { order: 'asc', limit: 500 })),
    );
    const expected = await service.asOwner<{ event_id: string }>(
      `select event_id from history where tenant_id = $1 and name = 'GroupRegistered' and position($2 in data) > 0
         and occurred_at >= $3 and occurred_at < $4 and data::json ->> 'groupId' <> $2 order by occurred_at, event_id`,
      [tenantId, id, at(5), at(50)],
    );
    expect(expected.length).toBeGreaterThan(10);
    expect(found.map(({ event_id }) => event_id)).toEqual(expected.map(({ event_id }) => event_id));
  });

  it('sees one organisation’s events only, even when asked for another’s', async () => {
    const statement = historyQuery(tenantId, {}, { order: 'asc', limit: 10 });
    expect(await service.database.inTenant(randomUUID(), (tx) => readPart(tx, statement))).toEqual([]);
  });
});
