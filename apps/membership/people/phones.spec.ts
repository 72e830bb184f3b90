import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

const items = ['purpose', 'who_may_join', 'phone_visibility', 'rules', 'org_record', 'privacy_rights', 'not_vetted'];
let charity: Party;
beforeAll(async () => {
  charity = await openParty('2026-04-01T09:00:00.000Z', {
    profile: 'parent-carer-charity',
    groupType: 'users',
    category: 'service_user',
    items,
    method: 'join_after_notice',
  });
});
afterAll(() => charity.app.close());

const NUMBER = '07700 900321';
const somebody = async () => {
  const link = { kind: 'crmId', value: randomUUID() };
  return { link, personId: await charity.person({ links: [link] }) };
};
const agree = async (personId: string, scope: string[], more: object = {}, groupId = charity.groupId) => {
  await charity.done('/v1/consents/notices', { personId, groupId, noticeVersion: 'n-1', items });
  const said = { purpose: 'support', method: 'join_after_notice', noticeVersion: 'n-1' };
  await charity.done('/v1/consents', { personId, groupId, scope, ...said, ...more });
  await charity.app.settle();
};
const give = (link: object, status?: number) =>
  charity.done('/v1/people', { links: [link], phone: NUMBER, source: 'crm' }, status);
const phoneOf = async (personId: string) =>
  ((await charity.read(`/v1/people/${personId}`))['personal'] as { phone: { state: string; value?: string } }).phone;

describe('a number that is kept by consent', () => {
  it('[AMZ-112] is not taken from somebody who has not agreed to that, and nothing is made from it', async () => {
    const { link, personId } = await somebody();
    await agree(personId, ['membership']);
    expect(await give(link, 409)).toMatchObject({
      code: 'PhoneNeedsConsent',
      rules: expect.arrayContaining([expect.objectContaining({ obligations: ['AMZ-112'] })]),
    });
    expect(await phoneOf(personId)).toEqual({ state: 'absent' });
    const asLink = { kind: 'phone', value: NUMBER, source: 'crm' };
    await charity.done(`/v1/people/${personId}/links`, asLink, 409);
    expect((await charity.read('/v1/people?link=phone:07700900321')).items).toEqual([]);
  });

  it('[AMZ-112] is left out of a listing, and the rest of the row taken in; who agreed has theirs kept', async () => {
    const [one, other] = [await somebody(), await somebody()];
    await agree(other.personId, ['phone']);
    const row = ({ link }: { link: { value: string } }, name: string) => `${link.value},,${name},,07700 900322,,,,`;
    const listing = ['crmId,hrId,name,email,phone,dateOfBirth,category,status,from', row(one, 'Al'), row(other, 'Bo')];
    const headers = { 'content-type': 'text/csv' };
    const reply = await charity.app.post('/v1/people/import', listing.join('\n'), { headers });
    expect(reply.body).toMatchObject({ accepted: 2, rejected: [], phonesLeftOut: 1 });
    expect(await phoneOf(one.personId)).toEqual({ state: 'absent' });
    expect(await phoneOf(other.personId)).toMatchObject({ state: 'value' });
  });

  it('[AMZ-112] is kept once the person agreed to that, and removed when the consent is taken back', async () => {
    const { link, personId } = await somebody();
    await agree(personId, ['membership', 'phone']);
    await give(link);
    expect(await phoneOf(personId)).toEqual({ state: 'value', value: '+447700900321' });
    await charity.done('/v1/consents/withdraw', { personId, groupId: charity.groupId });
    await charity.app.settle();
    expect(await phoneOf(personId)).toEqual({ state: 'absent' });
    const dropped = await charity.app.asOwner(
      "select 1 from membership.events where type like '%PersonalDataDropped%' and body like $1",
      [`%${personId}%`],
    );
    expect(dropped).toHaveLength(1);
    await give(link, 409);
  });

  it('[AMZ-112] goes when the consent runs out', async () => {
    const { link, personId } = await somebody();
    await agree(personId, ['phone'], { expiresAt: '2026-04-02T09:00:00Z' });
    await give(link);
    await charity.app.moveClock('2026-04-02T09:00:00.000Z');
    await charity.app.settle();
    expect(await phoneOf(personId)).toEqual({ state: 'absent' });
  });

  it('[AMZ-112] stays while another consent of the person still holds it', async () => {
    const { link, personId } = await somebody();
    const other = await charity.group();
    await agree(personId, ['phone']);
    await agree(personId, ['phone'], {}, other);
    await give(link);
    await charity.done('/v1/consents/withdraw', { personId, groupId: charity.groupId });
    await charity.app.settle();
    expect(await phoneOf(personId)).toMatchObject({ state: 'value' });
  });
});
