import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let party: Party;
beforeAll(async () => void (party = await openParty('2026-01-10T12:00:00.000Z')));
afterAll(() => party.app.close());

const closing = (groupId: string, key?: string) => party.read(`/v1/groups/${groupId}/closing`, key ? { key } : {});
const dormant = async () => (await party.read('/v1/dormant-groups')).items!;

/** One story in order: the clock only goes forward. */
describe('a group that loses its use', () => {
  it('[LD-35] is watched from its registration on', async () => {
    await party.app.settle();
    expect(await closing(party.groupId)).toMatchObject({
      state: 'in_use',
      lastUsedAt: '2026-01-10T12:00:00.000Z',
      dormantAt: '2026-03-11T12:00:00.000Z',
      missing: ['members_told', 'records_captured', 'chat'],
    });
    expect(await dormant()).toEqual([]);
  });

  it('[LD-35] a member let in counts as a use: sixty days from then', async () => {
    await party.app.moveClock('2026-02-01T09:00:00.000Z');
    await party.member();
    await party.app.moveClock('2026-03-11T12:00:00.000Z');
    expect(await closing(party.groupId)).toMatchObject({ state: 'in_use', dormantAt: '2026-04-02T08:00:00.000Z' });
    await party.app.moveClock('2026-04-02T07:59:59.999Z');
    expect(await dormant()).toEqual([]);
  });

  it('[LD-35] is found when nothing has happened in it for sixty days, from the day of its last use', async () => {
    await party.app.moveClock('2026-04-02T08:00:00.000Z');
    expect(await dormant()).toMatchObject([{ groupId: party.groupId, dormantAt: '2026-04-02T08:00:00.000Z' }]);
    const { items } = await party.read('/v1/history?type=GroupDormant');
    expect(items).toMatchObject([{ occurredAt: '2026-04-02T08:00:00.000Z', data: { groupId: party.groupId } }]);
  });

  it('[LD-35] is in use again by the word of whoever runs it, and found anew later', async () => {
    await party.done(`/v1/groups/${party.groupId}/in-use`, { occurredAt: '2026-04-02T08:00:00Z' });
    expect(await dormant()).toEqual([]);
    await party.app.moveClock('2026-06-01T08:00:00.000Z');
    expect(await dormant()).toMatchObject([{ groupId: party.groupId, lastUsedAt: '2026-04-02T08:00:00.000Z' }]);
  });

  it('[LD-35] is in use again as soon as somebody is let in', async () => {
    await party.member();
    await party.app.settle();
    expect(await closing(party.groupId)).toMatchObject({ state: 'in_use', dormantAt: '2026-07-31T08:00:00.000Z' });
  });
});

describe('a group whose purpose is over', () => {
  it('[LD-35] is found when its activity ends, or its own end has come, until it is closed', async () => {
    const startsAt = '2026-01-01T00:00:00Z';
    const { activityId } = await party.done('/v1/activities', { name: 'Walk', kind: 'campaign', startsAt });
    await party.app.settle();
    const [tied, dated, other] = [
      await party.group({ activityId }),
      await party.group({ endsAt: '2026-06-02T08:00:00Z' }),
      await party.group(),
    ];
    const listed = async () => (await dormant()).map(({ groupId, purposeEndedAt }) => [groupId, purposeEndedAt]);
    expect(await listed()).toEqual([]);
    await party.done(`/v1/activities/${activityId as string}/end`, { endedAt: '2026-06-01T07:00:00Z' });
    await party.app.moveClock('2026-06-02T08:00:00.000Z');
    expect(await listed()).toEqual([
      [tied, '2026-06-01T07:00:00.000Z'],
      [dated, '2026-06-02T08:00:00.000Z'],
    ]);
    const first = await party.read('/v1/dormant-groups?limit=1');
    const second = await party.read(`/v1/dormant-groups?limit=1&cursor=${first['next'] as string}`);
    expect([first, second].map(({ items }) => items![0]!['groupId'])).toEqual([tied, dated]);
    for (const groupId of [tied, dated]) await party.done(`/v1/groups/${groupId}/close`);
    expect(await listed()).toEqual([]);
    await party.done(`/v1/groups/${other}/close`);
  });
});

describe('closing a group', () => {
  const attest = (groupId: string, step: string, status?: number) =>
    party.done(`/v1/groups/${groupId}/closing/steps`, { step, attestedBy: party.admin }, status);

  it('[LD-35] is refused while a step is missing, where it is to be complete, and names each', async () => {
    const groupId = await party.group();
    await attest(groupId, 'members_told');
    const refused = await party.done(`/v1/groups/${groupId}/close`, { mustBeComplete: true }, 409);
    expect(refused).toMatchObject({
      code: 'ClosingIncomplete',
      detail: expect.stringContaining('records_captured, chat'),
      rules: [{ parameter: 'idle_close_after', obligations: ['LD-35'] }],
    });
    expect(await closing(groupId)).toMatchObject({
      state: 'in_use',
      steps: [{ step: 'members_told', attestedBy: party.admin }],
    });
    await attest(groupId, 'records_captured');
    await attest(groupId, 'chat_archived');
    const answer = await party.done(`/v1/groups/${groupId}/close`, { mustBeComplete: true }, 201);
    expect(answer).toMatchObject({ missing: [], events: [{ name: 'GroupClosed' }] });
    expect(await closing(groupId)).toMatchObject({ state: 'closed', missing: [] });
  });

  it('[LD-35] otherwise closes it and keeps on record what was missing, once', async () => {
    const groupId = await party.group();
    const missing = ['members_told', 'records_captured', 'chat'];
    expect(await party.done(`/v1/groups/${groupId}/close`, {}, 201)).toMatchObject({ missing });
    expect(await party.done(`/v1/groups/${groupId}/close`, {}, 200)).toMatchObject({ missing, events: [] });
    expect(await party.done(`/v1/groups/${groupId}/in-use`, {}, 409)).toMatchObject({ code: 'GroupClosed' });
    await party.app.moveClock('2027-01-01T09:00:00.000Z');
    expect((await dormant()).map((row) => row['groupId'])).not.toContain(groupId);
  });

  it('[BR-61] archives and does not delete the chat of a group under a hold, until it is released', async () => {
    const groupId = await party.group();
    const hold = { scope: { groupId }, reason: 'Inquiry', authority: 'Letter', reviewAt: '2027-06-01T09:00:00Z' };
    const { holdId } = await party.done('/v1/holds', hold);
    await party.app.settle();
    expect(await attest(groupId, 'chat_deleted', 409)).toMatchObject({ code: 'UnderHold' });
    expect(await closing(groupId)).toMatchObject({ holdIds: [holdId] });
    await attest(groupId, 'chat_archived');
    await party.done(`/v1/holds/${holdId as string}/release`, { reason: 'inquiry_ended' });
    await party.app.settle();
    await attest(groupId, 'chat_deleted');
  });

  it('of another organisation is unknown', async () => {
    const { key } = await party.app.anotherOrganisation();
    await party.app.settle();
    const path = `/v1/groups/${party.groupId}`;
    expect((await party.app.get(`${path}/closing`, { key })).status).toBe(404);
    for (const [step, body] of [
      ['in-use', {}],
      ['close', {}],
      ['closing/steps', { step: 'members_told', attestedBy: party.admin }],
    ] as const)
      expect((await party.app.post(`${path}/${step}`, body, { key })).status).toBe(404);
    expect((await party.app.get('/v1/dormant-groups', { key })).body.items).toEqual([]);
  });

  it.each([
    ['an unknown step', { step: 'chat_burnt', attestedBy: '0192f0c1-0000-7000-8000-000000000001' }, 'body/step'],
    ['nobody’s word', { step: 'members_told' }, 'body'],
  ])('refuses %s, naming the field', async (_, body, field) => {
    const answer = await party.app.post(`/v1/groups/${party.groupId}/closing/steps`, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });
});
