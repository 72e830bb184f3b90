import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TestApp } from '../../standalone/testing.js';
import { openInvited, type Invited } from '../invitations/testing.js';
import { openCharity, type Charity } from '../texts/testing.js';
import { openMailbox, type Mailbox } from '../messages/testing.js';

let mailbox: Mailbox;
let invited: Invited;
let charity: Charity;
let groupId: string;
beforeAll(async () => {
  mailbox = await openMailbox();
  invited = await openInvited(mailbox.env);
  charity = await openCharity(mailbox.env);
  const { ada, ...group } = await charity.group();
  groupId = group.groupId;
  await charity.complete(groupId, [ada]);
  const ready = `/v1/groups/${groupId}/moderators/${ada}/prerequisites`;
  for (const kind of ['policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan'])
    await charity.done(ready, { kind });
});
afterAll(async () => {
  mailbox.answer();
  await invited.app.close();
  await charity.app.close();
  await mailbox.close();
});
beforeEach(() => mailbox.behave('takes'));

type Place = { readonly app: TestApp; readonly done: (path: string, body: object) => Promise<unknown> };

/** Somebody in a category, with an address of their own. */
const somebody = async ({ app, done }: Place, category: string) => {
  const email = `${randomUUID()}@members.example`;
  const links = [{ kind: 'crmId', value: randomUUID() }];
  const statuses = [{ category, status: 'active', from: '2020-01-01T00:00:00.000Z' }];
  const body = await done('/v1/people', { links, statuses, email, dateOfBirth: '1980-04-01', source: 'crm' });
  await app.settle();
  return { email, personId: (body as { personId: string }).personId };
};
const messagesTo = async ({ app }: Place, personId: string, kind: string) => {
  await app.settle();
  return (await app.get(`/v1/messages?personId=${personId}&kind=${kind}`)).body.items!;
};
/** The one message of a kind to a person, once it is in this state. */
const messageTo = async (place: Place, personId: string, kind: string, state: string) => {
  for (let tries = 0; ; tries++) {
    const rows = await messagesTo(place, personId, kind);
    if (rows.length === 1 && rows[0]!['state'] === state) return rows[0]!;
    if (tries === 200) throw new Error(`Not one that is ${state}: ${JSON.stringify(rows)}`);
    await delay(50);
  }
};
const mailsTo = (email: string) => mailbox.mails.filter(({ recipients }) => recipients.includes(email));
const contentOf = async ({ app }: Place, messageId: unknown) =>
  (await app.get(`/v1/messages/${String(messageId)}`)).body['content'];

describe('an invitation for one person', () => {
  const issue = (personId: string, more: object = {}) =>
    invited.invite({ personId, audience: undefined, maxUses: 1, channel: 'personal_invite', ...more });

  it('[LD-12] is mailed to them with its link, which is in the vault no longer than until the mail is out', async () => {
    const { personId, email } = await somebody(invited, 'member');
    mailbox.behave(450);
    const { link, path } = await issue(personId);
    const waiting = await messageTo(invited, personId, 'invitation', 'retrying');
    expect(await contentOf(invited, waiting['messageId'])).toMatchObject({ text: expect.stringContaining(link) });
    mailbox.behave('takes');
    const now = (await invited.app.get('/v1/clock')).body['now'] as string;
    await invited.app.moveClock(new Date(Date.parse(now) + 60_000).toISOString());
    const sent = await messageTo(invited, personId, 'invitation', 'sent');
    expect(await contentOf(invited, sent['messageId'])).toEqual({ state: 'absent' });
    const [mail, second] = mailsTo(email);
    expect(second).toBeUndefined();
    expect(mail).toMatchObject({ subject: 'An invitation: Ward 7 campaign' });
    expect(mail!.text).toContain(link);
    expect(mail!.text).toContain('planning the canvassing in ward 7');
    expect((await invited.open(path)).status).toBe(200);
  });

  it('is in the words of the group where it has published an invitation', async () => {
    const sections = [
      { topic: 'organisation', body: 'The Party invites you.' },
      { topic: 'purpose', body: 'It is for canvassing.' },
      { topic: 'duration', body: 'It lasts until 31 May.' },
      { topic: 'join_link', body: 'Come in: {joinLink}' },
    ];
    await invited.done('/v1/texts', { groupId: invited.groupId, kind: 'invitation', sections, publish: true });
    const { personId, email } = await somebody(invited, 'member');
    const { link } = await issue(personId);
    await messageTo(invited, personId, 'invitation', 'sent');
    expect(mailsTo(email)[0]!.text).toContain(`Come in: ${link}`);
  });

  it('is not mailed where it is handed over in person, and goes out no more once it was revoked', async () => {
    const { personId } = await somebody(invited, 'member');
    await issue(personId, { mailed: false });
    expect(await messagesTo(invited, personId, 'invitation')).toEqual([]);
    mailbox.behave(450);
    const other = await somebody(invited, 'member');
    const { inviteId } = await issue(other.personId);
    await messageTo(invited, other.personId, 'invitation', 'retrying');
    await invited.done(`/v1/invitations/${inviteId}/revoke`, { reason: 'superseded' });
    const off = await messageTo(invited, other.personId, 'invitation', 'called_off');
    expect(off).toMatchObject({ reason: 'revoked', nextAt: null });
    expect(await contentOf(invited, off['messageId'])).toEqual({ state: 'absent' });
    expect(mailsTo(other.email)).toEqual([]);
  });

  it('is in the vault no longer than it is of use: a link that never got out goes from there', async () => {
    mailbox.behave(550);
    const { personId } = await somebody(invited, 'member');
    await issue(personId);
    const { messageId } = await messageTo(invited, personId, 'invitation', 'given_up');
    await invited.app.settle();
    expect(await contentOf(invited, messageId)).toEqual({ state: 'absent' });
    await invited.done(`/v1/messages/${String(messageId)}/release`, {});
    expect(await messageTo(invited, personId, 'invitation', 'undeliverable')).toMatchObject({ reason: 'words_gone' });
  });

  it('[AMZ-113] does not go out to a person who was erased while it waited', async () => {
    mailbox.behave(450);
    const { personId, email } = await somebody(invited, 'member');
    await issue(personId);
    await messageTo(invited, personId, 'invitation', 'retrying');
    const request = { requestId: randomUUID(), kind: 'erasure', personId, identity: 'confirmed' };
    await invited.done('/v1/rights-requests', request);
    await invited.done(`/v1/rights-requests/${request.requestId}/erase`, {});
    await invited.app.settle();
    mailbox.behave('takes');
    const now = (await invited.app.get('/v1/clock')).body['now'] as string;
    await invited.app.moveClock(new Date(Date.parse(now) + 60_000).toISOString());
    await messageTo(invited, personId, 'invitation', 'called_off'); // the link was revoked with the erasure
    expect(mailsTo(email)).toEqual([]);
  });
});

describe('somebody who is not in the group', () => {
  it('[LD-13] is told by mail how the group reaches them, where mail is their way', async () => {
    const { groupId: ward } = invited;
    const sections = [{ topic: 'notice', body: 'You need not be in the chat. We write to you instead.' }];
    await invited.done('/v1/texts', { groupId: ward, kind: 'nonjoiner', sections, publish: true });
    const [byMail, byPost] = [await somebody(invited, 'member'), await somebody(invited, 'member')];
    const record = '/v1/alternative-channels/record';
    await invited.done(record, { personId: byMail.personId, groupId: ward, channel: 'email' });
    await invited.done(record, { personId: byPost.personId, groupId: ward, channel: 'post' });
    await messageTo(invited, byMail.personId, 'notice', 'sent');
    expect(mailsTo(byMail.email)).toMatchObject([
      { subject: 'How you will be reached: Ward 7 campaign', text: expect.stringContaining('We write to you instead') },
    ]);
    expect(await messagesTo(invited, byPost.personId, 'notice')).toEqual([]);
  });
});

describe('whoever joins', () => {
  const items = ['purpose', 'who_may_join', 'phone_visibility', 'rules', 'org_record', 'privacy_rights', 'not_vetted'];
  const admit = async () => {
    const who = await somebody(charity, 'service_user');
    const about = { personId: who.personId, groupId };
    await charity.done('/v1/consents/notices', { ...about, noticeVersion: 'v1', items });
    const said = { scope: ['group'], purpose: 'group', method: 'join_after_notice', noticeVersion: 'v1' };
    await charity.done('/v1/consents', { ...about, ...said });
    await charity.app.settle();
    await charity.done(`/v1/groups/${groupId}/members`, { personId: who.personId });
    await charity.app.settle();
    return who;
  };
  const welcomeOf = async (personId: string) => {
    await charity.app.settle();
    return (await charity.app.get(`/v1/welcomes?groupId=${groupId}&personId=${personId}`)).body.items![0]!;
  };

  it('[AMZ-089] [AMZ-090] [AMZ-030] is mailed the welcome with its parts and the agreement, and that is the welcome sent', async () => {
    const { personId, email } = await admit();
    const sent = await messageTo(charity, personId, 'welcome', 'sent');
    const [mail, second] = mailsTo(email);
    expect(second).toBeUndefined();
    expect(mail!.text).toMatch(/description[\s\S]*agreement[\s\S]*phone number, and joining is your consent/);
    for (let tries = 0; (await welcomeOf(personId))['state'] !== 'sent' && tries < 100; tries++) await delay(50);
    expect(await welcomeOf(personId)).toMatchObject({
      state: 'sent',
      channel: 'email',
      welcomeVersion: sent['textVersion'],
      agreementVersion: sent['agreementVersion'],
      parts: expect.arrayContaining(['description_pointer', 'agreement_link', 'phone_consent']),
    });
  });

  it('[AMZ-089] is welcomed as well by the words given by hand where the mail did not get through', async () => {
    mailbox.behave(550);
    const { personId } = await admit();
    const { messageId } = await messageTo(charity, personId, 'welcome', 'given_up');
    expect(await welcomeOf(personId)).toMatchObject({ state: 'owed' });
    await charity.done(`/v1/messages/${String(messageId)}/delivered-by-hand`, { channel: 'chat' });
    expect(await welcomeOf(personId)).toMatchObject({ state: 'sent', channel: 'chat' });
  });

  it('is not mailed a welcome that was given in the chat meanwhile, nor once they have left', async () => {
    mailbox.behave(450);
    const [told, gone] = [await admit(), await admit()];
    for (const { personId } of [told, gone]) await messageTo(charity, personId, 'welcome', 'retrying');
    await charity.done('/v1/welcomes/sent', { groupId, personId: told.personId, channel: 'chat' });
    await charity.done(`/v1/groups/${groupId}/members/${gone.personId}/left`, {});
    expect(await messageTo(charity, told.personId, 'welcome', 'called_off')).toMatchObject({
      reason: 'told_otherwise',
    });
    expect(await messageTo(charity, gone.personId, 'welcome', 'called_off')).toMatchObject({ reason: 'left' });
  });

  it('[AMZ-113] is mailed nothing that waited, and nothing new, once they were erased', async () => {
    mailbox.behave(450);
    const { personId, email } = await admit();
    await messageTo(charity, personId, 'welcome', 'retrying');
    const request = { requestId: randomUUID(), kind: 'erasure', personId, identity: 'confirmed' };
    await charity.done('/v1/rights-requests', request);
    await charity.done(`/v1/rights-requests/${request.requestId}/erase`, {});
    await charity.app.settle();
    mailbox.behave('takes');
    await charity.done('/v1/agreements/circulate', { groupId, channel: 'email' });
    expect(await messagesTo(charity, personId, 'agreement')).toEqual([]);
    const now = (await charity.app.get('/v1/clock')).body['now'] as string;
    await charity.app.moveClock(new Date(Date.parse(now) + 60_000).toISOString());
    expect(await messageTo(charity, personId, 'welcome', 'undeliverable')).toMatchObject({ reason: 'erased' });
    expect(mailsTo(email)).toEqual([]);
  });

  it('[AMZ-031] [AMZ-109] is mailed a new agreement, and the one that goes round by email, once each', async () => {
    const { personId, email } = await admit();
    await messageTo(charity, personId, 'welcome', 'sent');
    const sections = await charity.model(groupId, 'agreement');
    const newer = sections.map((section) =>
      section.topic === 'language' ? { ...section, body: 'Choose kind words.' } : section,
    );
    await charity.done('/v1/texts', { groupId, kind: 'agreement', sections: newer, publish: true });
    const published = await messageTo(charity, personId, 'agreement', 'sent');
    const held = (await charity.app.get(`/v1/agreements?groupId=${groupId}`)).body.items![0]!;
    expect(published['textVersion']).toBe(held['textVersion']);
    await charity.done('/v1/agreements/circulate', { groupId, channel: 'email' });
    for (let tries = 0; mailsTo(email).length < 3 && tries < 200; tries++) await delay(50);
    expect(mailsTo(email).map(({ subject }) => subject!.split(':')[0])).toEqual([
      'Welcome',
      'Group agreement',
      'Group agreement',
    ]);
    await charity.done('/v1/agreements/circulate', { groupId, channel: 'email', sentElsewhere: true });
    expect(await messagesTo(charity, personId, 'agreement')).toHaveLength(2);
  });
});
