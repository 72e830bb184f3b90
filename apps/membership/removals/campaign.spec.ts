import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

describe('a campaign ends', () => {
  let party: Party;
  let activityId: string;
  let groupId: string;
  let helper: string;
  let member: string;
  const end = '2026-05-07T21:00:00.000Z'; // 22:00 in London

  beforeAll(async () => {
    party = await openParty('2026-03-23T09:00:00.000Z');
    const activity = { name: 'Ward by-election', kind: 'campaign', startsAt: '2026-03-23T09:00:00Z', endsAt: end };
    activityId = (await party.done('/v1/activities', activity))['activityId'] as string;
    groupId = await party.group({ activityId });
    await party.app.moveClock('2026-04-01T10:00:00.000Z');
    helper = await party.person({ statuses: [] });
    await party.agree(helper, groupId);
    await party.done(`/v1/groups/${groupId}/members`, { personId: helper, guest: {} });
    member = await party.member(groupId);
  });
  afterAll(() => party.app.close());

  const snapshot = (takenAt: string, ...personIds: string[]) =>
    party.done(`/v1/groups/${groupId}/rosters`, { takenAt, participants: personIds.map((personId) => ({ personId })) });

  it('[LD-04] lets a helper in until the activity ends', async () => {
    const { items } = await party.read(`/v1/groups/${groupId}/members`);
    expect(items).toContainEqual(
      expect.objectContaining({ personId: helper, capacity: 'guest', guestUntil: end, activityId }),
    );
  });

  it('[LD-05] orders the helper out within two days of the end, and nobody else', async () => {
    await party.app.moveClock('2026-05-07T21:00:00.000Z');
    const { items } = await party.read(`/v1/removal-orders?groupId=${groupId}`);
    expect(items).toEqual([
      expect.objectContaining({
        personId: helper,
        trigger: 'activity_ended',
        owners: [party.admin],
        dueAt: '2026-05-09T21:00:00.000Z',
        state: 'open',
        alreadyOverdue: false,
      }),
    ]);
    expect(items![0]!['rules']).toContainEqual(
      expect.objectContaining({ profile: 'political-party@1', obligations: expect.arrayContaining(['LD-05']) }),
    );
  });

  it('[LD-04] refuses to prolong the activity once it is over', async () => {
    await party.app.moveClock('2026-05-08T09:00:00.000Z');
    const told = await party.done(`/v1/activities/${activityId}/extend`, { endsAt: '2026-05-14T21:00:00Z' }, 409);
    expect(told).toMatchObject({
      code: 'ActivityOver',
      rules: [{ parameter: 'guest_access', obligations: expect.arrayContaining(['LD-04']) }],
    });
  });

  it('[LD-05] is overdue once, at the limit, however often the roster still shows the helper', async () => {
    await party.app.moveClock('2026-05-10T07:00:00.000Z');
    await snapshot('2026-05-10T07:00:00.000Z', helper, member);
    await party.app.settle();
    expect(await party.story(helper, groupId)).toEqual([
      'MemberAdded',
      'GuestAccessGranted',
      'GuestAccessExpired',
      'RemovalTaskOpened',
      'RemovalReminderDue',
      'RemovalOverdue',
      'RemovalEvidenceAdded',
    ]);
    expect(await party.orders(helper)).toEqual([
      expect.objectContaining({
        state: 'overdue',
        overdueAt: '2026-05-09T21:00:00.000Z',
        remindedAt: '2026-05-09T09:00:00.000Z',
      }),
    ]);
  });

  it('[LD-05] ends thirteen hours late when an admin confirms', async () => {
    await party.app.moveClock('2026-05-10T10:00:00.000Z');
    const confirmed = { evidence: 'admin_confirmed' };
    await party.done(`/v1/groups/${groupId}/members/${helper}/confirm-removal`, confirmed);
    expect(await party.orders(helper)).toEqual([
      expect.objectContaining({ state: 'done', outcome: 'admin_confirmed', lateBySeconds: 13 * 3600 }),
    ]);
  });

  it('[LD-04] an admission to the activity needs it to last', async () => {
    const guest = { activityId };
    const told = await party.done(`/v1/groups/${groupId}/members`, { personId: helper, guest }, 409);
    expect(told['reasons']).toContainEqual(expect.objectContaining({ code: 'ActivityOver' }));
  });

  it('[LD-23] a roster contradicts a confirmation that was not true, and a new order follows', async () => {
    await party.app.moveClock('2026-05-11T10:00:00.000Z');
    const told = await snapshot('2026-05-11T10:00:00.000Z', helper, member);
    expect(told).toMatchObject({ contradicted: 1, notEntitled: 1, missing: 0 });
    await party.app.settle();
    expect(await party.orders(helper)).toEqual([
      expect.objectContaining({ state: 'done' }),
      expect.objectContaining({ state: 'open', trigger: 'not_entitled', dueAt: '2026-05-13T10:00:00.000Z' }),
    ]);
  });
});

describe('a campaign lasts longer', () => {
  it('[LD-04] [LD-05] guests of the activity stay with it; one let in for a shorter time does not', async () => {
    const party = await openParty('2026-05-01T09:00:00.000Z');
    const activity = {
      name: 'By-election',
      kind: 'campaign',
      startsAt: '2026-05-01T09:00:00Z',
      endsAt: '2026-05-07T21:00:00Z',
    };
    const activityId = (await party.done('/v1/activities', activity))['activityId'] as string;
    const [long, short] = [await party.person({ statuses: [] }), await party.person({ statuses: [] })];
    for (const [personId, guest] of [
      [long, { activityId }],
      [short, { activityId, until: '2026-05-05T21:00:00Z' }],
    ] as const) {
      await party.agree(personId);
      await party.done(`/v1/groups/${party.groupId}/members`, { personId, guest });
    }
    await party.app.settle();
    await party.app.moveClock('2026-05-04T09:00:00.000Z');
    await party.done(`/v1/activities/${activityId}/extend`, { endsAt: '2026-05-14T21:00:00Z' });
    await party.app.settle();
    const { items } = await party.read(`/v1/groups/${party.groupId}/members`);
    const until = (personId: string) => items!.find((row) => row['personId'] === personId)!['guestUntil'];
    expect([until(long), until(short)]).toEqual(['2026-05-14T21:00:00.000Z', '2026-05-05T21:00:00.000Z']);
    await party.app.moveClock('2026-05-10T09:00:00.000Z');
    expect((await party.orders(long)).length).toBe(0);
    expect(await party.orders(short)).toEqual([expect.objectContaining({ dueAt: '2026-05-07T21:00:00.000Z' })]);
    // Ended early: the limit counts from that end.
    await party.done(`/v1/activities/${activityId}/end`, { endedAt: '2026-05-09T12:00:00Z' });
    await party.app.settle();
    expect(await party.orders(long)).toEqual([expect.objectContaining({ dueAt: '2026-05-11T12:00:00.000Z' })]);
    await party.app.close();
  });
});
