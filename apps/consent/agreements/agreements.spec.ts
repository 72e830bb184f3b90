import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCharity, type Charity } from '../texts/testing.js';

let charity: Charity;
let groupId: string;
let ada: string;
beforeAll(async () => {
  charity = await openCharity();
  ({ groupId, ada } = await charity.group());
  await charity.complete(groupId, [ada]);
  const ready = `/v1/groups/${groupId}/moderators/${ada}/prerequisites`;
  for (const kind of ['policy_ack', 'agreement_ack', 'availability', 'out_of_hours_plan'])
    await charity.done(ready, { kind });
});
afterAll(() => charity.app.close());

const admit = async () => {
  const personId = await charity.person('service_user');
  const about = { personId, groupId };
  const items = ['purpose', 'who_may_join', 'phone_visibility', 'rules', 'org_record', 'privacy_rights', 'not_vetted'];
  await charity.done('/v1/consents/notices', { ...about, noticeVersion: 'v1', items });
  const said = { scope: ['group'], purpose: 'group', method: 'join_after_notice', noticeVersion: 'v1' };
  await charity.done('/v1/consents', { ...about, ...said });
  await charity.app.settle();
  await charity.done(`/v1/groups/${groupId}/members`, { personId });
  await charity.app.settle();
  return personId;
};
const welcomeOf = async (personId: string) =>
  (await charity.app.get(`/v1/welcomes?groupId=${groupId}&personId=${personId}`)).body.items!;
const agreementOf = async () => (await charity.app.get(`/v1/agreements?groupId=${groupId}`)).body.items![0]!;

describe('whoever joins', () => {
  it('[AMZ-109] accepts the agreement in the version that holds, and may say so of a later one', async () => {
    const personId = await admit();
    const { textVersion } = await agreementOf();
    const accepted = async () =>
      (await charity.app.get(`/v1/agreements/acceptances?groupId=${groupId}&personId=${personId}`)).body.items!;
    expect(await accepted()).toMatchObject([{ textVersion, how: 'joined', acceptedAt: '2026-01-12T09:00:00.000Z' }]);
    const again = await charity.app.post('/v1/agreements/accept', { groupId, personId });
    expect(again.status).toBe(200);
    const old = await charity.app.post('/v1/agreements/accept', { groupId, personId, textVersion: '0123456789abcdef' });
    expect(old.body.code).toBe('AgreementOutdated');
  });

  it('[AMZ-089] [AMZ-090] [AMZ-030] is owed the welcome and the agreement within a day, with its three parts', async () => {
    const personId = await admit();
    expect(await welcomeOf(personId)).toMatchObject([
      { state: 'owed', owed: ['welcome', 'agreement'], dueAt: '2026-01-13T09:00:00.000Z' },
    ]);
    const { body } = await charity.app.get(`/v1/welcomes/text?groupId=${groupId}`);
    expect(body['text']).toMatch(/description[\s\S]*agreement[\s\S]*phone number, and joining is your consent/);
    await charity.done('/v1/welcomes/sent', { groupId, personId, channel: 'chat' });
    expect(await welcomeOf(personId)).toMatchObject([
      {
        state: 'sent',
        welcomeVersion: body['welcomeVersion'],
        agreementVersion: body['agreementVersion'],
        parts: expect.arrayContaining(['description_pointer', 'agreement_link', 'phone_consent']),
        lateBySeconds: 0,
      },
    ]);
    const twice = await charity.app.post('/v1/welcomes/sent', { groupId, personId, channel: 'chat' });
    expect(twice.body.code).toBe('NothingOwed');
  });

  it('is owed nothing any more once they have left', async () => {
    const personId = await admit();
    await charity.done(`/v1/groups/${groupId}/members/${personId}/left`, {});
    await charity.app.settle();
    expect(await welcomeOf(personId)).toMatchObject([{ state: 'called_off' }]);
  });
});

describe('a group that starts', () => {
  it('[AMZ-089] is owed a welcome of its own, once', async () => {
    const { body } = await charity.app.get(`/v1/welcomes?groupId=${groupId}`);
    expect(body.items!.filter(({ personId }) => personId === null)).toMatchObject([
      { state: 'owed', owed: ['welcome'] },
    ]);
    await charity.done('/v1/welcomes/sent', { groupId, channel: 'chat' });
    const sent = (await charity.app.get(`/v1/welcomes?groupId=${groupId}&state=sent`)).body.items!;
    expect(sent.some(({ personId }) => personId === null)).toBe(true);
  });
});

describe('time passing', () => {
  it('[AMZ-089] [AMZ-031] a welcome not sent is overdue after a day, an agreement not sent round after a year', async () => {
    const personId = await admit();
    await charity.done('/v1/agreements/circulate', { groupId, channel: 'chat' });
    expect(await agreementOf()).toMatchObject({ state: 'current', circulateBy: '2027-01-12T09:00:00.000Z' });
    await charity.app.moveClock('2026-01-13T08:59:59.000Z');
    expect(await welcomeOf(personId)).toMatchObject([{ state: 'owed' }]);
    await charity.app.moveClock('2026-01-13T09:30:00.000Z');
    expect(await welcomeOf(personId)).toMatchObject([{ state: 'overdue' }]);
    await charity.done('/v1/welcomes/sent', { groupId, personId, channel: 'email' });
    expect(await welcomeOf(personId)).toMatchObject([{ state: 'sent', lateBySeconds: 1800 }]);

    await charity.app.moveClock('2027-01-12T09:00:00.000Z');
    expect(await agreementOf()).toMatchObject({ state: 'due' });
    await charity.done('/v1/agreements/circulate', { groupId, channel: 'chat' });
    expect(await agreementOf()).toMatchObject({ state: 'current', circulateBy: '2028-01-12T09:00:00.000Z' });
    await charity.done(`/v1/groups/${groupId}/close`, {});
    await charity.app.settle();
    expect(await agreementOf()).toMatchObject({ state: 'ended', circulateBy: null });
  });

  it('refuses to say that an agreement went round which is not there', async () => {
    const other = await charity.group();
    const refused = await charity.app.post('/v1/agreements/circulate', { groupId: other.groupId, channel: 'chat' });
    expect(refused.body.code).toBe('NoAgreement');
  });
});
