import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readAll } from '../testing.js';
import { agreement, fields, openInvited, WHATSAPP, type Invited } from './testing.js';

let invited: Invited;
beforeAll(async () => {
  invited = await openInvited();
});
afterAll(() => invited.app.close());

const rowOf = async (inviteId: string) => (await invited.app.get(`/v1/invitations/${inviteId}`)).body;
const replace = async (inviteId: string, body: object) => {
  const reply = await invited.app.post(`/v1/invitations/${inviteId}/reissue`, body);
  return { status: reply.status, body: reply.body as Record<string, string> & { qr: { svg: string; png: string } } };
};

describe('issuing an invitation', () => {
  it('[LD-12] gives the link and its QR code once, and keeps only a fingerprint', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = {
      groupId: invited.groupId,
      audience: 'ward-7',
      channel: 'emailed_link',
      expiresAt: '2026-05-08T09:00:00Z',
    };
    const first = await invited.app.post('/v1/invitations', { ...body, whatsappLink: WHATSAPP }, { headers });
    expect(first.status).toBe(201);
    const { link, qr } = first.body as unknown as { link: string; qr: { svg: string; png: string } };
    expect(link).toMatch(/\/i\/[\w-]{43}$/);
    expect(qr.svg).toMatch(/^<svg /);
    expect(Buffer.from(qr.png, 'base64').subarray(1, 4).toString()).toBe('PNG');
    const again = await invited.app.post('/v1/invitations', { ...body, whatsappLink: WHATSAPP }, { headers });
    expect(again.body).toMatchObject({ code: 'shown-once' });
    const token = link.slice(-43);
    for (const table of ['events', 'invitations', 'idempotency']) {
      const [found] = await invited.app.asOwner(
        `select count(*)::int as n from consent.${table} t where t::text like '%${token}%'`,
      );
      expect({ table, found }).toEqual({ table, found: { n: 0 } });
    }
  });

  it('tells whoever repeats a refused request the same refusal', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const body = {
      groupId: invited.groupId,
      audience: 'ward-7',
      channel: 'emailed_link',
      expiresAt: '2026-04-30T09:00:00Z',
    };
    const first = await invited.app.post('/v1/invitations', body, { headers });
    const again = await invited.app.post('/v1/invitations', body, { headers });
    expect([first.body.code, again.status, again.body.code]).toEqual(['ExpiryPassed', 409, 'ExpiryPassed']);
  });

  it('begins links with the address that is set for people', async () => {
    const other = await openInvited({ ROLLCALL_PUBLIC_URL: 'https://groups.example.org/' });
    try {
      expect((await other.invite()).link).toMatch(/^https:\/\/groups\.example\.org\/i\/[\w-]{43}$/);
    } finally {
      await other.app.close();
    }
  });

  it('[LD-12] refuses a way in that the policy does not have, and keeps the refusal', async () => {
    const { status, body } = await invited.issue({ channel: 'qr' });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'RouteNotAllowed' });
    expect(body['rules']).toMatchObject([{ parameter: 'join_routes', obligations: ['LD-12'] }]);
    await invited.app.settle();
    const history = await invited.app.get('/v1/history?type=InviteIssuingRefused');
    expect(history.body.items).toMatchObject([{ data: { channel: 'qr', reason: 'route_not_allowed' } }]);
  });

  it('leaves the way into the group as it is where it refuses', async () => {
    const { path } = await invited.invite();
    const wrong = { channel: 'qr', whatsappLink: 'https://chat.whatsapp.com/AnotherGroupAltogether' };
    expect((await invited.issue(wrong)).status).toBe(409);
    const { crmId } = await invited.somebody();
    const joined = await invited.fill(path, { step: 'agree', form: (await invited.identify(path, crmId)).form });
    expect(joined.html).toContain(WHATSAPP);
  });

  it('[LD-11] refuses one to a group whose notice does not say what the policy requires', async () => {
    const group = { name: 'Silent', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    const { duration: _, ...rest } = fields;
    await invited.done('/v1/texts/fields', { groupId, fields: rest });
    const { status, body } = await invited.issue({ groupId });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'NoticeIncomplete' });
    expect(body.detail).toMatch(/duration.*POST \/v1\/texts\/fields/);
    await invited.done('/v1/texts/fields', { groupId, fields: { duration: 'a year' } });
    expect((await invited.issue({ groupId, whatsappLink: undefined })).body.code).toBe('GroupLinkMissing');
    expect((await invited.issue({ groupId })).status).toBe(201);
  });

  it('[LD-28] [LD-11] refuses one while the agreement that the policy asks for is not published, and says what to publish', async () => {
    const activate = (overrides: object) => invited.done('/v1/profiles/political-party/activate', { overrides });
    const group = { name: 'New', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await activate({});
    await invited.app.settle();
    await invited.done('/v1/texts/fields', { groupId, fields });
    const { status, body } = await invited.issue({ groupId });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'AgreementMissing' });
    expect(body.detail).toMatch(/^Publish the group’s agreement first/);
    expect(body['rules']).toMatchObject([
      { parameter: 'agreement_topics', obligations: expect.arrayContaining(['LD-28']) },
    ]);
    await invited.done('/v1/texts', { groupId, kind: 'agreement', sections: agreement, publish: true });
    expect((await invited.issue({ groupId })).status).toBe(201);
    await activate({ '*': { agreement_topics: [] } });
    await invited.app.settle();
  });

  it('refuses one into a group that is in preparation, since whoever says yes would not be let in', async () => {
    await invited.done('/v1/profiles/students-union/activate', {});
    await invited.app.settle();
    const group = { name: 'Chess', purpose: 'x', groupType: 'society', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    const own = { whoMayJoin: 'members of the society', agreementLink: 'https://union.example/chess' };
    await invited.done('/v1/texts/fields', { groupId, fields: { ...fields, ...own } });
    const { body } = await invited.app.get(`/v1/texts/suggested?groupId=${groupId}&kind=agreement`);
    await invited.done('/v1/texts', { groupId, kind: 'agreement', sections: body['sections'], publish: true });
    const refusal = (await invited.issue({ groupId, channel: 'qr', issuedBy: { role: 'committee' } })).body;
    expect(refusal.code).toBe('TextsMissing');
    expect(refusal.detail).toContain('first, nobody is let in before: invitation');
  });

  it('[LD-12] refuses one for a person nobody knows, and names the field', async () => {
    const stranger = { audience: undefined, maxUses: 1, personId: randomUUID() };
    const { status, body } = await invited.issue(stranger);
    expect({ status, errors: body['errors'] }).toEqual({
      status: 400,
      errors: [{ field: 'body/personId', rule: 'must be somebody who is registered' }],
    });
    const { personId } = await invited.somebody();
    expect((await invited.issue({ ...stranger, personId })).status).toBe(201);
  });

  it.each([
    ['for a person and an audience', { personId: randomUUID() }, 'body'],
    ['for nobody', { audience: undefined }, 'body'],
    ['for one person, many times', { audience: undefined, personId: randomUUID() }, 'body/maxUses'],
    ['with a link to anywhere', { whatsappLink: 'https://example.org/AbCdEfGhIj' }, 'body/whatsappLink'],
    ['with a script for a link', { whatsappLink: 'javascript:alert(1)' }, 'body/whatsappLink'],
    ['for a name', { audience: 'Ann and Bob' }, 'body/audience'],
    ['for more than a thousand', { maxUses: 1001 }, 'body/maxUses'],
    ['until no day', { expiresAt: '2026-02-30T00:00:00Z' }, 'body/expiresAt'],
  ])('refuses one %s as bad input', async (_, wrong, field) => {
    const { status, body } = await invited.issue(wrong);
    expect({ status, errors: body['errors'] }).toMatchObject({ status: 400, errors: [{ field }] });
  });

  it('shows another organisation nothing, and lets it end nothing', async () => {
    const { inviteId } = await invited.invite();
    const { key } = await invited.app.anotherOrganisation();
    expect((await invited.app.get(`/v1/invitations/${inviteId}`, { key })).status).toBe(404);
    expect((await invited.app.get('/v1/invitations', { key })).body.items).toEqual([]);
    for (const step of ['revoke', 'reissue'])
      expect((await invited.app.post(`/v1/invitations/${inviteId}/${step}`, { reason: 'left' }, { key })).status).toBe(
        404,
      );
  });
});

describe('ending and replacing a link', () => {
  it('[HSU-08] ends it for everybody who has not joined, once', async () => {
    const { inviteId, path } = await invited.invite();
    expect((await invited.open(path)).status).toBe(200);
    const end = () => invited.app.post(`/v1/invitations/${inviteId}/revoke`, { reason: 'leaked' });
    expect((await end()).status).toBe(201);
    expect((await end()).status).toBe(200);
    expect((await invited.open(path)).status).toBe(404);
    expect(await rowOf(inviteId)).toMatchObject({ state: 'revoked', revokedBecause: 'leaked' });
  });

  it('[HSU-08] replaces it by another with the uses that were left, and only once', async () => {
    const { crmId } = await invited.somebody();
    const { inviteId, path } = await invited.invite({ maxUses: 3 });
    await invited.fill(path, { step: 'agree', form: (await invited.identify(path, crmId)).form });
    const other = await replace(inviteId, { reason: 'leaked', whatsappLink: `${WHATSAPP}2` });
    expect(other.status).toBe(201);
    expect((await invited.open(path)).status).toBe(404);
    expect((await invited.open(new URL(other.body['link']!).pathname)).status).toBe(200);
    expect(await rowOf(inviteId)).toMatchObject({ state: 'revoked', reissuedAs: other.body['inviteId'] });
    expect(await rowOf(other.body['inviteId']!)).toMatchObject({
      state: 'open',
      maxUses: 2,
      uses: 0,
      replaces: inviteId,
    });
    expect(await replace(inviteId, { reason: 'leaked' })).toMatchObject({
      status: 409,
      body: { code: 'InviteReissued' },
    });
  });

  it('[HSU-08] replaces it once, also when several do so at the same moment', async () => {
    const { inviteId } = await invited.invite({ audience: 'at-once' });
    const replies = await Promise.all(Array.from({ length: 6 }, () => replace(inviteId, { reason: 'leaked' })));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ body }) => (body as { code?: string }).code === 'InviteReissued')).toHaveLength(5);
    const { body } = await invited.app.get(`/v1/invitations?groupId=${invited.groupId}&state=open&limit=500`);
    expect(body.items!.filter(({ audience }) => audience === 'at-once')).toMatchObject([{ replaces: inviteId }]);
  });

  it('[LD-35] ends every link into a group that is closed, and issues none', async () => {
    const { app, done, member, groupId: elsewhere } = invited;
    const group = { name: 'Stall', purpose: 'A stall', groupType: 'party-group', admins: [await member()] };
    const { groupId } = (await done('/v1/groups', group)) as { groupId: string };
    await app.settle();
    await done('/v1/texts/fields', { groupId, fields });
    const { inviteId, path } = await invited.invite({ groupId });
    const { form } = await invited.identify(path, (await invited.somebody()).crmId);
    await done(`/v1/groups/${groupId}/close`, {});
    await app.settle();
    expect(await rowOf(inviteId)).toMatchObject({ state: 'revoked', revokedBecause: 'group_closed' });
    expect((await invited.open(path)).status).toBe(404);
    const late = await invited.fill(path, { step: 'agree', form });
    expect({ status: late.status, html: late.html }).toMatchObject({
      status: 404,
      html: expect.stringContaining('does not let anybody in'),
    });
    expect((await invited.issue({ groupId })).body).toMatchObject({ status: 409, code: 'GroupClosed' });
    expect((await invited.issue({ groupId: elsewhere })).status).toBe(201);
  });

  it('[HSU-08] says which shared links should be replaced when somebody has left', async () => {
    const group = { name: 'Leavers', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    await invited.done('/v1/texts/fields', { groupId, fields });
    await invited.done('/v1/texts', { groupId, kind: 'agreement', sections: agreement, publish: true });
    await invited.app.settle();
    const { crmId, personId } = await invited.somebody();
    const other = await invited.somebody();
    const shared = await invited.invite({ groupId });
    const usual = { groupId, audience: undefined, channel: 'personal_invite', maxUses: 1 };
    const own = await invited.invite({ ...usual, personId: other.personId });
    await invited.fill(shared.path, { step: 'agree', form: (await invited.identify(shared.path, crmId)).form });
    await invited.app.moveClock('2026-05-01T12:00:00.000Z');
    await invited.done(`/v1/groups/${groupId}/members/${personId}/left`, {});
    await invited.app.settle();
    const due = await readAll(invited.app, `/v1/invitations?groupId=${groupId}&reissueDue=true`, 2);
    expect(due).toMatchObject([{ inviteId: shared.inviteId, reissueDue: 'member_left' }]);
    expect(await rowOf(own.inviteId)).toMatchObject({ reissueDue: null, state: 'open' });
    await replace(shared.inviteId, { reason: 'left' });
    expect(await rowOf(shared.inviteId)).toMatchObject({ reissueDue: null });
  });
});
