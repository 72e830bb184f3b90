import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tenancyFaults } from '../../libs/testing/tenancy-catalogue.js';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

describe('every table of every service', () => {
  it.each(['gateway', 'membership', 'consent', 'retention'])(
    '%s keeps organisations apart by forced row-level security',
    async (schema) => {
      expect(await tenancyFaults((sql, parameters) => app.asOwner(sql, parameters), schema)).toEqual([]);
    },
  );
});

describe('another organisation’s ids', () => {
  it('are answered by every route exactly like ids nobody has', async () => {
    const ids = await fill();
    const other = await app.anotherOrganisation();
    const { paths } = (await app.get('/openapi.json', { key: null })).body as unknown as {
      paths: Record<string, Record<string, object>>;
    };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method })),
    );
    // Lists first: the history also tells an organisation what it asked for itself.
    const lists = routes.filter(
      ({ path, method }) => method === 'get' && path.startsWith('/v1/') && !path.includes('{'),
    );
    for (const { path } of lists) {
      const text = JSON.stringify((await app.get(path, { key: other.key })).body);
      for (const id of Object.values(ids)) expect(text).not.toContain(id);
    }
    const byId = routes.filter(({ path }) => /\{\w+Id\}/.test(path));
    expect(byId.length).toBeGreaterThan(20);
    for (const { path, method } of byId) {
      const ask = async (idOf: (name: string) => string) => {
        const used: string[] = [];
        const target = path.replace(/\{(\w+)\}/g, (_, name: string) => used[used.push(idOf(name)) - 1]!);
        const reply =
          method === 'get'
            ? await app.get(target, { key: other.key })
            : await app.post(target, undefined, { key: other.key });
        const { requestId: _, ...body } = reply.body;
        // An answer may repeat the id that was asked for.
        const said = used.reduce((text, id) => text.replaceAll(id, 'the id'), JSON.stringify(body));
        return { path, method, status: reply.status, said };
      };
      const theirs = await ask((name) => ids[name] ?? randomUUID());
      expect(theirs).toEqual(await ask(() => randomUUID()));
      expect(theirs.status).toBeLessThan(500);
    }
  });
});

/** One of everything that has an id, in the first organisation. */
async function fill(): Promise<Record<string, string>> {
  await app.post('/v1/profiles/political-party/activate', { overrides: { '*': { agreement_topics: [] } } });
  const keyId = (await app.post('/v1/keys', { scopes: ['auditor'] })).body['keyId'] as string;
  await app.settle();
  const [personId, groupId, activityId, itemId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const ok = async (path: string, body: object) => expect((await app.post(path, body)).status).toBeLessThan(300);
  await ok('/v1/people', {
    personId,
    links: [{ kind: 'crmId', value: 'C-1' }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    dateOfBirth: '1980-05-05',
    source: 'crm',
  });
  await ok('/v1/activities', { activityId, name: 'Round', kind: 'campaign', startsAt: '2025-12-01T00:00:00.000Z' });
  await ok('/v1/groups', {
    groupId,
    name: 'Ward',
    purpose: 'Rounds',
    groupType: 'party-group',
    activityId,
    admins: [personId],
  });
  await app.settle();
  const about = { personId, groupId };
  await ok('/v1/consents/notices', { ...about, noticeVersion: 'n1', items: ['purpose', 'duration'] });
  await ok('/v1/consents', {
    ...about,
    scope: ['group_membership'],
    purpose: 'campaign',
    method: 'written',
    noticeVersion: 'n1',
  });
  await ok('/v1/retention-items', {
    itemId,
    recordClass: 'minutes',
    reference: 'box 7',
    startsAt: '2025-12-01T00:00:00.000Z',
    period: 'P1Y',
    ownerId: personId,
    groupId,
  });
  await app.settle();
  await ok(`/v1/groups/${groupId}/members`, { personId });
  await ok(`/v1/groups/${groupId}/members/${personId}/request-removal`, {});
  await app.settle();
  const taskId = (await app.get('/v1/removal-orders')).body.items![0]!['taskId'] as string;
  return { keyId, personId, groupId, activityId, itemId, taskId };
}
