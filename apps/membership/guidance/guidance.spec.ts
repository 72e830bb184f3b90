import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
let groupId: string;
let officer: string;
beforeAll(async () => {
  app = await openApp({ at: '2026-02-02T09:00:00.000Z' });
  const done = async (path: string, body: object) => {
    const reply = await app.post(path, body);
    if (reply.status >= 300) throw new Error(JSON.stringify(reply.body));
    return reply.body;
  };
  const overrides = { 'emergency-response': { retention_period: 'P2Y' } };
  await done('/v1/profiles/district-councils/activate', { overrides });
  await app.settle();
  const { personId } = await done('/v1/people', {
    links: [{ kind: 'hrId', value: randomUUID() }],
    statuses: [{ category: 'staff', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    source: 'hr',
  });
  officer = personId as string;
  const group = { name: 'Team', purpose: 'Office matters', groupType: 'team-chat', admins: [officer] };
  groupId = (await done('/v1/groups', group))['groupId'] as string;
  await app.settle();
});
afterAll(() => app.close());

const ask = async (query: string) => (await app.get(`/v1/guidance?groupId=${groupId}&${query}`)).body;
const assess = (body: object) => app.post('/v1/guidance/assessments', { groupId, personId: officer, ...body });
const judged = async (assessmentId: unknown) =>
  (await app.get(`/v1/guidance/assessments?groupId=${groupId}`)).body.items!.find(
    (row) => row['assessmentId'] === assessmentId,
  );
const careful = { needed: true, systemWouldDo: false, certainlyNotSensitive: true, fitForPublication: true };

describe('asking whether something may be posted', () => {
  it('[BR-08] [BR-10] [BR-23] gets one verdict, one sentence, the questions to ask oneself, and the rules', async () => {
    expect(await ask('audience=colleague&topic=logistics')).toMatchObject({
      verdict: 'with_care',
      because: 'Information that is not sensitive may be sent to colleagues with care.',
      askYourself: expect.arrayContaining(['Is the app really needed for this?']),
      rules: [
        {
          profile: 'district-councils@1',
          parameter: 'audience_matrix',
          obligations: expect.arrayContaining(['BR-10']),
        },
      ],
    });
  });

  it('[BR-28] is told where it belongs instead', async () => {
    expect(await ask('audience=colleague&topic=personal_or_confidential')).toMatchObject({
      verdict: 'never',
      redirect: 'council_systems',
    });
  });

  it('leaves no trace', async () => {
    const count = async () => (await app.asOwner<{ n: string }>('select count(*) as n from membership.events'))[0]!.n;
    const before = await count();
    await ask('audience=public&sensitivity=sensitive');
    expect(await count()).toBe(before);
  });

  it('learns the words to ask with', async () => {
    const { body } = await app.get(`/v1/guidance/topics?groupId=${groupId}`);
    expect(body['topics']).toContainEqual({ topic: 'venue_change', verdict: 'with_care', redirect: null });
    expect(body['selfCheck']).toHaveLength(4);
  });

  it.each([
    ['audience=everybody', 'query/audience'],
    ['audience=colleague&topic=Ann%20Smith', 'query/topic'],
    ['audience=colleague&at=tonight', 'query/at'],
    ['topic=logistics', 'query'],
  ])('is told what is wrong with %s', async (query, field) => {
    const { status, body } = await app.get(`/v1/guidance?groupId=${groupId}&${query}`);
    expect(status).toBe(400);
    expect((body['errors'] as { field: string }[])[0]!.field).toContain(field);
  });

  it('knows no group of another organisation', async () => {
    const { key } = await app.anotherOrganisation();
    const { status } = await app.get(`/v1/guidance?groupId=${groupId}&audience=colleague`, { key });
    expect(status).toBe(404);
  });
});

describe('keeping a judgement', () => {
  it('[BR-22] keeps who judged something not to be sensitive, when and why; the words in the vault alone', async () => {
    const why = 'The room is on the public calendar.';
    const { status, body } = await assess({
      audience: 'partner',
      sensitivity: 'non_sensitive',
      why,
      selfCheck: careful,
    });
    expect([status, body['verdict']]).toEqual([201, 'with_care']);
    expect(await judged(body['assessmentId'])).toMatchObject({
      personId: officer,
      assessedAt: '2026-02-02T09:00:00.000Z',
      sensitivity: 'non_sensitive',
      answered: Object.keys(careful),
      why: { state: 'value', value: why },
    });
    const events = await app.asOwner("select 1 from membership.events where body like '%calendar%'");
    expect(events).toEqual([]);
  });

  it('[BR-22] asks why', async () => {
    const { status, body } = await assess({ audience: 'partner', sensitivity: 'non_sensitive' });
    expect([status, body['errors']]).toMatchObject([400, [{ field: 'body/why' }]]);
  });

  it('[BR-26] keeps a no as well, with the rule that said so', async () => {
    const selfCheck = { ...careful, fitForPublication: false };
    const { body } = await assess({ audience: 'colleague', topic: 'logistics', selfCheck });
    expect(body).toMatchObject({ verdict: 'never', rules: [{ parameter: 'use_justification' }] });
    expect(await judged(body['assessmentId'])).toMatchObject({ verdict: 'never', topic: 'logistics' });
  });

  it('[BR-45] [BR-46] pictures of people wait for the photo form, whose reference is kept', async () => {
    const pictures = { audience: 'colleague', topic: 'people_images', selfCheck: careful };
    expect((await assess(pictures)).body).toMatchObject({ verdict: 'form_required', redirect: 'photo_consent_form' });
    const { body } = await assess({ ...pictures, formReference: 'photo-2026-17' });
    expect(body['verdict']).toBe('with_care');
    expect(await judged(body['assessmentId'])).toMatchObject({ formReference: 'photo-2026-17' });
  });

  it('keeps one for an id, however often it is sent', async () => {
    const wish = { assessmentId: randomUUID(), audience: 'colleague', topic: 'logistics' };
    expect((await assess(wish)).status).toBe(201);
    expect((await assess(wish)).status).toBe(200);
  });

  it.each([
    ['a word nobody listed', { topic: 'ann_smith' }, 400],
    ['a person nobody knows', { personId: randomUUID() }, 404],
  ])('refuses %s', async (_, wrong, expected) => {
    expect((await assess({ audience: 'colleague', topic: 'logistics', ...wrong })).status).toBe(expected);
  });
});
