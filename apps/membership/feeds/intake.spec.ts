import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openPeople, type PeopleApp } from '../people/people.fixture.js';

let app: PeopleApp;
beforeAll(async () => (app = await openPeople()));
afterAll(() => app.close());

const changes = (count: number, name: string) =>
  Array.from({ length: count }, (_, nr) => ({
    link: { kind: 'crmId', value: `${name}-${nr}` },
    category: 'member',
    status: 'active',
    from: '2026-01-01T00:00:00Z',
  }));
const events = (count: number, name: string) =>
  changes(count, name).map(({ link: subject, ...data }, nr) => ({
    specversion: '1.0',
    id: `${name}-${nr}`,
    source: '/crm/main',
    type: 'rollcall.feeds.StatusReported.v1',
    time: '2026-05-20T08:00:00Z',
    data: { subject, ...data },
  }));
const asBatch = { headers: { 'content-type': 'application/cloudevents-batch+json' } };
const delta = (count: number, name: string) => ({
  source: 'crm',
  asOf: '2026-05-20T08:00:00Z',
  changes: changes(count, name),
});

describe('a feed of many statements', () => {
  it.each([
    ['a hundred events', true, () => app.post('/v1/feeds', events(100, 'a'), asBatch)],
    ['fewer events', false, () => app.post('/v1/feeds', events(99, 'b'), asBatch)],
    ['a hundred changes', true, () => app.post('/v1/feeds/crm-delta', delta(100, 'c'))],
    ['fewer changes', false, () => app.post('/v1/feeds/crm-delta', delta(99, 'd'))],
  ])('of %s goes first: %s', async (_, goesFirst, send) => {
    const first = jest.spyOn(app.kit.givingWay, 'first');
    const { body } = await send();
    expect(body).toMatchObject({ duplicates: 0, unchanged: 0, rejected: [] });
    expect(first).toHaveBeenCalledTimes(goesFirst ? 1 : 0);
    first.mockRestore();
  });

  it('[R7] counts each once, however many of them were there before', async () => {
    const taken = async (batch: readonly object[]) => (await app.post('/v1/feeds', batch, asBatch)).body as object;
    const all = events(300, 'f');
    expect(await taken(all.slice(100, 160))).toMatchObject({ accepted: 60, duplicates: 0 });
    expect(await taken(all)).toMatchObject({ accepted: 240, duplicates: 60 });
    expect(await taken(all)).toMatchObject({ accepted: 0, duplicates: 300 });
    expect(await taken([...events(200, 'g'), ...events(200, 'g')])).toMatchObject({ accepted: 200, duplicates: 200 });
  });

  it('is published, all of it, when no further one has come', async () => {
    await app.post('/v1/feeds', events(100, 'e'), asBatch);
    const [recorded] = await app.rows<{ count: string }>('select count(*) from events');
    const published = () =>
      app.kit.database.asRelay(async (tx) => {
        const [row] = await tx.query<{ published: string }>('select published from sequencer');
        return row!.published;
      });
    while ((await published()) !== recorded!.count) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(Number(recorded!.count)).toBeGreaterThanOrEqual(100);
  });
});
