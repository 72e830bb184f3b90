import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SendOptions } from '../../standalone/testing.js';
import { openCharity, type Charity } from '../texts/testing.js';

let charity: Charity;
beforeAll(async () => {
  charity = await openCharity();
  // One organisation may run groups of several profiles' types; here that spares two more systems.
  const texts = { agreement_topics: [], description_items: [] };
  const overrides = { '*': texts, 'emergency-response': { retention_period: 'P2Y' } };
  await charity.done('/v1/profiles/district-councils/activate', { overrides });
  await charity.done('/v1/profiles/students-union/activate', { overrides: { '*': texts } });
  await charity.app.settle();
});
afterAll(() => charity.app.close());

const register = async (groupType: string, admins: string[]) => {
  const body = { name: 'A group', purpose: 'To talk', groupType, admins };
  const { groupId } = await charity.done('/v1/groups', body);
  await charity.app.settle();
  return groupId as string;
};
const followUps = async (groupId: string, more = '') => {
  await charity.app.settle();
  return (await charity.app.get(`/v1/follow-ups?groupId=${groupId}${more}`)).body.items!;
};
const note = (groupId: string, trigger: string, more: object = {}) =>
  charity.app.post('/v1/follow-ups', { groupId, trigger, ...more });
const confirm = (followUpId: unknown, body: object, options?: SendOptions) =>
  charity.app.post(`/v1/follow-ups/${String(followUpId)}/confirm`, body, options);
const adult = async (category: string) => {
  const body = {
    links: [{ kind: 'crmId', value: randomUUID() }],
    statuses: [{ category, status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    dateOfBirth: '1980-04-01',
    source: 'crm',
  };
  return (await charity.done('/v1/people', body))['personId'] as string;
};
/** A roster shows them in the group: how they came in is another matter. */
const seen = async (groupId: string, people: readonly string[]) => {
  const takenAt = (await charity.app.get('/v1/clock')).body['now'];
  const participants = people.map((personId) => ({ personId }));
  await charity.done(`/v1/groups/${groupId}/rosters`, { takenAt, participants });
  await charity.app.settle();
};

describe('work information sent by chat', () => {
  it('[AMZ-051] has to be repeated by email within a day, and is overdue where nobody says so', async () => {
    const groupId = await register('staff-and-volunteers', [await adult('staff')]);
    const noteId = randomUUID();
    const noted = await note(groupId, 'work_information', { noteId });
    expect(noted.status).toBe(201);
    expect((await note(groupId, 'work_information', { noteId })).status).toBe(200);
    const [{ followUpId }] = noted.body['followUps'] as [{ followUpId: string }];
    expect(await followUps(groupId)).toMatchObject([
      { followUpId, state: 'open', channels: ['email'], dueAt: '2026-01-13T09:00:00.000Z', personId: null },
    ]);
    expect((await confirm(followUpId, { channel: 'phone' })).body.code).toBe('WrongChannel');
    await charity.app.moveClock('2026-01-13T09:00:00.000Z');
    expect(await followUps(groupId, '&state=overdue')).toHaveLength(1);
    await charity.app.moveClock('2026-01-13T09:30:00.000Z');
    expect((await confirm(followUpId, { channel: 'email', reference: 'mail/2026-01-13/17' })).status).toBe(201);
    expect((await confirm(followUpId, { channel: 'email' })).status).toBe(200);
    expect(await followUps(groupId)).toMatchObject([
      { state: 'confirmed', channel: 'email', reference: 'mail/2026-01-13/17', lateBySeconds: 1800 },
    ]);
  });

  it('[AMZ-061] moves to another channel where it grows long or personal; that it did is on record', async () => {
    const groupId = await register('staff-and-volunteers', [await adult('staff')]);
    const { followUps: opened } = (await note(groupId, 'exchange_grows')).body as never as {
      followUps: { followUpId: string }[];
    };
    expect(await followUps(groupId)).toMatchObject([{ state: 'open', dueAt: null }]);
    expect((await confirm(opened[0]!.followUpId, { channel: 'chat' })).body.code).toBe('WrongChannel');
    expect((await confirm(opened[0]!.followUpId, { channel: 'phone' })).status).toBe(201);
    expect(await followUps(groupId, '&state=confirmed')).toMatchObject([{ channel: 'phone' }]);
  });

  it('is refused where the policy wants nothing followed up, and as bad input where it is free text', async () => {
    const groupId = await register('staff-and-volunteers', [await adult('staff')]);
    const refused = await note(groupId, 'emergency_alert');
    expect(refused).toMatchObject({ status: 409, body: { code: 'NoFollowUpRule' } });
    expect((await note(groupId, 'Ada told me')).status).toBe(400);
    expect((await note(randomUUID(), 'work_information')).status).toBe(409);
    expect((await confirm(randomUUID(), { channel: 'email' })).status).toBe(404);
    const { key } = await charity.app.anotherOrganisation();
    expect((await charity.app.get('/v1/follow-ups', { key })).body.items).toEqual([]);
  });
});

describe('an alert in the emergency group', () => {
  it('[BR-51] [BR-52] is on record with its time, and confirmed by phone with each member it has to reach, within an hour', async () => {
    const [ada, ben] = [await adult('staff'), await adult('partner_staff')];
    const groupId = await register('emergency-response', [await adult('staff')]);
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: ada, kind: 'named_officer' });
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: ben, kind: 'partner_staff' });
    for (const personId of [ada, ben]) await charity.done(`/v1/groups/${groupId}/members`, { personId });
    await charity.app.settle();
    const stranger = await adult('staff');
    expect((await note(groupId, 'emergency_alert', { personIds: [ada, stranger] })).body.code).toBe('NotInGroup');
    const at = (await charity.app.get('/v1/clock')).body['now'] as string;
    await note(groupId, 'emergency_alert', { personIds: [ada, ben] });
    const rows = await followUps(groupId);
    expect(rows).toHaveLength(2);
    const dueAt = new Date(Date.parse(at) + 3_600_000).toISOString();
    for (const row of rows) expect(row).toMatchObject({ since: at, dueAt, channels: ['phone'], state: 'open' });
    const of = (personId: string) => rows.find((row) => row['personId'] === personId)!['followUpId'];
    await confirm(of(ada), { channel: 'phone' }, { headers: { 'rollcall-on-behalf-of': ben } });
    await charity.app.moveClock(dueAt);
    expect(await followUps(groupId, '&state=confirmed')).toMatchObject([
      { personId: ada, channel: 'phone', confirmedBy: ben },
    ]);
    expect(await followUps(groupId, '&state=overdue')).toMatchObject([{ personId: ben }]);
  });
});

describe('a removal for conduct', () => {
  it('[HSU-29] has to be told to the mailbox for societies within a day of the removal', async () => {
    const chair = await adult('committee');
    const groupId = await register('society', [chair]);
    const member = await adult('society_member');
    const way = `/v1/groups/${groupId}/members/${member}`;
    await seen(groupId, [chair, member]);
    await charity.done(`${way}/remove-for-conduct`, {});
    expect(await followUps(groupId)).toEqual([]);
    await charity.done(`${way}/confirm-removal`, { evidence: 'admin_confirmed' });
    const at = (await charity.app.get('/v1/clock')).body['now'] as string;
    const [task, other] = await followUps(groupId);
    expect(other).toBeUndefined();
    const dueAt = new Date(Date.parse(at) + 86_400_000).toISOString();
    expect(task).toMatchObject({ mailbox: 'societies', channels: ['email'], dueAt, trigger: 'conduct_removal' });
    expect((await confirm(task!['followUpId'], { channel: 'email', confirmedBy: chair })).status).toBe(201);
  });

  it('[AMZ-096] for good is told to the other moderators, each of whom says that they know', async () => {
    const { groupId, ada, ben } = await charity.group();
    for (const kind of ['policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan'])
      await charity.done(`/v1/groups/${groupId}/moderators/${ada}/prerequisites`, { kind });
    const cleo = await adult('volunteer');
    await charity.done(`/v1/groups/${groupId}/moderators`, { personId: cleo, kind: 'trusted_volunteer' });
    const member = await adult('service_user');
    await seen(groupId, [member]);
    await charity.done(`/v1/groups/${groupId}/members/${member}/remove-for-conduct`, { agreedBy: ada });
    const tasks = await followUps(groupId, '&trigger=permanent_removal');
    expect(tasks.map(({ personId }) => personId as string).toSorted()).toEqual([ben, cleo].toSorted());
    const bens = tasks.find(({ personId }) => personId === ben)!['followUpId'];
    expect((await confirm(bens, { channel: 'meeting', confirmedBy: ada })).body.code).toBe('NotTheirWord');
    expect((await confirm(bens, { channel: 'meeting', confirmedBy: ben })).status).toBe(201);
    const mails = (await charity.app.get(`/v1/messages?groupId=${groupId}&kind=notice&state=waiting`)).body.items!;
    expect(mails.map(({ personId }) => personId as string).toSorted()).toEqual([ben, cleo].toSorted());
  });

  it('[AMZ-096] for a while is told to nobody', async () => {
    const { groupId, ada } = await charity.group();
    const member = await adult('service_user');
    await seen(groupId, [member]);
    const until = '2026-06-01T09:00:00.000Z';
    await charity.done(`/v1/groups/${groupId}/members/${member}/remove-for-conduct`, { agreedBy: ada, until });
    expect(await followUps(groupId)).toEqual([]);
  });
});
