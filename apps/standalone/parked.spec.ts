import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
let personId: string;
beforeAll(async () => {
  app = await openApp();
  await app.post('/v1/profiles/political-party/activate', {});
  const statuses = [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }];
  const { body } = await app.post('/v1/people', { links: [{ kind: 'crmId', value: 'C-1' }], statuses, source: 'crm' });
  personId = body['personId'] as string;
  await app.settle();
});
afterAll(() => app.close());

const notice = (groupId: string) =>
  app.post('/v1/consents/notices', { personId, groupId, noticeVersion: 'n1', items: ['purpose', 'duration'] });

/** Registers a group while consent cannot take it in, and gives the message it set aside. */
async function setAside(groupId: string): Promise<Record<string, unknown>> {
  await app.asOwner('alter table consent.known_groups rename to out_of_reach');
  await app.post('/v1/groups', {
    groupId,
    name: 'Ward',
    purpose: 'Rounds',
    groupType: 'party-group',
    admins: [personId],
  });
  await app.settle(); // five tries, then it is set aside
  await app.asOwner('alter table consent.out_of_reach rename to known_groups');
  const { body } = await app.get('/v1/services/consent/parked');
  return body.items!.find(({ key }) => key === `group-${groupId}`)!;
}

describe('a message that could not be handled', () => {
  it('is shown with its reason and without its content, and handled again in order, once', async () => {
    const groupId = randomUUID();
    const parked = await setAside(groupId);
    expect(parked).toMatchObject({
      processor: 'consent.groups',
      topic: 'rollcall.membership',
      type: 'rollcall.membership.GroupRegistered.v1',
      attempts: 5,
      state: 'parked',
    });
    expect(Object.keys(parked)).not.toContain('value');
    expect((await notice(groupId)).body.code).toBe('GroupUnknown');

    const path = `/v1/services/consent/parked/${parked['parkedId'] as string}`;
    expect((await app.post(`${path}/replay`)).body).toEqual({ replayed: [parked['parkedId']] });
    expect((await app.get(path)).body['state']).toBe('replayed');
    expect((await notice(groupId)).status).toBe(201);
    expect((await app.post(`${path}/replay`)).body).toEqual({ replayed: [] });
    expect((await app.post(`${path}/discard`)).status).toBe(409);
    const { body } = await app.get('/v1/history?type=ParkedMessageReplayed');
    expect(body.items!.map(({ data }) => data)).toEqual([
      { parkedId: parked['parkedId'], processor: 'consent.groups' },
    ]);
  });

  it('can be given up, which is recorded', async () => {
    const groupId = randomUUID();
    const parked = await setAside(groupId);
    const path = `/v1/services/consent/parked/${parked['parkedId'] as string}`;
    expect((await app.post(`${path}/discard`)).body).toEqual({ discarded: parked['parkedId'] });
    expect((await app.get('/v1/services/consent/parked?state=discarded')).body.items).toHaveLength(1);
    expect((await notice(groupId)).body.code).toBe('GroupUnknown');
    await app.settle();
    expect((await app.get('/v1/history?type=ParkedMessageDiscarded')).body.items).toHaveLength(1);
  });

  it('[R13] [R19] is told in the history whichever service handled it again', async () => {
    const groupId = randomUUID();
    const group = { groupId, name: 'Ward', purpose: 'Rounds', groupType: 'party-group', admins: [personId] };
    await app.post('/v1/groups', group);
    await app.settle();
    await notice(groupId);
    await app.asOwner('alter table membership.known_consents rename to out_of_reach');
    const about = { personId, groupId, noticeVersion: 'n1' };
    await app.post('/v1/consents', { ...about, scope: ['membership'], purpose: 'campaign', method: 'verbal' });
    await app.settle();
    await app.asOwner('alter table membership.out_of_reach rename to known_consents');
    const { body } = await app.get('/v1/services/membership/parked');
    expect(body.items).toHaveLength(1);
    await app.post(`/v1/services/membership/parked/${body.items![0]!['parkedId'] as string}/replay`);
    await app.settle();
    const told = await app.get('/v1/history?type=ParkedMessageReplayed');
    const processors = told.body.items!.map(({ data }) => (data as { processor: string }).processor);
    expect(processors.toSorted()).toEqual(['consent.groups', 'membership.consents']);
    expect((await app.get('/v1/services/gateway/parked')).body.items).toEqual([]);
  });

  it('is nobody else’s to see or to touch', async () => {
    const parked = await setAside(randomUUID());
    const other = await app.anotherOrganisation();
    expect((await app.get('/v1/services/consent/parked', { key: other.key })).body.items).toEqual([]);
    expect(
      (
        await app.post(`/v1/services/consent/parked/${parked['parkedId'] as string}/discard`, undefined, {
          key: other.key,
        })
      ).status,
    ).toBe(404);
    const { body } = await app.post('/v1/keys', { scopes: ['auditor'] });
    expect((await app.get('/v1/services/consent/parked', { key: body['key'] as string })).status).toBe(403);
  });
});
