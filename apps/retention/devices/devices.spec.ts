import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

let councils: Councils;
const ann = randomUUID();
const post = (path: string, body: object = {}, key?: string) => councils.app.post(path, body, key ? { key } : {});
const register = (more: object = {}) =>
  post('/v1/devices', { personId: ann, kind: 'issued', identifiers: 'Canary phone 07700 900123', ...more });
const does = (deviceId: unknown, what: string, body: object = {}) =>
  post(`/v1/devices/${deviceId as string}/${what}`, body);
const read = async (deviceId: unknown) => (await councils.app.get(`/v1/devices/${deviceId as string}`)).body;
const list = async (query: string) => (await councils.app.get(`/v1/devices?${query}`)).body.items!;

beforeAll(async () => {
  councils = await openCouncils();
});
afterAll(() => councils.app.close());

describe('the register of devices', () => {
  it('[AMZ-041] advises whoever registers a device of their own to use a number of work, and refuses nothing', async () => {
    const { body, status } = await register({ kind: 'own' });
    expect(status).toBe(201);
    expect((body['advice'] as { code: string }[]).map(({ code }) => code)).toContain('use_a_work_number');
    expect((await register()).body).toMatchObject({ advice: [] });
  });

  it('[BR-48] tells the owner that it may have to be searched, and knows who has yet to be asked', async () => {
    const { body } = await register({ kind: 'own' });
    expect((body['advice'] as { code: string }[]).map(({ code }) => code)).toContain('may_be_searched');
    const waiting = async () => (await list('kind=own&search=not_asked')).map(({ deviceId }) => deviceId);
    expect(await waiting()).toContain(body['deviceId']);
    await does(body['deviceId'], 'search', { isAllowed: false });
    expect(await waiting()).not.toContain(body['deviceId']);
    expect(await read(body['deviceId'])).toMatchObject({ search: 'refused' });
  });

  it('keeps what tells a device apart in the vault alone, and destroys it with its erased owner', async () => {
    const owner = randomUUID();
    const { body } = await register({ personId: owner });
    expect(await read(body['deviceId'])).toMatchObject({ identifiers: { value: 'Canary phone 07700 900123' } });
    for (const table of ['events', 'devices', 'personal_data', 'idempotency'])
      expect(await councils.app.asOwner(`select from retention.${table} t where t::text like '%900123%'`)).toEqual([]);
    const request = await post('/v1/rights-requests', { kind: 'erasure', personId: owner, identity: 'confirmed' });
    expect((await post(`/v1/rights-requests/${request.body['requestId'] as string}/erase`)).status).toBe(201);
    await councils.app.settle();
    expect(await read(body['deviceId'])).toMatchObject({ personId: owner, identifiers: { state: 'erased' } });
  });

  it.each([
    ['a kind of its own', { kind: 'tablet' }, 'body/kind'],
    ['nothing to tell it apart', { identifiers: '' }, 'body/identifiers'],
    ['no owner', { personId: 'ann' }, 'body/personId'],
  ])('refuses %s, naming the field', async (_, more, field) => {
    const answer = await register(more);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });
});

/** One story in order: the clock only goes forward. */
describe('a lost phone', () => {
  let deviceId: unknown;
  let breachId: string;
  let groupId: string;
  let owner: string;

  it('[CN-07] takes in the groups its owner was in, and may be a breach', async () => {
    const links = [{ kind: 'hrId', value: 'owner' }];
    const statuses = [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00Z' }];
    owner = (await post('/v1/people', { links, statuses, source: 'hr' })).body['personId'] as string;
    await councils.app.settle();
    groupId = await councils.group('team-chat');
    await post(`/v1/groups/${groupId}/members`, { personId: owner });
    await councils.app.moveClock('2024-02-03T09:00:00.000Z');
    deviceId = (await register({ personId: owner })).body['deviceId'];
    const loss = { circumstances: 'Canary: left on the train', occurredAt: '2024-02-03T08:00:00Z' };
    const { body } = await does(deviceId, 'lost', loss);
    expect(body).toMatchObject({
      groupIds: [groupId],
      dueAt: '2024-02-04T08:00:00.000Z',
      events: [{ name: 'DeviceLost' }, { name: 'BreachSuggested' }],
    });
    breachId = body['breachId'] as string;
    expect((await does(deviceId, 'lost', loss)).body).toMatchObject({ events: [], breachId: null });
    expect((await councils.app.get(`/v1/breaches/${breachId}`)).body).toMatchObject({
      state: 'suggested',
      category: 'lost_device',
      basis: 'device_lost',
      groupIds: [groupId],
      personIds: [owner],
    });
  });

  it('[CN-07] is shut out step by step; what is undone after a day is told', async () => {
    await does(deviceId, 'tasks', { task: 'remove_from_groups', doneBy: owner });
    await councils.app.moveClock('2024-02-04T08:00:00.000Z');
    expect(await read(deviceId)).toMatchObject({ state: 'lost', overdueAt: '2024-02-04T08:00:00.000Z' });
    const { body } = await councils.app.get('/v1/history?type=DeviceTasksOverdue');
    expect(body.items!.map(({ data }) => data)).toEqual([
      { deviceId, dueAt: '2024-02-04T08:00:00.000Z', tasks: ['log_out_linked_devices', 'tell_manager'] },
    ]);
    await councils.app.moveClock('2024-02-04T08:00:10.000Z');
    await does(deviceId, 'tasks', { task: 'tell_manager', doneBy: owner });
    expect((await read(deviceId))['tasks']).toMatchObject([
      { task: 'log_out_linked_devices', doneAt: null },
      { task: 'remove_from_groups', lateBySeconds: 0 },
      { task: 'tell_manager', lateBySeconds: 10 },
    ]);
    expect((await does(deviceId, 'retire')).body).toMatchObject({ code: 'DeviceLost' });
  });

  it('the breach that it may be is confirmed or dismissed apart from it', async () => {
    const dismissal = { reason: 'nobody_could_see', explanation: 'It was locked' };
    expect((await post(`/v1/breaches/${breachId}/dismiss`, dismissal)).status).toBe(201);
    await does(deviceId, 'found');
    expect(await read(deviceId)).toMatchObject({ state: 'in_use', lostAt: null });
  });

  it('of another organisation is unknown', async () => {
    const { key } = await councils.app.anotherOrganisation();
    const path = `/v1/devices/${deviceId as string}`;
    expect((await councils.app.get(path, { key })).status).toBe(404);
    expect((await post(`${path}/lost`, {}, key)).status).toBe(404);
  });
});
