import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agreement, BORN, fields, openInvited, WHATSAPP, type Invited } from '../invitations/testing.js';

let invited: Invited;
beforeAll(async () => {
  invited = await openInvited();
});
afterAll(() => invited.app.close());

/** What was recorded about a person in the group, oldest first. */
const historyOf = async (personId: string) => {
  const { body } = await invited.app.get(`/v1/history?personId=${personId}&limit=500`);
  return body.items as { name: string; actor: object; data: Record<string, unknown> }[];
};
const namesOf = async (personId: string) => (await historyOf(personId)).map(({ name }) => name);
const rowOf = async (inviteId: string) => (await invited.app.get(`/v1/invitations/${inviteId}`)).body;

describe('joining by an invitation', () => {
  it('[LD-09][LD-11][LD-12][HSU-03] tells first, asks second, records both in the person’s own name, lets them in and hands over the link', async () => {
    const { crmId, personId } = await invited.somebody();
    const { inviteId, path } = await invited.invite();
    const first = await invited.open(path);
    expect(first.status).toBe(200);
    expect(first.html).toContain('planning the canvassing in ward 7');
    expect(first.html).not.toContain(WHATSAPP);
    const asked = await invited.identify(path, crmId);
    expect({ status: asked.status, html: asked.html }).toMatchObject({
      status: 200,
      html: expect.stringContaining('I agree'),
    });
    expect(asked.html).not.toContain(WHATSAPP);
    const joined = await invited.fill(path, { step: 'agree', form: asked.form });
    expect(joined.html).toContain(WHATSAPP);
    await invited.app.settle();
    const history = await historyOf(personId);
    const about = Object.fromEntries(history.map((event) => [event.name, event]));
    const version = about['NoticePresented']!.data['noticeVersion'];
    expect(first.html).toContain(String(version));
    const { agreementVersion } = about['NoticePresented']!.data;
    expect(first.html).toContain(`Version ${String(agreementVersion)}`);
    expect(about['NoticePresented']!.actor).toEqual({ kind: 'person', id: personId });
    expect(about['ConsentGiven']).toMatchObject({
      actor: { kind: 'person', id: personId },
      data: { method: 'link_opt_in', noticeVersion: version, agreementVersion, recordedBy: personId },
    });
    expect(about['InviteAccepted']!.data).toMatchObject({ inviteId, use: 1 });
    expect(about['MemberAdded']).toMatchObject({
      actor: { kind: 'system', id: 'consent.invitation-page', onBehalfOf: personId },
      data: { route: 'emailed_link' },
    });
    expect(Object.keys(about)).not.toContain('AdmissionRefused');
    expect(await rowOf(inviteId)).toMatchObject({ uses: 1 });
  });

  it('[LD-09] shows whoever comes back what they agreed to, and takes it back as easily', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path } = await invited.invite();
    await invited.fill(path, { step: 'agree', form: (await invited.identify(path, crmId)).form });
    const again = await invited.identify(path, crmId);
    expect(again.html).toContain('What you agreed to');
    expect(again.html).toContain('1 May 2026');
    const back = await invited.fill(path, { step: 'withdraw', form: again.form });
    expect(back.html).toContain('You have taken back your agreement');
    const { body } = await invited.app.get(`/v1/consents?personId=${personId}`);
    expect(body.items).toMatchObject([{ state: 'withdrawn', reason: 'asked' }]);
    expect((await invited.identify(path, crmId)).html).toContain('I agree');
  });

  it('[LD-09] takes a no thanks after the agreement for taking it back, and says so', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path } = await invited.invite();
    const { form } = await invited.identify(path, crmId);
    await invited.fill(path, { step: 'agree', form });
    const no = await invited.fill(path, { step: 'no', form });
    expect(no.html).toContain('You have taken back your agreement');
    expect(no.html).toContain('If you are in the group you will be taken out of it');
    await invited.app.settle();
    expect(await namesOf(personId)).toEqual(expect.arrayContaining(['ConsentWithdrawn', 'RemovalTaskOpened']));
  });

  it('[LD-13] takes no thanks for an answer, and asks how the person is to be reached', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path } = await invited.invite();
    const no = await invited.fill(path, { step: 'no', form: (await invited.identify(path, crmId)).form });
    expect(no.html).toContain('How should we reach you instead?');
    expect((await invited.fill(path, { step: 'channel', form: no.form })).status).toBe(422);
    const thanks = await invited.fill(path, { step: 'channel', form: no.form, channel: 'sms' });
    expect(thanks.html).toContain('Thank you');
    const { body } = await invited.app.get(`/v1/alternative-channels?personId=${personId}`);
    expect(body.items).toMatchObject([{ state: 'recorded', channel: 'sms' }]);
    await invited.app.settle();
    expect(await namesOf(personId)).toEqual(expect.arrayContaining(['ConsentRefused', 'AlternativeChannelRecorded']));
  });

  it('[LD-08] says in a sentence why somebody cannot be let in, and shows no link', async () => {
    const crmId = `young-${Date.now()}`;
    const { personId } = await invited.done('/v1/people', {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      dateOfBirth: '2010-01-01',
      source: 'crm',
    });
    const { path } = await invited.invite();
    const { form } = await invited.open(path);
    const asked = await invited.fill(path, { step: 'who', form, reference: crmId, dateOfBirth: '2010-01-01' });
    const { html } = await invited.fill(path, { step: 'agree', form: asked.form });
    expect(html).toContain('Why you are not let in');
    expect(html).toContain('below the minimum age of 18');
    expect(html).not.toContain(WHATSAPP);
    await invited.app.settle();
    expect(await namesOf(personId as string)).toContain('AdmissionRefused');
  });
});

describe('the texts somebody agrees to', () => {
  it('[LD-11] a notice changed between presenting and agreeing is refused and shown again', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path } = await invited.invite();
    const asked = await invited.identify(path, crmId);
    const { groupId } = invited;
    await invited.done('/v1/texts/fields', { groupId, fields: { duration: 'until 30 June 2026' } });
    const again = await invited.fill(path, { step: 'agree', form: asked.form });
    expect(again.status).toBe(409);
    expect(again.html).toContain('The text has changed');
    expect(again.html).toContain('until 30 June 2026');
    expect(await namesOf(personId)).not.toContain('ConsentGiven');
    const joined = await invited.fill(path, { step: 'agree', form: again.form });
    expect(joined.html).toContain(WHATSAPP);
    const told = (await historyOf(personId)).filter(({ name }) => name === 'NoticePresented');
    expect(new Set(told.map(({ data }) => data['noticeVersion'])).size).toBe(2);
  });

  it('[LD-11] stay on record word for word, for the person and for the auditor, when the group says something else later', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path } = await invited.invite();
    const { app, groupId, done } = invited;
    await done('/v1/texts/fields', { groupId, fields: { purpose: 'counting umbrellas' } });
    await invited.fill(path, { step: 'agree', form: (await invited.identify(path, crmId)).form });
    await done('/v1/texts/fields', { groupId, fields: { purpose: fields.purpose } });
    const { body } = await app.get(`/v1/consents?personId=${personId}`);
    const { noticeVersion, agreementVersion } = body.items![0] as Record<string, string>;
    const { key } = await done('/v1/keys', { scopes: ['auditor'] });
    const words = (kind: string, version: string | undefined) =>
      app.get(`/v1/texts/words?groupId=${groupId}&kind=${kind}&textVersion=${version!}`, { key: key as string });
    expect((await words('notice', noticeVersion)).body['text']).toContain('counting umbrellas');
    expect((await words('agreement', agreementVersion)).body['text']).toContain(agreement[0]!.body);
    expect((await words('notice', '0'.repeat(16))).status).toBe(404);
    const other = await app.anotherOrganisation();
    const foreign = `/v1/texts/words?groupId=${groupId}&kind=notice&textVersion=${noticeVersion!}`;
    expect((await app.get(foreign, { key: other.key })).status).toBe(404);
    expect((await invited.open(path)).html).not.toContain('umbrellas');
    const { html } = await invited.identify(path, crmId);
    expect(html).toContain('counting umbrellas');
    expect(html).toContain(agreement[0]!.body);
  });

  it('[LD-11] makes the addresses in a text links to follow, and nothing but https', async () => {
    const group = { name: 'Linked', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    const purpose = 'what https://example.org/rules?a=1&b=<i> says, not javascript:alert(1) or http://example.org';
    await invited.done('/v1/texts/fields', { groupId, fields: { ...fields, purpose } });
    const { html } = await invited.open((await invited.invite({ groupId })).path);
    expect(html).toContain(
      '<a href="https://example.org/rules?a=1&amp;b=">https://example.org/rules?a=1&amp;b=</a>&lt;i&gt;',
    );
    expect(html).not.toMatch(/href="(?:javascript|http:)/);
  });

  it('escapes markup, emoji and right-to-left text in what the organisation wrote', async () => {
    const group = { name: 'Another', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    const groupName = '<script>alert(1)</script> 🌹 “קבוצה” مجموعة';
    await invited.done('/v1/texts/fields', {
      groupId,
      fields: { groupName, purpose: '"><img src=x onerror=alert(1)>', duration: '<b>soon</b>' },
    });
    const { path } = await invited.invite({ groupId });
    const { html } = await invited.open(path);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; 🌹 “קבוצה” مجموعة');
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(html).toContain('dir="auto"');
    const { crmId } = await invited.somebody();
    expect((await invited.identify(path, crmId)).html).not.toMatch(/<script|<img|<b>/);
  });
});

describe('who may answer', () => {
  it('gives one answer to a wrong date, an unknown number and a number of somebody else’s', async () => {
    const { crmId } = await invited.somebody();
    const other = await invited.somebody();
    const { path } = await invited.invite({
      personId: other.personId,
      audience: undefined,
      maxUses: 1,
      channel: 'personal_invite',
    });
    const tried = [
      { reference: other.crmId, dateOfBirth: '1980-04-02' },
      { reference: 'nobody', dateOfBirth: BORN },
      { reference: crmId, dateOfBirth: BORN },
      { reference: other.crmId, dateOfBirth: 'never' },
    ];
    for (const stated of tried) {
      const { form } = await invited.open(path);
      const { status, html } = await invited.fill(path, { step: 'who', form, ...stated });
      expect(status).toBe(422);
      expect(html).toContain('We could not confirm who you are');
    }
    expect((await invited.identify(path, other.crmId)).html).toContain('I agree');
  });

  it('names the fields that are missing, and records nothing', async () => {
    const { path } = await invited.invite();
    const { form } = await invited.open(path);
    const { status, html } = await invited.fill(path, { step: 'who', form });
    expect(status).toBe(422);
    expect(html).toContain('href="#reference"');
    expect(html).toContain('aria-invalid="true"');
    expect(html).toContain('<title>Error: ');
  });

  it.each([
    ['damaged', 'AAAA'],
    ['missing', ''],
    ['too long', 'A'.repeat(5000)],
  ])('takes nothing from a form whose memory is %s', async (_, form) => {
    const { path } = await invited.invite();
    for (const step of ['who', 'agree', 'no', 'withdraw', 'channel', 'again', 'nonsense']) {
      const { status, html } = await invited.fill(path, { step, form });
      expect({ step, status }).toEqual({ step, status: 409 });
      expect(html).toContain('Please begin again');
    }
  });

  it('takes no form of another invitation, nor one that is a day old', async () => {
    const { crmId } = await invited.somebody();
    const [one, other] = [await invited.invite({ expiresAt: '2026-06-01T00:00:00Z' }), await invited.invite()];
    const { form } = await invited.identify(one.path, crmId);
    expect((await invited.fill(other.path, { step: 'agree', form })).status).toBe(409);
    await invited.app.moveClock('2026-05-02T09:00:00.000Z');
    expect((await invited.fill(one.path, { step: 'agree', form })).status).toBe(409);
  });
});
