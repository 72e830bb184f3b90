import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
let groupId: string;
const ann = randomUUID();
const post = (path: string, body: object, key?: string) => app.post(path, body, key ? { key } : {});
const report = (category: string, more: object = {}, key?: string) =>
  post('/v1/incidents', { category, description: 'Canary words of a member', ...more }, key);
const read = async (incidentId: unknown) => (await app.get(`/v1/incidents/${incidentId as string}`)).body;
const does = (incidentId: unknown, what: string, body: object) =>
  post(`/v1/incidents/${incidentId as string}/${what}`, body);
const close = (incidentId: unknown, outcome: string) => does(incidentId, 'close', { outcome, closedBy: ann });

beforeAll(async () => {
  app = await openApp({ at: '2026-03-27T18:00:00.000Z' });
  for (const profile of ['political-party', 'council-citizen-contact', 'parent-carer-charity', 'students-union'])
    expect((await post(`/v1/profiles/${profile}/activate`, {})).status).toBe(201);
  await app.settle();
  const links = [{ kind: 'crmId', value: 'admin' }];
  const statuses = [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00Z' }];
  const { body: admin } = await post('/v1/people', { links, statuses, source: 'crm' });
  const group = { name: 'Ward', purpose: 'Campaign', groupType: 'party-group', admins: [admin['personId']] };
  groupId = (await post('/v1/groups', group)).body['groupId'] as string;
  await app.settle();
});
afterAll(() => app.close());

describe('a report', () => {
  it('[CN-21] of an offensive message, from whatever chat, is for the manager within the hour, and says when nobody told them', async () => {
    const { body, status } = await report('offensive_content');
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { recipients: ['manager'], dueAt: '2026-03-27T19:00:00.000Z' },
    });
    expect((await close(body['incidentId'], 'resolved')).body).toMatchObject({ code: 'IncidentIncomplete' });
    await app.moveClock('2026-03-27T19:00:00.000Z');
    expect(await read(body['incidentId'])).toMatchObject({ state: 'open', overdueAt: '2026-03-27T19:00:00.000Z' });
    const told = { recipient: 'manager', toldBy: ann };
    expect((await does(body['incidentId'], 'passed-on', told)).body).toMatchObject({
      events: [{ name: 'IncidentPassedOn' }],
    });
    expect((await close(body['incidentId'], 'referred')).status).toBe(201);
    expect(await read(body['incidentId'])).toMatchObject({
      state: 'closed',
      outcome: 'referred',
      done: [{ kind: 'told', name: 'manager', byId: ann, lateBySeconds: 0 }],
      description: { state: 'value', value: 'Canary words of a member' },
    });
    expect(await app.asOwner("select from retention.events t where t::text ilike '%canary%'")).toEqual([]);
  });

  it('[AMZ-043] [AMZ-044] of a group that looks like ours ends once it was asked for another name', async () => {
    const { body } = await report('lookalike_group');
    await does(body['incidentId'], 'passed-on', { recipient: 'manager', toldBy: ann });
    expect((await close(body['incidentId'], 'name_changed')).body.detail).toContain('ask_for_another_name');
    await does(body['incidentId'], 'steps', { step: 'ask_for_another_name', takenBy: ann });
    expect((await close(body['incidentId'], 'name_changed')).status).toBe(201);
  });

  it('[AMZ-071] [AMZ-110] [AMZ-127] comes from members too, who see nobody else’s', async () => {
    const { key } = (await post('/v1/keys', { scopes: ['member'] })).body as { key?: string };
    const harassed = await report('harassment', {}, key);
    expect(harassed).toMatchObject({ status: 201, body: { recipients: ['manager'] } });
    const worried = await report('concern', {}, key);
    expect(worried.body).toMatchObject({ recipients: ['group_admins', 'mailbox', 'manager'] });
    expect((await app.get('/v1/incidents', { key: key! })).status).toBe(403);
    expect((await app.get('/v1/incidents?category=concern')).body.items).toMatchObject([{ state: 'open' }]);
  });

  it('[LD-40] [LD-41] of behaviour in a group begins with a word to the person, who may stay', async () => {
    const { body } = await report('conduct', { groupId, personIds: [randomUUID()] });
    await does(body['incidentId'], 'passed-on', { recipient: 'group_admins', toldBy: ann });
    const remove = { step: 'remove', takenBy: ann };
    expect((await does(body['incidentId'], 'steps', remove)).body).toMatchObject({ code: 'StepOutOfOrder' });
    await does(body['incidentId'], 'steps', { step: 'direct_contact', takenBy: ann });
    expect((await close(body['incidentId'], 'stays')).status).toBe(201);
  });

  it('[HSU-26] leaves steps out only for a reason, which it keeps', async () => {
    const { body } = await report('conduct', { groupId });
    const later = { step: 'monitor', takenBy: ann, reason: 'Canary: she was away' };
    expect((await does(body['incidentId'], 'steps', later)).status).toBe(201);
    expect(await read(body['incidentId'])).toMatchObject({
      done: [
        { kind: 'left_out', name: 'direct_contact' },
        { kind: 'taken', name: 'monitor' },
      ],
      reason: { value: 'Canary: she was away' },
    });
  });

  it('[AMZ-091] of a broken agreement comes from a moderator, and is not done with before something was done', async () => {
    const { key } = (await post('/v1/keys', { scopes: ['moderator'] })).body as { key?: string };
    const { status, body } = await report('conduct', { groupId, matter: 'agreement_broken' }, key);
    expect({ status, body }).toMatchObject({ status: 201, body: { advice: expect.stringContaining('tact') } });
    expect(await read(body['incidentId'])).toMatchObject({ matter: 'agreement_broken', actBy: expect.any(String) });
    await does(body['incidentId'], 'passed-on', { recipient: 'group_admins', toldBy: ann });
    expect((await close(body['incidentId'], 'resolved')).body).toMatchObject({ code: 'IncidentIncomplete' });
  });

  it('[HSU-23] of behaviour says when nobody did anything about it in time', async () => {
    const { body } = await report('conduct', { groupId, matter: 'unease', personIds: [randomUUID()] });
    const { actBy } = body as { actBy?: string };
    await app.moveClock(actBy!);
    expect(await read(body['incidentId'])).toMatchObject({ unattendedAt: actBy, matter: 'unease' });
    await does(body['incidentId'], 'steps', { step: 'direct_contact', takenBy: ann });
  });

  it.each([
    ['an unknown category', { category: 'oops' }, 'body/category'],
    ['a time yet to come', { occurredAt: '2030-01-01T00:00:00Z' }, 'body/occurredAt'],
    ['no words', { description: '' }, 'body/description'],
    ['a matter that belongs to another kind', { matter: 'off_topic' }, 'body/matter'],
  ])('with %s is refused, naming the field', async (_, more, field) => {
    const answer = await report('concern', more);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('of another organisation is unknown', async () => {
    const { body } = await report('other');
    const { key } = await app.anotherOrganisation();
    const path = `/v1/incidents/${body['incidentId'] as string}`;
    expect((await app.get(path, { key })).status).toBe(404);
    expect((await post(`${path}/close`, { outcome: 'resolved', closedBy: ann }, key)).status).toBe(404);
    expect((await report('conduct', { groupId: randomUUID() })).body).toMatchObject({ code: 'GroupUnknown' });
  });
});
