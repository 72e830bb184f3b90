import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let party: Party;
beforeAll(async () => {
  party = await openParty('2026-05-14T09:00:00.000Z');
});
afterAll(() => party.app.close());

const add = (personId: string, given: object = {}, status = 201) =>
  party.done(`/v1/groups/${party.groupId}/members`, { personId, ...given }, status);
const rule = (parameter: string, ...obligations: string[]) => ({
  profile: 'political-party@1',
  parameter,
  obligations: expect.arrayContaining(obligations),
});

describe('letting somebody in', () => {
  it('[LD-03] [LD-08] [LD-09] refuses by every gate that is shut, names them all, and keeps the refusal', async () => {
    const personId = await party.person({ statuses: [], dateOfBirth: '2010-01-01' });
    const told = await add(personId, {}, 409);
    expect(told).toMatchObject({
      code: 'CategoryNotEligible',
      reasons: [
        { code: 'CategoryNotEligible', rule: rule('eligible_categories', 'LD-03') },
        { code: 'TooYoung', rule: rule('min_age', 'LD-08') },
        { code: 'ConsentMissing', rule: rule('consent_methods', 'LD-09') },
      ],
      rules: [rule('eligible_categories', 'LD-03'), rule('min_age', 'LD-08'), rule('consent_methods', 'LD-09')],
    });
    expect(await party.story(personId)).toEqual(['AdmissionRefused']);
    const [{ body }] = (await party.app.asOwner<{ body: string }>(
      `select body from membership.events where body::json->'data'->>'personId' = $1 and type like '%AdmissionRefused%'`,
      [personId],
    )) as [{ body: string }];
    expect(JSON.parse(body)).toMatchObject({
      data: { reasons: ['CategoryNotEligible', 'TooYoung', 'ConsentMissing'] },
      rules: [rule('eligible_categories', 'LD-03'), rule('min_age', 'LD-08'), rule('consent_methods', 'LD-09')],
    });
  });

  it('[LD-08] refuses an unknown date of birth where a minimum age is set', async () => {
    const personId = await party.person({ dateOfBirth: undefined });
    await party.agree(personId);
    expect(await add(personId, {}, 409)).toMatchObject({ code: 'AgeUnknown', rules: [rule('min_age', 'LD-08')] });
  });

  it('[LD-03] [LD-09] [LD-26] lets in a member who has agreed, once, with a word on what should be mended', async () => {
    const personId = await party.person();
    await party.agree(personId);
    const told = await add(personId);
    expect(told).toMatchObject({ version: 1, events: [{ name: 'MemberAdded' }] });
    // The group of these tests has one admin, who was named without a role.
    expect(told['warnings']).toMatchObject([{ code: 'TooFewAdmins' }, { code: 'KindNotNamed' }]);
    expect(await add(personId, {}, 200)).toMatchObject({ participationId: told['participationId'], events: [] });
    const { items } = await party.read(`/v1/groups/${party.groupId}/members`);
    expect(items).toContainEqual({
      participationId: told['participationId'],
      groupId: party.groupId,
      personId,
      capacity: 'member',
      joinedFor: null,
      isAdmitted: true,
      since: '2026-05-14T09:00:00.000Z',
      guestUntil: null,
      activityId: null,
      removalTaskId: null,
    });
  });

  it('[LD-04] a guest needs an end, which may be prolonged before it comes and not afterwards', async () => {
    const personId = await party.person({ statuses: [] });
    await party.agree(personId);
    expect(await add(personId, { guest: {} }, 409)).toMatchObject({
      code: 'GuestEndMissing',
      rules: [rule('guest_access', 'LD-04')],
    });
    await add(personId, { guest: { until: '2026-05-14T12:00:00+01:00' } });
    const extend = `/v1/groups/${party.groupId}/members/${personId}/extend-guest`;
    expect(await party.done(extend, { until: '2026-05-14T10:00:00Z' }, 409)).toMatchObject({ code: 'NotAnExtension' });
    await party.done(extend, { until: '2026-05-14T13:00:00Z' });
    await party.app.moveClock('2026-05-14T13:00:00.000Z');
    expect(await party.done(extend, { until: '2026-05-15T13:00:00Z' }, 409)).toMatchObject({
      code: 'GuestAccessOver',
      rules: [rule('guest_access', 'LD-04')],
    });
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ trigger: 'activity_ended', dueAt: '2026-05-16T13:00:00.000Z' }),
    ]);
  });

  it('a closed group takes nobody in, and asks nobody to be taken out', async () => {
    const groupId = await party.group();
    const personId = await party.member(groupId);
    await party.done(`/v1/groups/${groupId}/members/${personId}/request-removal`);
    await party.app.settle();
    await party.done(`/v1/groups/${groupId}/close`);
    await party.app.settle();
    const path = `/v1/groups/${groupId}/members`;
    expect(await party.done(path, { personId }, 409)).toMatchObject({ code: 'GroupClosed' });
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: 'group_closed' }),
    ]);
  });
});

describe('asking to be taken out', () => {
  it('[LD-39] [LD-09] [LD-13] is due in an hour, ends the consent, and the way back is a new one', async () => {
    const personId = await party.member();
    await party.app.moveClock('2026-05-14T20:40:00.000Z'); // 21:40 in London
    await party.done(`/v1/groups/${party.groupId}/members/${personId}/request-removal`);
    await party.app.settle();
    const [order] = await party.orders(personId);
    expect(order).toMatchObject({
      trigger: 'on_request',
      owners: [party.admin],
      openedAt: '2026-05-14T20:40:00.000Z',
      dueAt: '2026-05-14T21:40:00.000Z',
      rules: [rule('removal_sla', 'LD-39')],
    });
    expect(await party.read(`/v1/removal-orders/${order!['taskId'] as string}`)).toEqual(order);
    await party.app.moveClock('2026-05-14T20:58:00.000Z');
    const confirmed = { evidence: 'admin_confirmed' };
    await party.done(`/v1/groups/${party.groupId}/members/${personId}/confirm-removal`, confirmed);
    await party.app.settle();
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ state: 'done', lateBySeconds: 0 })]);
    expect((await party.read(`/v1/consents?personId=${personId}`)).items![0]).toMatchObject({ state: 'withdrawn' });
    const { items } = await party.read('/v1/alternative-channels?state=open');
    expect(items).toContainEqual(expect.objectContaining({ personId, groupId: party.groupId }));
    expect(await add(personId, {}, 409)).toMatchObject({
      code: 'ConsentMissing',
      rules: [rule('consent_methods', 'LD-09')],
    });
    await party.agree(personId);
    await add(personId);
  });

  it('[LD-39] is not undone by restored eligibility', async () => {
    const crmId = randomUUID();
    const personId = await party.member(party.groupId, { links: [{ kind: 'crmId', value: crmId }] });
    const subject = { kind: 'crmId', value: crmId };
    await party.report('LeaverReported', { subject, category: 'member', leavesAt: '2026-05-14T12:00:00Z' });
    await party.done(`/v1/groups/${party.groupId}/members/${personId}/request-removal`);
    await party.app.settle();
    await party.report('LeaverRescinded', { subject, category: 'member' });
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ state: 'open', trigger: 'on_request' })]);
  });

  it('[LD-38] whoever has left alone needs no taking out', async () => {
    const personId = await party.member();
    const path = `/v1/groups/${party.groupId}/members/${personId}`;
    await party.done(`${path}/request-removal`);
    await party.app.settle();
    const early = await party.done(`${path}/left`, { occurredAt: '2026-01-01T00:00:00Z' }, 400);
    expect(early['errors']).toEqual([{ field: 'body/occurredAt', rule: 'must not be before the person came in' }]);
    await party.done(`${path}/left`);
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'done', outcome: 'left_by_themselves' }),
    ]);
    for (const command of ['left', 'request-removal'])
      expect(await party.done(`${path}/${command}`, {}, 409)).toMatchObject({ code: 'NotInGroup' });
  });
});

describe('what another organisation has', () => {
  it('answers like what nobody has', async () => {
    const personId = await party.member();
    await party.done(`/v1/groups/${party.groupId}/members/${personId}/request-removal`);
    await party.app.settle();
    const [order] = await party.orders(personId);
    const { key } = await party.app.anotherOrganisation();
    const group = `/v1/groups/${party.groupId}`;
    for (const path of [
      group,
      `${group}/policy`,
      `${group}/members`,
      `/v1/removal-orders/${order!['taskId'] as string}`,
    ])
      expect((await party.app.get(path, { key })).status).toBe(404);
    for (const path of [
      `${group}/members`,
      `${group}/members/${personId}/left`,
      `${group}/members/${personId}/request-removal`,
      `${group}/close`,
    ])
      expect((await party.app.post(path, path.endsWith('members') ? { personId } : {}, { key })).status).toBe(404);
    expect((await party.read('/v1/groups', { key })).items).toEqual([]);
    expect((await party.read(`/v1/removal-orders?groupId=${party.groupId}`, { key })).items).toEqual([]);
    expect(await add(randomUUID(), {}, 404)).toMatchObject({ detail: 'Your organisation has no such person.' });
  });

  it('a key that is nobody’s, or of a role that may not, changes nothing', async () => {
    const { key } = (await party.done('/v1/keys', { scopes: ['auditor'] })) as { key?: string };
    expect((await party.app.get('/v1/removal-orders', { key: key! })).status).toBe(403);
    expect((await party.app.get('/v1/removal-orders', { key: null })).status).toBe(401);
  });
});

describe('lists', () => {
  it('come in pages, and a cursor that is not ours is refused', async () => {
    const first = await party.read('/v1/removal-orders?limit=1');
    expect(first.items).toHaveLength(1);
    const second = await party.read(`/v1/removal-orders?limit=1&cursor=${first['next'] as string}`);
    expect(second.items![0]!['taskId']).not.toBe(first.items![0]!['taskId']);
    const forged = Buffer.from(JSON.stringify(['soon', 'me'])).toString('base64url');
    const short = Buffer.from(JSON.stringify(['me'])).toString('base64url');
    expect((await party.app.get(`/v1/removal-orders?cursor=${forged}`)).status).toBe(400);
    for (const path of ['/v1/groups', `/v1/groups/${party.groupId}/members`])
      expect((await party.app.get(`${path}?cursor=${short}`)).status).toBe(400);
    const { items } = await party.read(`/v1/removal-orders?state=open&owner=${party.admin}`);
    expect(new Set(items!.map((row) => row['state']))).toEqual(new Set(['open']));
    expect((await party.read(`/v1/removal-orders?owner=${randomUUID()}`)).items).toEqual([]);
  });
});
