import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let people: readonly string[];
const item = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;
const done = async (path: string, body: object = {}) => {
  const reply = await councils.app.post(path, body);
  if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  await councils.app.settle();
  return reply.body;
};
const group = async (more: object = {}) =>
  (await done('/v1/groups', { name: 'G', purpose: 'P', groupType: 'team-chat', admins: [people[0]], ...more }))[
    'groupId'
  ] as string;
const adopt = (...rules: readonly (readonly [trigger: string, period: string])[]) =>
  done('/v1/retention-schedules', {
    rules: rules.map(([trigger, period]) => ({
      recordClass: 'message',
      groupType: '*',
      atEnd: 'delete',
      basis: 'explicit',
      trigger,
      period,
    })),
  });

beforeAll(async () => {
  councils = await openCouncils();
  const statuses = [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00Z' }];
  const known = ['runs-it', 'writes', 'reads'].map((value) =>
    done('/v1/people', { links: [{ kind: 'hrId', value }], statuses, source: 'hr' }),
  );
  people = (await Promise.all(known)).map(({ personId }) => personId as string);
  await councils.app.moveClock('2024-03-02T09:00:00.000Z');
});
afterAll(() => councils.app.close());

describe('a time that runs from the end of an activity', () => {
  it('begins when it ends, for every group that belongs to it, and for what arrives later', async () => {
    await adopt(['activity_ended', 'P1Y']);
    const { activityId } = await done('/v1/activities', {
      name: 'Flood',
      kind: 'project',
      startsAt: '2024-01-01T00:00:00Z',
    });
    const [one, other] = [await group({ activityId }), await group({ activityId })];
    const kept = await Promise.all([one, other].map((groupId) => councils.keep(m1(groupId))));
    for (const { itemId } of kept) expect(await item(itemId)).toMatchObject({ state: 'awaiting' });
    await done(`/v1/activities/${activityId as string}/end`, { endedAt: '2024-03-01T12:00:00Z' });
    const end = { state: 'scheduled', retainUntil: '2025-03-01T12:00:00.000Z' };
    for (const { itemId } of kept) expect(await item(itemId)).toMatchObject(end);
    expect(await item((await councils.keep(m1(one)))['itemId'])).toMatchObject(end);
  });

  it('does not bear on a group without one', async () => {
    const answer = await councils.app.post('/v1/retention-items', m1(await group()));
    expect(answer.body).toMatchObject({ status: 409, code: 'NoRetentionPeriod' });
  });
});

describe('a time that runs from when somebody left', () => {
  const [, writer, reader] = [0, 1, 2] as const;

  it('begins with theirs alone, and waits anew for whoever is back', async () => {
    await adopt(['person_left', 'P6M']);
    const groupId = await group();
    const member = (index: number) => `/v1/groups/${groupId}/members/${people[index]!}`;
    for (const index of [writer, reader]) await done(`/v1/groups/${groupId}/members`, { personId: people[index] });
    const keep = (index: number) => councils.keep({ ...m1(groupId), ownerId: people[index] });
    const [theirs, others] = [await keep(writer), await keep(reader)];
    await done(`${member(writer)}/left`, { occurredAt: '2024-03-02T09:00:00Z' });
    const end = { state: 'scheduled', retainUntil: '2024-09-02T08:00:00.000Z' };
    expect(await item(theirs['itemId'])).toMatchObject(end);
    expect(await item(others['itemId'])).toMatchObject({ state: 'awaiting' });
    expect(await item((await keep(writer))['itemId'])).toMatchObject(end);
    await done(`/v1/groups/${groupId}/members`, { personId: people[writer] });
    expect(await item((await keep(writer))['itemId'])).toMatchObject({ state: 'awaiting' });
    expect(await item(theirs['itemId'])).toMatchObject(end);
  });

  it('waits for the last of several', async () => {
    await adopt(['person_left', 'P6M'], ['group_closed', 'P1Y']);
    const groupId = await group();
    await done(`/v1/groups/${groupId}/members`, { personId: people[writer] });
    const { itemId } = await councils.keep({ ...m1(groupId), ownerId: people[writer] });
    await done(`/v1/groups/${groupId}/members/${people[writer]!}/left`, {});
    expect(await item(itemId)).toMatchObject({ state: 'awaiting' });
    expect((await item(itemId))['because']).toMatchObject([
      { decides: true, because: expect.stringContaining('from when its group is closed') },
      { decides: false, because: expect.stringContaining('another rule keeps it longer') },
    ]);
    await done(`/v1/groups/${groupId}/close`, {});
    expect(await item(itemId)).toMatchObject({ state: 'scheduled', retainUntil: '2025-03-02T09:00:00.000Z' });
  });
});
