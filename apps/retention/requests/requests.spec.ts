import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
let groupId: string;
beforeAll(async () => {
  app = await openApp({ at: '2026-01-12T09:00:00.000Z' });
  await done('/v1/profiles/political-party/activate', { overrides: { 'party-group': { agreement_topics: [] } } });
  const admin = await person('admin');
  await app.settle();
  ({ groupId } = (await done('/v1/groups', {
    name: 'Ward',
    purpose: 'Campaign',
    groupType: 'party-group',
    admins: [admin],
  })) as { groupId: string });
  await app.settle();
});
afterAll(() => app.close());

async function done(path: string, body?: object) {
  const reply = await app.post(path, body);
  if (reply.status >= 300) throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}
async function person(crmId: string): Promise<string> {
  const { personId } = await done('/v1/people', {
    links: [{ kind: 'crmId', value: crmId }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00Z' }],
    name: `Canary ${crmId}`,
    email: `${crmId}@canary.example`,
    dateOfBirth: '1980-02-11',
    source: 'crm',
  });
  return personId as string;
}
const request = async (body: object) => app.post('/v1/rights-requests', { identity: 'confirmed', ...body });
const read = async (requestId: unknown) => (await app.get(`/v1/rights-requests/${requestId as string}`)).body;

describe('a request', () => {
  it('has a calendar month from its receipt, and says when it passes', async () => {
    const { body, status } = await request({
      kind: 'access',
      occurredAt: '2026-01-10T10:00:00Z',
      wish: 'What canary Ann wrote',
    });
    expect({ status, dueAt: body['dueAt'] }).toEqual({ status: 201, dueAt: '2026-02-11T00:00:00.000Z' });
    await app.moveClock('2026-02-11T00:00:00.000Z');
    expect(await read(body['requestId'])).toMatchObject({
      state: 'overdue',
      overdueAt: '2026-02-11T00:00:00.000Z',
      wish: { state: 'value', value: 'What canary Ann wrote' },
    });
    const answer = { outcome: 'complied', answer: 'Enclosed, canary Ann', occurredAt: '2026-02-11T00:00:00Z' };
    expect((await app.post(`/v1/rights-requests/${body['requestId'] as string}/answer`, answer)).status).toBe(201);
    expect(await read(body['requestId'])).toMatchObject({ state: 'answered', lateBySeconds: 0 });
    expect(await app.asOwner("select from retention.events t where t::text like '%canary%'")).toEqual([]);
  });

  it('waits for knowing who asks, stands still for a question, and may be extended in time', async () => {
    const { body } = await request({ kind: 'access', identity: 'awaited' });
    const step = (name: string, more: object = {}) =>
      app.post(`/v1/rights-requests/${body['requestId'] as string}/${name}`, more);
    expect(body).toMatchObject({ dueAt: null });
    expect((await step('confirm-identity')).body).toMatchObject({ dueAt: '2026-03-12T00:00:00.000Z' });
    expect((await step('ask-clarification')).body).toMatchObject({ dueAt: null });
    await app.moveClock('2026-02-21T00:00:00.000Z');
    expect((await step('clarified')).body).toMatchObject({ dueAt: '2026-03-24T00:00:00.000Z' });
    expect((await step('extend', { reason: 'Many groups' })).body).toMatchObject({ dueAt: '2026-05-21T23:00:00.000Z' });
    expect((await step('acknowledge')).body).toMatchObject({ code: 'NotAComplaint' });
  });

  it('under freedom of information is taken only where a policy has it', async () => {
    expect((await request({ kind: 'freedom_of_information' })).body).toMatchObject({
      status: 409,
      code: 'NoSuchRight',
    });
  });

  it.each([
    ['an unknown kind', { kind: 'wish' }, 'body/kind'],
    ['a receipt yet to come', { kind: 'access', occurredAt: '2030-01-01T00:00:00Z' }, 'body/occurredAt'],
    ['an unknown region', { kind: 'access', region: 'wales' }, 'body/region'],
  ])('refuses %s, naming the field', async (_, body, field) => {
    const answer = await request(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('of another organisation is unknown', async () => {
    const { body } = await request({ kind: 'complaint' });
    const { key } = await app.anotherOrganisation();
    const path = `/v1/rights-requests/${body['requestId'] as string}`;
    expect((await app.get(path, { key })).status).toBe(404);
    expect((await app.post(`${path}/acknowledge`, {}, { key })).status).toBe(404);
  });
});

describe('erasure', () => {
  const inGroup = async (crmId: string) => {
    const personId = await person(crmId);
    const about = { personId, groupId };
    await app.settle();
    await done('/v1/consents/notices', { ...about, noticeVersion: 'v1', items: ['purpose', 'duration'] });
    await done('/v1/consents', {
      ...about,
      scope: ['group'],
      purpose: 'group',
      method: 'written',
      noticeVersion: 'v1',
    });
    await app.settle();
    await done(`/v1/groups/${groupId}/members`, { personId });
    return personId;
  };
  const erase = (requestId: unknown, key?: string) =>
    app.post(`/v1/rights-requests/${requestId as string}/erase`, undefined, key ? { key } : {});

  it('[AMZ-113] goes through every service, takes the person out, and leaves a whole history of an unnamed person', async () => {
    const personId = await inGroup('ann');
    const { body } = await request({ kind: 'erasure', personId });
    const early = { outcome: 'complied', answer: 'Done' };
    const path = `/v1/rights-requests/${body['requestId'] as string}`;
    expect((await app.post(`${path}/answer`, early)).body).toMatchObject({ code: 'NotErased' });
    expect((await erase(body['requestId'])).body).toMatchObject({ kept: [], events: [{ name: 'ErasureOrdered' }] });
    await app.settle();
    expect(await read(body['requestId'])).toMatchObject({ erasure: 'completed' });
    const { body: record } = await app.get(`/v1/people/${personId}`);
    expect(record['personal']).toMatchObject({ name: { state: 'erased' }, email: { state: 'erased' } });
    const orders = await app.get(`/v1/removal-orders?personId=${personId}`);
    expect(orders.body.items).toMatchObject([{ trigger: 'consent_withdrawn', state: 'open' }]);
    const { body: history } = await app.get(`/v1/history?personId=${personId}&order=asc`);
    const names = history.items!.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['PersonRegistered', 'ConsentGiven', 'MemberAdded', 'ConsentWithdrawn']),
    );
    expect((await app.post(`${path}/answer`, early)).status).toBe(201);
    for (const service of ['membership', 'consent', 'retention'])
      expect(await app.asOwner(`select from ${service}.personal_data where subject_id = $1`, [personId])).toEqual([]);
  });

  it('[BR-57] [BR-61] keeps item by item what a hold or its time keeps, and says why', async () => {
    const personId = await inGroup('bea');
    const keep = async (startsAt: string, more: object = {}) =>
      (
        await done('/v1/retention-items', {
          recordClass: 'message',
          reference: 'Canary Bea’s message',
          startsAt,
          period: 'P1Y',
          ownerId: randomUUID(),
          personId,
          ...more,
        })
      )['itemId'] as string;
    const incidentId = randomUUID();
    const held = await keep('2020-01-01T09:00:00Z', { incidentId });
    const young = await keep('2026-01-01T09:00:00Z');
    const over = await keep('2020-01-01T09:00:00Z');
    await done('/v1/holds', {
      scope: { incidentId },
      reason: 'Inquiry',
      authority: 'Letter',
      reviewAt: '2027-01-01T09:00:00Z',
    });
    const { body } = await request({ kind: 'erasure', personId });
    const { kept } = (await erase(body['requestId'])).body as unknown as { kept: object[] };
    expect(kept).toHaveLength(2);
    expect(kept).toEqual(
      expect.arrayContaining([
        { itemId: held, because: 'hold', explanation: 'A hold covers it.' },
        { itemId: young, because: 'retention', explanation: 'It has to be kept until 2027-01-01T09:00:00.000Z.' },
      ]),
    );
    const reference = async (itemId: string) => (await app.get(`/v1/retention-items/${itemId}`)).body['reference'];
    expect(await reference(over)).toMatchObject({ state: 'erased' });
    expect(await reference(held)).toMatchObject({ state: 'value' });
    expect(await reference(young)).toMatchObject({ state: 'value' });
  });

  it('[BR-61] is refused while a hold is on the person, and possible after its release', async () => {
    const personId = await inGroup('cleo');
    const { holdId } = await done('/v1/holds', {
      scope: { personId },
      reason: 'Dispute',
      authority: 'Solicitor’s letter',
      reviewAt: '2027-01-01T09:00:00Z',
    });
    const { body } = await request({ kind: 'erasure', personId });
    expect((await erase(body['requestId'])).body).toMatchObject({ status: 409, code: 'UnderHold' });
    expect((await app.get(`/v1/people/${personId}`)).body['personal']).toMatchObject({ name: { state: 'value' } });
    await done(`/v1/holds/${holdId as string}/release`, { reason: 'dispute_settled' });
    expect((await erase(body['requestId'])).status).toBe(201);
    await app.settle();
    expect((await app.get(`/v1/people/${personId}`)).body['personal']).toMatchObject({ name: { state: 'erased' } });
  });

  it('is ordered by the compliance officer alone', async () => {
    const { body } = await request({ kind: 'erasure', personId: await person('dora') });
    const { key } = (await app.post('/v1/keys', { scopes: ['admin', 'moderator'] })).body as { key?: string };
    expect((await erase(body['requestId'], key)).status).toBe(403);
  });
});
