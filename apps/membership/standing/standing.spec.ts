import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let charity: Party;
let eva: string;
let hrId: string;
const statuses = [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00.000Z' }];
const staff = (value: string = randomUUID()) => charity.person({ statuses, links: [{ kind: 'hrId', value }] });
const path = (groupId: string) => `/v1/groups/${groupId}/standing`;
const standing = (groupId: string) => charity.read(path(groupId));
const decide = (groupId: string, to: string, status?: number) =>
  charity.done(path(groupId), { standing: to, decidedBy: eva }, status);
/** What a name lacks for the group as it stands. */
async function lacksOfName(groupId: string, body: string): Promise<string[]> {
  const sections = [{ topic: 'name', body }];
  const answer = (await charity.app.post('/v1/texts', { groupId, kind: 'name', sections })).body;
  return ((answer['faults'] ?? []) as { item: string }[]).map(({ item }) => item);
}

beforeAll(async () => {
  charity = await openParty('2026-04-01T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'forum-steering',
    category: 'steering_member',
    items: ['purpose'],
    method: 'join_after_notice',
  });
  hrId = randomUUID();
  eva = await staff(hrId);
});
afterAll(() => charity.app.close());

describe('what a group counts as', () => {
  it('[AMZ-002] is plain from its registration on, with what is expected of it', async () => {
    const groupId = await charity.group({ admins: [eva] });
    expect(await standing(groupId)).toMatchObject({
      standing: 'official',
      because: 'registered',
      expects: expect.arrayContaining([
        expect.objectContaining({ parameter: 'name_rule' }),
        expect.objectContaining({ parameter: 'staff_moderators_min' }),
      ]),
    });
  });

  it('[AMZ-079] is unofficial for a steering group without forum staff, from the first day', async () => {
    const groupId = await charity.group();
    expect(await standing(groupId)).toMatchObject({ standing: 'unofficial', because: 'no_staff' });
    expect(await charity.read(`/v1/groups/${groupId}`)).toMatchObject({ official: false });
    expect(await decide(groupId, 'official', 409)).toMatchObject({
      code: 'OfficialNeedsStaff',
      rules: [{ parameter: 'name_rule', obligations: expect.arrayContaining(['AMZ-079']) }],
    });
  });

  it('[AMZ-079] is so too where it is not about the business of the forum, which somebody decides, and its name has to follow', async () => {
    const groupId = await charity.group({ admins: [eva] });
    expect(await lacksOfName(groupId, 'PaCC steering')).toEqual([]);
    expect(await decide(groupId, 'unofficial', 201)).toMatchObject({ events: [{ name: 'GroupStandingSettled' }] });
    await charity.app.settle();
    expect(await standing(groupId)).toMatchObject({ standing: 'unofficial', because: 'decided', decidedBy: eva });
    expect(await lacksOfName(groupId, 'PaCC steering')).toEqual([
      'reserved_terms',
      'unofficial_marker',
      'no_moderator_statement',
    ]);
  });

  it('[AMZ-079] ends when the last of the staff who run it leaves, at that time, and does not come back by itself', async () => {
    const groupId = await charity.group({ admins: [eva] });
    const leftAt = '2026-04-02T09:00:00.000Z';
    await charity.app.moveClock(leftAt);
    await charity.report('LeaverReported', {
      subject: { kind: 'hrId', value: hrId },
      category: 'staff',
      leavesAt: leftAt,
    });
    expect(await standing(groupId)).toMatchObject({ standing: 'unofficial', because: 'no_staff' });
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: await staff(), kind: 'staff' });
    await charity.app.settle();
    expect(await standing(groupId)).toMatchObject({ standing: 'unofficial' });
    expect(await decide(groupId, 'official', 201)).toMatchObject({ standing: 'official' });
  });

  it('[AMZ-067] may be social for a group staff keep among themselves, which takes people in without asking anything', async () => {
    const groupId = await charity.group({ groupType: 'unofficial', admins: [await staff()] });
    expect(await standing(groupId)).toMatchObject({ standing: 'unofficial', because: 'type' });
    expect(await decide(groupId, 'official', 409)).toMatchObject({ code: 'StandingNotAllowed' });
    expect(await decide(groupId, 'social', 201)).toMatchObject({ standing: 'social' });
    await charity.done(`/v1/groups/${groupId}/members`, { personId: await staff() }, 201);
  });

  it('is for admins to decide, for members to see, and unknown in another organisation', async () => {
    const groupId = await charity.group({ admins: [await staff()] });
    const member = (await charity.done('/v1/keys', { scopes: ['member'] }))['key'] as string;
    expect((await charity.app.get(path(groupId), { key: member })).status).toBe(200);
    const body = { standing: 'social', decidedBy: eva };
    expect((await charity.app.post(path(groupId), body, { key: member })).status).toBe(403);
    const { key } = await charity.app.anotherOrganisation();
    expect((await charity.app.get(path(groupId), { key })).status).toBe(404);
    expect((await charity.app.post(path(groupId), { ...body, standing: 'secret' })).status).toBe(400);
  });
});
