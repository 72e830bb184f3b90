import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fullNotice, inWriting, openParty, readAll, type Party } from '../testing.js';

let party: Party;
beforeAll(async () => {
  party = await openParty();
});
afterAll(() => party.app.close());

const names = (body: Record<string, unknown>) => (body['events'] as { name: string }[]).map(({ name }) => name);
const someone = () => ({ personId: randomUUID(), groupId: party.groupId });
const told = async () => {
  const about = someone();
  await party.done('/v1/consents/notices', { ...about, ...fullNotice });
  return about;
};
const standing = async ({ personId }: { personId: string }) =>
  (await party.app.get(`/v1/consents?personId=${personId}`)).body.items![0]!;

describe('giving consent', () => {
  it('[LD-09] [LD-10] records who agreed to what, when, how and on which notice, and who took it down', async () => {
    const about = await told();
    const recordedBy = randomUUID();
    const given = { ...inWriting, recordedBy, occurredAt: '2026-05-01T10:00:00+01:00' };
    const answer = await party.app.post('/v1/consents', { ...about, ...given });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"2"');
    expect(names(answer.body)).toEqual(['ConsentGiven']);
    expect(await standing(about)).toMatchObject({
      ...about,
      ...inWriting,
      recordedBy,
      state: 'given',
      since: '2026-05-01T09:00:00.000Z',
      noticePresented: 'notice-1',
      version: 2,
      history: [{ name: 'NoticePresented' }, { name: 'ConsentGiven' }],
    });
  });

  it('names whoever asks as the one who took it down where nobody else is named', async () => {
    const about = await told();
    await party.done(
      '/v1/consents',
      { ...about, ...inWriting },
      { headers: { 'rollcall-on-behalf-of': about.personId } },
    );
    expect(await standing(about)).toMatchObject({ recordedBy: about.personId });
  });

  it('[LD-11] refuses consent that no notice came before, by the rule, and keeps the refusal', async () => {
    const about = someone();
    const answer = await party.app.post('/v1/consents', { ...about, ...inWriting });
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({
      code: 'NoticeNotPresented',
      rules: expect.arrayContaining([
        { profile: 'political-party@1', parameter: 'notice_items', obligations: ['LD-11'] },
      ]),
    });
    const stored = await party.app.asOwner<{ body: string }>(
      "select body from consent.events where type like '%ConsentRecordingRefused%' and body like $1",
      [`%${about.personId}%`],
    );
    expect(stored).toHaveLength(1);
  });

  it('[LD-11] refuses consent on a notice that did not say how long the group is needed', async () => {
    const about = someone();
    await party.done('/v1/consents/notices', { ...about, noticeVersion: 'notice-1', items: ['purpose'] });
    const answer = await party.app.post('/v1/consents', { ...about, ...inWriting });
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'NoticeIncomplete',
      detail: 'The notice lacked: duration.',
    });
  });

  it('[LD-10] refuses consent given in a way the policy does not accept', async () => {
    const about = await told();
    const answer = await party.app.post('/v1/consents', { ...about, ...inWriting, method: 'join_after_notice' });
    expect(answer.body).toMatchObject({ status: 409, code: 'MethodNotAllowed' });
  });

  it('finds nothing new in the same consent, whatever the case of its ids', async () => {
    const about = await told();
    await party.done('/v1/consents', { ...about, ...inWriting });
    const shouted = { personId: about.personId.toUpperCase(), groupId: about.groupId.toUpperCase() };
    const again = await party.done('/v1/consents', { ...shouted, ...inWriting });
    expect(again).toMatchObject({ version: 2, events: [] });
  });

  it.each([
    ['/v1/consents/notices', fullNotice],
    ['/v1/consents', inWriting],
    ['/v1/consents/refuse', {}],
    ['/v1/consents/withdraw', {}],
    ['/v1/alternative-channels/record', { channel: 'email' }],
  ])(
    'answers %s for a group it does not know, or another organisation’s, with 409 and when to try again',
    async (path, said) => {
      const { key } = await party.app.anotherOrganisation();
      const unknown = await party.app.post(path, { ...someone(), groupId: randomUUID(), ...said });
      const foreign = await party.app.post(path, { ...someone(), ...said }, { key });
      for (const { status, body, headers } of [unknown, foreign]) {
        expect({ status, code: body.code }).toEqual({ status: 409, code: 'GroupUnknown' });
        expect(headers.get('retry-after')).toBe('2');
      }
      expect(foreign.body.detail).toBe(unknown.body.detail);
    },
  );

  it('refuses consent while no policy says what it takes', async () => {
    const about = await told();
    await party.beforePolicyIsKnown(async () => {
      const { status, body, headers } = await party.app.post('/v1/consents', { ...about, ...inWriting });
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'NoPolicyInForce' });
      expect(headers.get('retry-after')).toBe('2');
    });
    expect(names(await party.done('/v1/consents', { ...about, ...inWriting }))).toEqual(['ConsentGiven']);
  });

  it.each([
    ['the future', { occurredAt: '2026-05-01T09:00:00.001Z' }, 'body/occurredAt'],
    ['a day that is none', { occurredAt: '2026-02-30T09:00:00Z' }, 'body/occurredAt'],
    ['another century', { occurredAt: '0026-05-01T09:00:00Z' }, 'body/occurredAt'],
    ['an unknown method', { method: 'nod' }, 'body/method'],
    ['free text', { purpose: 'So that Ann can help' }, 'body/purpose'],
    ['no scope', { scope: [] }, 'body/scope'],
    ['an unknown field', { name: 'Ann' }, 'body/name'],
  ])('refuses %s as bad input, naming the field', async (_, wrong, field) => {
    const about = await told();
    const answer = await party.app.post('/v1/consents', { ...about, ...inWriting, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('refuses a change by somebody who saw an older version', async () => {
    const about = await told();
    await party.done('/v1/consents', { ...about, ...inWriting });
    const answer = await party.app.post('/v1/consents/withdraw', about, { headers: { 'if-match': '"1"' } });
    expect(answer.status).toBe(412);
    expect(await standing(about)).toMatchObject({ state: 'given' });
  });
});

describe('saying no', () => {
  it('[LD-09] takes consent back with no more than the two ids; a second time is nothing new', async () => {
    const about = await told();
    await party.done('/v1/consents', { ...about, ...inWriting });
    const first = await party.done('/v1/consents/withdraw', about);
    expect(names(first)).toEqual(['ConsentWithdrawn', 'AlternativeChannelNeeded']);
    expect(names(await party.done('/v1/consents/withdraw', about))).toEqual([]);
    expect(await standing(about)).toMatchObject({ state: 'withdrawn', reason: 'asked', noticeVersion: 'notice-1' });
  });

  it('[LD-09] takes consent back even while no policy is known', async () => {
    const about = await told();
    await party.done('/v1/consents', { ...about, ...inWriting });
    await party.beforePolicyIsKnown(async () => {
      expect(names(await party.done('/v1/consents/withdraw', about))).toEqual(['ConsentWithdrawn']);
    });
  });

  it('keeps everything that was said before: agreed, withdrawn, agreed again', async () => {
    const about = await told();
    await party.done('/v1/consents', { ...about, ...inWriting });
    await party.done('/v1/consents/withdraw', about);
    await party.done('/v1/consents', { ...about, ...inWriting });
    const { state, reason, history } = await standing(about);
    expect({ state, reason }).toEqual({ state: 'given', reason: null });
    const said = (history as { name: string }[]).map(({ name }) => name);
    expect(said).toEqual([
      'NoticePresented',
      'ConsentGiven',
      'ConsentWithdrawn',
      'AlternativeChannelNeeded',
      'ConsentGiven',
    ]);
  });

  it('[LD-13] records a refusal to join, which nobody had to be asked for', async () => {
    const about = someone();
    expect(names(await party.done('/v1/consents/refuse', about))).toEqual([
      'ConsentRefused',
      'AlternativeChannelNeeded',
    ]);
    expect(await standing(about)).toMatchObject({ state: 'refused', since: '2026-05-01T09:00:00.000Z' });
  });
});

describe('reading', () => {
  it('gives every row once, page by page', async () => {
    await Promise.all([told(), told(), told()]);
    const path = `/v1/consents?groupId=${party.groupId}`;
    const whole = await readAll(party.app, path, 500);
    expect(whole.length).toBeGreaterThanOrEqual(3);
    expect(await readAll(party.app, path, 2)).toEqual(whole);
  });

  it.each([['nonsense'], [Buffer.from('["a","b"]').toString('base64url')], [Buffer.from('[1]').toString('base64url')]])(
    'refuses the cursor %s as bad input',
    async (cursor) => {
      expect((await party.app.get(`/v1/consents?cursor=${cursor}`)).status).toBe(400);
    },
  );

  it('shows another organisation nothing', async () => {
    const about = await told();
    const { key } = await party.app.anotherOrganisation();
    const { body } = await party.app.get(`/v1/consents?personId=${about.personId}`, { key });
    expect(body.items).toEqual([]);
  });
});
