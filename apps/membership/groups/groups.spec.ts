import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';
import { openParty, type Party } from '../participation/party.fixture.js';

describe('before a profile is active', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openApp();
  });
  afterAll(() => app.close());

  it('no group is registered, since nothing says how to run it', async () => {
    const group = { name: 'Ward', purpose: 'Campaigning', groupType: 'party-group', admins: [randomUUID()] };
    const { status, body } = await app.post('/v1/groups', group);
    expect([status, body.code]).toEqual([409, 'NoProfileActive']);
    expect((await app.get('/v1/groups')).body.items).toEqual([]);
  });
});

describe('the register of groups', () => {
  let party: Party;
  beforeAll(async () => {
    party = await openParty('2026-03-23T09:00:00.000Z');
  });
  afterAll(() => party.app.close());
  const group = () => ({ name: 'Ward', purpose: 'Campaigning', groupType: 'party-group', admins: [party.admin] });

  it('[LD-01] keeps what a group is for and who runs it', async () => {
    const groupId = randomUUID();
    const told = await party.done('/v1/groups', {
      ...group(),
      groupId,
      official: true,
      endsAt: '2026-05-07T22:00:00+01:00',
    });
    expect(told).toMatchObject({
      groupId,
      version: 1,
      events: [{ name: 'GroupRegistered', streamId: `group-${groupId}` }],
    });
    expect(await party.read(`/v1/groups/${groupId}`)).toEqual({
      groupId,
      name: { state: 'value', value: 'Ward' },
      purpose: { state: 'value', value: 'Campaigning' },
      groupType: 'party-group',
      official: true,
      activityId: null,
      endsAt: '2026-05-07T21:00:00.000Z',
      registeredAt: '2026-03-23T09:00:00.000Z',
      closedAt: null,
      moderators: [{ personId: party.admin, kind: 'admin' }],
    });
  });

  it('a repeated registration changes nothing, not even the name', async () => {
    const groupId = randomUUID();
    await party.done('/v1/groups', { ...group(), groupId });
    expect(await party.done('/v1/groups', { ...group(), groupId, name: 'Other' }, 200)).toMatchObject({ events: [] });
    expect(await party.read(`/v1/groups/${groupId}`)).toMatchObject({ name: { value: 'Ward' } });
  });

  it('refuses a type no active profile has, and people and activities nobody knows', async () => {
    const stranger = { admins: [party.admin, randomUUID()] };
    expect(await party.done('/v1/groups', { ...group(), groupType: 'society' }, 409)).toMatchObject({
      code: 'GroupTypeUnknown',
    });
    expect(await party.done('/v1/groups', { ...group(), ...stranger }, 404)).toMatchObject({ code: 'not-found' });
    await party.done('/v1/groups', { ...group(), activityId: randomUUID() }, 404);
    await party.done('/v1/groups', { ...group(), endsAt: '2026-02-30T00:00:00Z' }, 400);
    await party.done('/v1/groups', { ...group(), occurredAt: '2027-01-01T00:00:00Z' }, 400);
    await party.done('/v1/groups', { ...group(), admins: [] }, 400);
  });

  it('shows the policy of a group, and where each value comes from', async () => {
    expect(await party.read(`/v1/groups/${party.groupId}/policy`)).toMatchObject({
      profile: 'political-party',
      version: 1,
      groupType: 'party-group',
      parameters: {
        min_age: { value: 18, basis: 'document', obligations: ['LD-08'], from: 'profile' },
        phone_storage: { value: 'never', basis: 'default', from: 'default' },
      },
    });
  });

  it('appoints and stands down those who run it, once each', async () => {
    const personId = await party.person();
    const moderators = `/v1/groups/${party.groupId}/moderators`;
    const runs = async () =>
      ((await party.read(`/v1/groups/${party.groupId}`))['moderators'] as { personId: string; kind: string }[]).find(
        (row) => row.personId === personId,
      );
    await party.done(moderators, { personId, kind: 'leader' });
    await party.done(moderators, { personId, kind: 'leader' }, 200);
    expect(await runs()).toEqual({ personId, kind: 'leader' });
    await party.done(`${moderators}/${personId}/stand-down`);
    await party.done(`${moderators}/${personId}/stand-down`, {}, 200);
    expect(await runs()).toBeUndefined();
    await party.done(moderators, { personId: randomUUID() }, 404);
  });

  it('answers with the version, and refuses a change to one that is outdated', async () => {
    const groupId = await party.group();
    const personId = await party.person();
    const { headers } = await party.app.post(`/v1/groups/${groupId}/moderators`, { personId });
    expect(headers.get('etag')).toBe('"2"');
    const stale = { headers: { 'if-match': '"1"' } };
    await party.done(`/v1/groups/${groupId}/close`, {}, 412, stale);
    await party.done(`/v1/groups/${groupId}/close`, {}, 201, { headers: { 'if-match': '"2"' } });
    expect(await party.done(`/v1/groups/${groupId}/moderators`, { personId }, 409)).toMatchObject({
      code: 'GroupClosed',
    });
  });

  it('comes in pages', async () => {
    const all = (await party.read('/v1/groups')).items!.map((row) => row['groupId']);
    const first = await party.read('/v1/groups?limit=2');
    const rest = await party.read(`/v1/groups?cursor=${first['next'] as string}`);
    expect([...first.items!, ...rest.items!].map((row) => row['groupId'])).toEqual(all);
    expect(rest['next']).toBeNull();
  });

  it('names and purposes are in no event', async () => {
    await party.done('/v1/groups', { ...group(), name: 'canary-name', purpose: 'canary-purpose' });
    const activity = { name: 'canary-activity', kind: 'project', startsAt: '2026-01-01T00:00:00Z' };
    const { activityId } = await party.done('/v1/activities', activity);
    expect(await party.read(`/v1/activities/${activityId as string}`)).toMatchObject({
      name: { state: 'value', value: 'canary-activity' },
      endsAt: null,
    });
    expect(await party.app.asOwner(`select 1 from membership.events where body like '%canary-%'`)).toEqual([]);
  });
});
