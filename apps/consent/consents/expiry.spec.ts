import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fullNotice, inWriting, openParty, type Party } from '../testing.js';

let party: Party;
beforeAll(async () => {
  party = await openParty();
});
afterAll(() => party.app.close());

const tell = async (groupId = party.groupId) => {
  const about = { personId: await party.member(), groupId };
  await party.done('/v1/consents/notices', { ...about, ...fullNotice });
  return about;
};
/** A member who agreed as said here, and was let in. */
const inside = async (said: object, groupId = party.groupId) => {
  const about = await tell(groupId);
  await party.done('/v1/consents', { ...about, ...inWriting, ...said });
  await party.app.settle();
  await party.done(`/v1/groups/${groupId}/members`, { personId: about.personId });
  return about;
};
const standing = async ({ personId, groupId }: { personId: string; groupId: string }) =>
  (await party.app.get(`/v1/consents?personId=${personId}&groupId=${groupId}`)).body.items![0]!;
const orders = async ({ personId }: { personId: string }) =>
  (await party.app.get(`/v1/removal-orders?personId=${personId}`)).body.items!;
const names = (history: unknown) => (history as { name: string }[]).map(({ name }) => name);

describe('a consent with a stated end', () => {
  it('[LD-09] [LD-11] runs out by itself; who is in the group has to agree again or go, and is not let in anew', async () => {
    const about = await inside({ expiresAt: '2026-05-02T10:00:00+01:00' });
    await party.app.moveClock('2026-05-02T08:59:59.000Z');
    expect(await standing(about)).toMatchObject({ state: 'given', expiresAt: '2026-05-02T09:00:00.000Z' });
    await party.app.moveClock('2026-05-02T09:00:00.000Z');
    expect(await standing(about)).toMatchObject({
      state: 'expired',
      since: '2026-05-02T09:00:00.000Z',
      reason: 'stated_end',
      noticeVersion: 'notice-1',
    });
    expect(await orders(about)).toMatchObject([
      { trigger: 'consent_expired', state: 'open', dueAt: '2026-05-04T09:00:00.000Z' },
    ]);

    const another = await tell();
    await party.done('/v1/consents', { ...another, ...inWriting, expiresAt: '2026-05-02T09:30:00Z' });
    await party.app.moveClock('2026-05-02T09:30:00.000Z');
    const refused = await party.app.post(`/v1/groups/${about.groupId}/members`, { personId: another.personId });
    expect(refused.body).toMatchObject({ status: 409, code: 'ConsentMissing' });
  });

  it('[LD-09] asked again and agreed to again is a new consent, which ends the order and overwrites nothing', async () => {
    const about = await inside({ expiresAt: '2026-05-03T09:00:00Z' });
    await party.app.moveClock('2026-05-03T09:00:00.000Z');
    await party.done('/v1/consents', { ...about, ...inWriting });
    await party.app.settle();
    const { state, expiresAt, history } = await standing(about);
    expect({ state, expiresAt }).toEqual({ state: 'given', expiresAt: null });
    expect(names(history)).toEqual(['NoticePresented', 'ConsentGiven', 'ConsentExpired', 'ConsentGiven']);
    expect(await orders(about)).toMatchObject([{ state: 'cancelled' }]);
  });

  it.each(['2026-05-01T09:00:00Z', 'next May'])(
    'refuses the end %s as bad input, naming the field',
    async (expiresAt) => {
      const occurredAt = '2026-05-01T09:00:00Z';
      const answer = await party.app.post('/v1/consents', { ...(await tell()), ...inWriting, occurredAt, expiresAt });
      expect(answer.status).toBe(400);
      expect(answer.body['errors']).toMatchObject([{ field: 'body/expiresAt' }]);
    },
  );
});

describe('a consent for a purpose', () => {
  it('[LD-05] ends with the activity it was given for; the others hold', async () => {
    const started = { name: 'By-election', kind: 'campaign', startsAt: '2026-05-01T09:00:00Z' };
    const { activityId } = (await party.done('/v1/activities', started)) as { activityId: string };
    const helper = await inside({ activityId });
    const member = await inside({});
    await party.done(`/v1/activities/${activityId}/end`, { endedAt: '2026-05-03T09:00:00Z' });
    await party.app.settle();
    expect(await standing(helper)).toMatchObject({ state: 'expired', reason: 'activity_ended' });
    expect(await standing(member)).toMatchObject({ state: 'given' });
    expect(await orders(helper)).toMatchObject([{ trigger: 'consent_expired' }]);
    const late = await party.app.post('/v1/consents', { ...(await tell()), ...inWriting, activityId });
    expect(late.body).toMatchObject({ status: 409, code: 'PurposeOver' });
  });

  it('[LD-35] ends with the group; nobody has to be taken out of a group that is closed', async () => {
    const group = { name: 'Short', purpose: 'A stall', groupType: 'party-group', admins: [await party.member()] };
    const { groupId } = (await party.done('/v1/groups', group)) as { groupId: string };
    await party.app.settle();
    const about = await inside({}, groupId);
    await party.done(`/v1/groups/${groupId}/close`, {});
    await party.app.settle();
    expect(await standing(about)).toMatchObject({ state: 'expired', reason: 'group_closed' });
    expect(await orders(about)).toEqual([]);
    const late = await party.app.post('/v1/consents', { ...(await tell(groupId)), ...inWriting });
    expect(late.body).toMatchObject({ status: 409, code: 'PurposeOver' });
  });
});

describe('a consent with the agreement', () => {
  it('[LD-11] counts for the version that was shown with the notice, and for no other', async () => {
    const about = { personId: randomUUID(), groupId: party.groupId };
    await party.done('/v1/consents/notices', { ...about, ...fullNotice, agreementVersion: 'a-1' });
    const other = await party.app.post('/v1/consents', { ...about, ...inWriting, agreementVersion: 'a-2' });
    expect(other.body).toMatchObject({ status: 409, code: 'NoticeNotPresented' });
    await party.done('/v1/consents', { ...about, ...inWriting, agreementVersion: 'a-1' });
    expect(await standing(about)).toMatchObject({ state: 'given', agreementVersion: 'a-1' });
  });
});
