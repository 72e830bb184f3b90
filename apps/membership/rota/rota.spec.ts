import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let charity: Party;
beforeAll(async () => {
  charity = await openParty('2026-01-12T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'users',
    category: 'service_user',
    items: [],
    method: 'join_after_notice',
  });
});
afterAll(() => charity.app.close());

const somebody = (category: string) =>
  charity.person({ statuses: [{ category, status: 'active', from: '2020-01-01T00:00:00.000Z' }] });
const rotaOf = async (groupId: string) => {
  await charity.app.settle();
  return (await charity.read(`/v1/rotas?groupId=${groupId}`)).items![0]!;
};
const weekdays = [1, 2, 3, 4, 5];

describe('a rota', () => {
  it('[AMZ-086] is owed when a group starts and whenever those who run it change, and shows its gaps once it is settled', async () => {
    const [ada, ben] = [await somebody('staff'), await somebody('staff')];
    const groupId = await charity.group({ admins: [ada] });
    expect(await rotaOf(groupId)).toMatchObject({ state: 'owed', shifts: [], settledAt: null });
    const office = { personId: ada, days: weekdays, from: '09:00', to: '17:00' };
    await charity.done('/v1/rotas', { groupId, shifts: [office], settledBy: [ada] }, 201);
    expect(await rotaOf(groupId)).toMatchObject({
      state: 'settled',
      onDuty: [ada],
      gaps: expect.arrayContaining([{ fromDay: 5, from: '17:00', toDay: 7, to: '24:00' }]),
    });
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: ben, kind: 'staff' });
    expect(await rotaOf(groupId)).toMatchObject({ state: 'owed', shifts: [office] });
    expect(await charity.done('/v1/rotas', { groupId, shifts: [office], settledBy: [ada] }, 409)).toMatchObject({
      code: 'NotSettledByAll',
      rules: [{ obligations: expect.arrayContaining(['AMZ-086']) }],
    });
    const evenings = { personId: ben, days: weekdays, from: '17:00', to: '09:00' };
    await charity.done('/v1/rotas', { groupId, shifts: [office, evenings], settledBy: [ada, ben] }, 201);
    expect(await rotaOf(groupId)).toMatchObject({ state: 'settled', settledBy: [ada, ben] });
    await charity.done(`/v1/groups/${groupId}/moderators/${ben}/stand-down`, {});
    await charity.app.settle();
    expect((await charity.read('/v1/rotas?state=owed')).items!.map((row) => row['groupId'])).toContain(groupId);
  });

  it('[AMZ-036] [AMZ-065] names the volunteers who ring and whoever is rung out of hours, each of whom says that they know', async () => {
    const [ada, volunteer, senior] = [await somebody('staff'), await somebody('volunteer'), await somebody('staff')];
    const groupId = await charity.group({ admins: [ada], groupType: 'staff-and-volunteers' });
    const shifts = [{ personId: ada, days: weekdays, from: '09:00', to: '17:00' }];
    const outOfHours = [
      { personId: volunteer, does: 'rings' },
      { personId: senior, does: 'is_rung' },
    ];
    await charity.done('/v1/rotas', { groupId, shifts, outOfHours, settledBy: [ada] }, 201);
    const know = `/v1/rotas/${groupId}/acknowledge`;
    await charity.done(know, { personId: volunteer }, 201);
    await charity.done(know, { personId: volunteer }, 200);
    expect(await charity.done(know, { personId: ada }, 409)).toMatchObject({ code: 'NotCountedOn' });
    expect(await rotaOf(groupId)).toMatchObject({
      outOfHours: [
        { ...outOfHours[0], acknowledgedAt: '2026-01-12T09:00:00.000Z' },
        { ...outOfHours[1], acknowledgedAt: null },
      ],
    });
  });

  it('[LD-46] shares turns in any group, also where none is asked for, and takes no bad input', async () => {
    const [ada, volunteer] = [await somebody('staff'), await somebody('volunteer')];
    const groupId = await charity.group({ admins: [ada] });
    const shift = { personId: ada, days: [1], from: '09:00', to: '17:00' };
    const settle = (body: object, status: number) =>
      charity.done('/v1/rotas', { groupId, shifts: [shift], settledBy: [ada], ...body }, status);
    await settle({ shifts: [{ ...shift, days: [8] }] }, 400);
    await settle({ shifts: [{ ...shift, from: '24:00' }] }, 400);
    await settle({ groupId: randomUUID() }, 404);
    expect(await settle({ shifts: [{ ...shift, personId: volunteer }] }, 409)).toMatchObject({ code: 'NotAModerator' });
    await charity.done(`/v1/rotas/${randomUUID()}/acknowledge`, { personId: ada }, 404);
    await settle({}, 201);
    const { key } = await charity.app.anotherOrganisation();
    expect((await charity.app.get('/v1/rotas', { key })).body.items).toEqual([]);
  });
});
