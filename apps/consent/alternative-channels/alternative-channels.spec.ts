import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, readAll, type Party } from '../testing.js';

let party: Party;
beforeAll(async () => {
  party = await openParty();
});
afterAll(() => party.app.close());

const anHourOn = '2026-05-01T10:00:00.000Z';

/** A member who agreed and was added. */
const inside = async (crmId?: string) => {
  const personId = await party.member(crmId);
  await party.agree(personId);
  await party.done(`/v1/groups/${party.groupId}/members`, { personId });
  await party.app.settle();
  return personId;
};
const act = async (personId: string, action: string, body: object = {}) => {
  await party.done(`/v1/groups/${party.groupId}/members/${personId}/${action}`, body);
  await party.app.settle();
};
const consentOf = async (personId: string) =>
  (await party.app.get(`/v1/consents?personId=${personId}&groupId=${party.groupId}`)).body.items![0]!;
const channels = async (personId: string, state?: string) =>
  (await party.app.get(`/v1/alternative-channels?personId=${personId}${state ? `&state=${state}` : ''}`)).body.items!;

describe('whoever is out of the group', () => {
  it('[LD-09] [LD-13] who asked to be taken out has no consent any more and is reached by e-mail from then on', async () => {
    const personId = await inside();
    await act(personId, 'request-removal');
    expect(await consentOf(personId)).toMatchObject({ state: 'given' });
    await act(personId, 'confirm-removal', { evidence: 'admin_confirmed' });
    expect(await consentOf(personId)).toMatchObject({ state: 'withdrawn', reason: 'removed' });
    expect(await channels(personId)).toMatchObject([{ state: 'open', because: 'removed', channel: null }]);

    const about = { personId, groupId: party.groupId };
    await party.done('/v1/alternative-channels/record', { ...about, channel: 'email' });
    expect(await channels(personId, 'open')).toEqual([]);
    expect(await channels(personId)).toMatchObject([{ state: 'recorded', because: 'removed', channel: 'email' }]);
  });

  it('[LD-13] who had to leave without asking has no consent any more, and need not be reached', async () => {
    const personId = await inside();
    await act(personId, 'confirm-removal', { evidence: 'admin_confirmed' });
    expect(await consentOf(personId)).toMatchObject({ state: 'withdrawn', reason: 'removed' });
    expect(await channels(personId)).toEqual([]);
  });

  it('[LD-13] who left by themselves must go on being reached', async () => {
    const personId = await inside();
    await act(personId, 'left');
    expect(await consentOf(personId)).toMatchObject({ state: 'withdrawn', reason: 'left' });
    expect(await channels(personId)).toMatchObject([{ state: 'open', because: 'withdrawn' }]);
  });

  it('[LD-13] who left by themselves after they were told to, for a reason of the party’s, need not', async () => {
    const crmId = randomUUID();
    const personId = await inside(crmId);
    await party.app.moveClock(anHourOn);
    const change = { link: { kind: 'crmId', value: crmId }, category: 'member', status: 'ended', from: anHourOn };
    await party.app.post('/v1/feeds/crm-delta', { source: 'crm', asOf: anHourOn, changes: [change] });
    await party.app.settle();
    const orders = await party.app.get(`/v1/removal-orders?personId=${personId}`);
    expect(orders.body.items).toMatchObject([{ trigger: 'membership_ended', state: 'open' }]);
    await act(personId, 'left');
    expect(await channels(personId)).toEqual([]);
  });

  it('[LD-09] [LD-13] sets a departure aside that comes before its policy, rather than judge without; replayed, it counts', async () => {
    const personId = await inside();
    await party.beforePolicyIsKnown(() => act(personId, 'left'));
    expect(await consentOf(personId)).toMatchObject({ state: 'given' });
    const { items } = (await party.app.get('/v1/services/consent/parked')).body;
    expect(items).toMatchObject([
      { processor: 'consent.removals', type: 'rollcall.membership.MemberLeftByThemselves.v1' },
    ]);
    await party.app.post(`/v1/services/consent/parked/${items![0]!['parkedId'] as string}/replay`);
    expect(await consentOf(personId)).toMatchObject({ state: 'withdrawn', reason: 'left' });
    expect(await channels(personId)).toMatchObject([{ state: 'open' }]);
  });

  it('[LD-13] is reached in the group again once they agree again', async () => {
    const personId = await inside();
    await act(personId, 'left');
    await party.agree(personId);
    expect(await consentOf(personId)).toMatchObject({ state: 'given' });
    expect(await channels(personId)).toEqual([]);
  });
});

describe('the register', () => {
  it('[LD-13] holds a person without the app, who never refused', async () => {
    const about = { personId: randomUUID(), groupId: party.groupId };
    const occurredAt = '2026-04-30T12:00:00.000Z';
    await party.done('/v1/alternative-channels/record', { ...about, channel: 'post', occurredAt });
    expect(await channels(about.personId)).toEqual([
      expect.objectContaining({ ...about, state: 'recorded', since: occurredAt, because: null, channel: 'post' }),
    ]);
  });

  it('gives every row once, page by page', async () => {
    for (let n = 0; n < 3; n++)
      await party.done('/v1/consents/refuse', { personId: randomUUID(), groupId: party.groupId });
    const path = '/v1/alternative-channels?state=open';
    const whole = await readAll(party.app, path, 500);
    expect(whole.length).toBeGreaterThanOrEqual(3);
    expect(await readAll(party.app, path, 2)).toEqual(whole);
  });

  it('refuses a cursor that is not ours as bad input', async () => {
    const cursor = Buffer.from('["soon","a","b"]').toString('base64url');
    expect((await party.app.get(`/v1/alternative-channels?cursor=${cursor}`)).status).toBe(400);
  });
});
