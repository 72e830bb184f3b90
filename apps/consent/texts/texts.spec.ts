import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agreementLink, openCharity, type Charity } from './testing.js';

let charity: Charity;
beforeAll(async () => {
  charity = await openCharity();
});
afterAll(() => charity.app.close());

const names = (body: Record<string, unknown>) => (body['events'] as { name: string }[]).map(({ name }) => name);
const standing = async (groupId: string) => (await charity.app.get(`/v1/texts/standing?groupId=${groupId}`)).body;
const listed = async (groupId: string, kind: string) =>
  (await charity.app.get(`/v1/texts?groupId=${groupId}&kind=${kind}`)).body.items!;
const published = async (groupId: string, kind: string, more: object = {}) =>
  charity.done('/v1/texts', { groupId, kind, sections: await charity.model(groupId, kind), publish: true, ...more });

describe('submitting a text', () => {
  it('[AMZ-101] [AMZ-009] refuses a description without the wording on numbers, names what is missing, and keeps none of its words', async () => {
    const { groupId, ada } = await charity.group();
    await published(groupId, 'agreement');
    const sections = (await charity.model(groupId, 'description')).filter(({ topic }) => topic !== 'phone_consent');
    const draft = [...sections, { topic: 'rumour', body: 'Jane Canary told me' }];
    const answer = await charity.app.post('/v1/texts', { groupId, kind: 'description', sections: draft, names: [ada] });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'TextIncomplete',
      faults: [{ item: 'phone_consent', where: 'text', rule: { parameter: 'description_items' } }],
    });
    expect(await listed(groupId, 'description')).toEqual([]);
    const [rejected] = await charity.app.asOwner<{ body: string }>(
      "select body from consent.events where type like '%TextRejected%' and body like $1",
      [`%${groupId}%`],
    );
    expect(rejected!.body).toContain('phone_consent');
    expect(rejected!.body).not.toContain('Canary');
  });

  it('[AMZ-013] [AMZ-102] [AMZ-103] takes the model description as it is filled, with emoji and text from right to left in it', async () => {
    const { groupId, ada } = await charity.group();
    await published(groupId, 'agreement');
    const sections = [...(await charity.model(groupId, 'description')), { topic: 'hello', body: 'שלום 👩‍👧‍👦 <b>hi</b>' }];
    const answer = await charity.done('/v1/texts', {
      groupId,
      kind: 'description',
      sections,
      names: [ada],
      publish: true,
    });
    expect(names(answer)).toEqual(['TextValidated', 'TextPublished']);
    const [text] = await listed(groupId, 'description');
    expect(text).toMatchObject({ isCurrent: true, textVersion: answer['textVersion'], names: [ada] });
    expect(text!['text']).toContain(agreementLink);
    expect(text!['text']).toContain('שלום 👩‍👧‍👦 <b>hi</b>');
  });

  it('refuses a description of 5,000 characters, which the app would not take', async () => {
    const { groupId, ada } = await charity.group();
    await published(groupId, 'agreement');
    const sections = [...(await charity.model(groupId, 'description')), { topic: 'long', body: 'x'.repeat(5000) }];
    const { status, body } = await charity.app.post('/v1/texts', {
      groupId,
      kind: 'description',
      sections,
      names: [ada],
    });
    expect({ status, faults: body['faults'] }).toMatchObject({ status: 409, faults: [{ item: 'length' }] });
  });

  it('[AMZ-010] [AMZ-015] [AMZ-108] links no agreement that is not published, nor one that is not on the organisation’s site', async () => {
    const { groupId, ada } = await charity.group();
    const sections = await charity.model(groupId, 'description');
    const early = await charity.app.post('/v1/texts', { groupId, kind: 'description', sections, names: [ada] });
    expect(early.body['faults']).toMatchObject([{ item: 'agreement_link' }]);
    await charity.done('/v1/texts/fields', { groupId, fields: { agreementLink: 'https://elsewhere.example.com/a' } });
    const agreement = await charity.model(groupId, 'agreement');
    const astray = await charity.app.post('/v1/texts', { groupId, kind: 'agreement', sections: agreement });
    expect(astray.body['faults']).toMatchObject([{ item: 'agreement_link', where: 'fields' }]);
  });

  it('names the field that nobody has stated', async () => {
    const { groupId } = await charity.group();
    await charity.done('/v1/texts/fields', { groupId, fields: { contact: '' } });
    const { body } = await charity.app.get(`/v1/texts/suggested?groupId=${groupId}&kind=agreement`);
    expect(body['missing']).toEqual([{ topic: 'concern_route', field: 'contact' }]);
    expect(body['faults']).toMatchObject([{ item: 'contact' }]);
  });

  it.each([
    ['an unknown field', { fields: { surname: 'x' } }],
    ['no topic', { sections: [{ topic: '', body: 'x' }], kind: 'agreement' }],
    ['a kind we do not know', { sections: [{ topic: 'x', body: 'x' }], kind: 'rumour' }],
  ])('answers %s as bad input', async (_, said) => {
    const { groupId } = await charity.group();
    const path = 'fields' in said ? '/v1/texts/fields' : '/v1/texts';
    expect((await charity.app.post(path, { groupId, ...said })).status).toBe(400);
  });

  it('shows and takes nothing of another organisation’s group', async () => {
    const { groupId, ada, ben } = await charity.group();
    await charity.complete(groupId, [ada, ben]);
    const { key } = await charity.app.anotherOrganisation();
    for (const path of ['texts', 'texts/fields', 'texts/standing', 'welcomes/text', 'agreements/acceptances'])
      expect((await charity.app.get(`/v1/${path}?groupId=${groupId}`, { key })).body.code).toBe('GroupUnknown');
    expect((await charity.app.get(`/v1/agreements?groupId=${groupId}`, { key })).body.items).toEqual([]);
  });
});

describe('the texts of a group', () => {
  it('[AMZ-007] [AMZ-014] [AMZ-083] [AMZ-099] are complete when each that the policy asks for is published, and not before', async () => {
    const { groupId, ada } = await charity.group();
    expect(await standing(groupId)).toMatchObject({
      isComplete: false,
      required: ['name', 'description', 'agreement', 'welcome'],
    });
    await published(groupId, 'agreement');
    await published(groupId, 'name');
    await published(groupId, 'description', { names: [ada] });
    expect(await standing(groupId)).toMatchObject({ isComplete: false });
    const last = await published(groupId, 'welcome');
    expect(names(last)).toContain('GroupTextsComplete');
    expect(await standing(groupId)).toMatchObject({ isComplete: true });
  });

  it('[AMZ-011] go out of date when somebody the description names stands down, until it names who runs the group', async () => {
    const { groupId, ada, ben } = await charity.group();
    await charity.complete(groupId, [ada, ben]);
    const old = (await listed(groupId, 'description'))[0]!['textVersion'];
    await charity.done(`/v1/groups/${groupId}/moderators/${ben}/stand-down`, {});
    await charity.app.settle();
    expect((await listed(groupId, 'description'))[0]).toMatchObject({
      isCurrent: true,
      staleSince: expect.any(String),
    });
    expect(await standing(groupId)).toMatchObject({ isComplete: false });

    const again = await charity.app.post('/v1/texts/publish', { groupId, kind: 'description', textVersion: old });
    expect(again.body).toMatchObject({ status: 409, faults: [{ item: 'admin_names' }] });
    const corrected = await published(groupId, 'description', { names: [ada] });
    expect(names(corrected)).toEqual(['TextValidated', 'TextPublished', 'GroupTextsComplete']);
    expect(await standing(groupId)).toMatchObject({ isComplete: true });
  });

  it('[AMZ-011] go out of date when somebody the description names leaves the staff', async () => {
    const crmId = randomUUID();
    const { groupId, ada, ben } = await charity.group(crmId);
    await charity.complete(groupId, [ada, ben]);
    const from = '2026-01-12T10:00:00.000Z';
    await charity.app.moveClock(from);
    const change = { link: { kind: 'crmId', value: crmId }, category: 'staff', status: 'ended', from };
    await charity.done('/v1/feeds/crm-delta', { source: 'crm', asOf: from, changes: [change] });
    await charity.app.settle();
    expect((await listed(groupId, 'description'))[0]).toMatchObject({ staleSince: from });
  });

  it('keeps every version with its words, and goes by an older one again when asked', async () => {
    const { groupId } = await charity.group();
    const first = await published(groupId, 'agreement');
    await charity.done('/v1/texts/fields', { groupId, fields: { purpose: 'fathers' } });
    const second = await published(groupId, 'agreement');
    expect(second['textVersion']).not.toBe(first['textVersion']);
    await charity.done('/v1/texts/publish', { groupId, kind: 'agreement', textVersion: first['textVersion'] });
    const versions = await listed(groupId, 'agreement');
    expect(versions).toHaveLength(2);
    expect(versions.find(({ isCurrent }) => isCurrent)).toMatchObject({ textVersion: first['textVersion'] });
    expect(versions.every(({ text }) => typeof text === 'string')).toBe(true);
  });

  it('[AMZ-006] refuses to publish what was never found good', async () => {
    const { groupId } = await charity.group();
    const name = [{ topic: 'name', body: 'Parents' }];
    const refused = await charity.app.post('/v1/texts', { groupId, kind: 'name', sections: name });
    expect(refused.body).toMatchObject({ status: 409, faults: [{ item: 'official_marker' }] });
    const unknown = await charity.app.post('/v1/texts/publish', {
      groupId,
      kind: 'name',
      textVersion: '0123456789abcdef',
    });
    expect(unknown.status).toBe(404);
    const stranger = await charity.app.post('/v1/texts/publish', {
      groupId: randomUUID(),
      kind: 'name',
      textVersion: '0123456789abcdef',
    });
    expect(stranger.body.code).toBe('GroupUnknown');
  });
});
