import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { m1, openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
const item = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;
const notices = async (query = '') => (await councils.app.get(`/v1/retention-notices?${query}`)).body.items!;
const activate = async (period: string) => {
  const overrides = { 'emergency-response': { retention_period: period } };
  expect((await councils.app.post('/v1/profiles/district-councils/activate', { overrides })).status).toBe(201);
  await councils.app.settle();
};

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('emergency-response');
  await councils.app.moveClock('2026-02-01T09:00:00.000Z');
});
afterAll(() => councils.app.close());

describe('a policy that names another time to keep', () => {
  let kept: Record<string, unknown>;

  it('[BR-60] moves the end of every item whose time it set, and leaves the others', async () => {
    kept = await councils.keep(m1(groupId));
    const own = await councils.keep({ ...m1(groupId), period: 'P5Y' });
    await activate('P3Y');
    expect(await item(kept['itemId'])).toMatchObject({ period: 'P3Y', retainUntil: '2027-02-28T14:05:00.000Z' });
    expect(await item(own['itemId'])).toMatchObject({ period: 'P5Y' });
  });

  it('[BR-60] owes the members of the group a notice, within a week', async () => {
    expect(await notices()).toMatchObject([
      { groupId, previously: 'P2Y', period: 'P3Y', state: 'owed', dueAt: '2026-02-08T09:00:00.000Z' },
    ]);
  });

  it('[BR-60] the same policy again changes nothing and owes nothing', async () => {
    await activate('P3Y');
    expect(await notices()).toHaveLength(1);
  });

  it('[BR-60] says when the members were not told in time, and when they were', async () => {
    await councils.app.moveClock('2026-02-09T09:00:00.000Z');
    const [notice] = await notices('state=overdue');
    const told = () => councils.app.post(`/v1/retention-notices/${notice!['noticeId'] as string}/told`, {});
    expect((await told()).body).toMatchObject({ events: [{ name: 'RetentionChangeNotified' }] });
    expect((await told()).body).toMatchObject({ events: [] });
    expect(await notices()).toMatchObject([{ state: 'told', lateBySeconds: 86_400 }]);
    expect((await councils.app.post(`/v1/retention-notices/${randomUUID()}/told`, {})).status).toBe(404);
  });

  it('[BR-60] made shorter, the end that has passed already orders the deletion at once', async () => {
    await activate('P1Y');
    await councils.app.settle();
    expect(await item(kept['itemId'])).toMatchObject({ period: 'P1Y', state: 'deletion_due' });
  });
});

describe('an owner who is out of the group', () => {
  it('[AMZ-003] [BR-33] [BR-59] deletes nothing by leaving; what is to be deleted goes to one who runs it, who may say that it is not possible', async () => {
    const people = await Promise.all(
      ['runs-it', 'leaves'].map(async (value) => {
        const { body } = await councils.app.post('/v1/people', {
          links: [{ kind: 'hrId', value }],
          statuses: [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00Z' }],
          source: 'hr',
        });
        return body['personId'] as string;
      }),
    );
    const [admin, sender] = people as [string, string];
    await councils.app.settle();
    const { body: group } = await councils.app.post('/v1/groups', {
      name: 'Flood',
      purpose: 'Response',
      groupType: 'team-chat',
      admins: [admin],
    });
    await councils.app.settle();
    const id = group['groupId'] as string;
    expect((await councils.app.post(`/v1/groups/${id}/members`, { personId: sender })).body).toMatchObject({
      events: [{ name: 'MemberAdded' }],
    });
    const kept = await councils.keep({ ...m1(id), ownerId: sender, period: 'P5Y' });
    await councils.app.post(`/v1/groups/${id}/members/${sender}/left`, {});
    await councils.app.settle();
    expect(await item(kept['itemId'])).toMatchObject({ ownerId: admin, state: 'scheduled' });

    await councils.app.moveClock('2029-02-28T14:05:00.000Z');
    const task = `/v1/deletion-tasks/${kept['taskId'] as string}`;
    const word = { reason: 'sender_gone', note: 'Ann took her phone along' };
    const refused = await councils.app.post(`${task}/not-possible`, { ...word, statedBy: sender });
    expect(refused).toMatchObject({ status: 409, body: { code: 'NotTheOwner' } });
    expect((await councils.app.post(`${task}/not-possible`, { ...word, statedBy: admin })).body).toMatchObject({
      events: [{ name: 'DeletionNotPossible' }],
    });
    expect((await councils.app.get(task)).body).toMatchObject({
      state: 'not_possible',
      impossibleBecause: 'sender_gone',
      attestedBy: admin,
    });
    expect(await councils.app.asOwner("select from retention.events t where t::text like '%phone%'")).toEqual([]);
  });
});
