import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCharity, type Charity } from '../texts/testing.js';

let charity: Charity;
beforeAll(async () => {
  charity = await openCharity();
  await charity.done('/v1/profiles/council-citizen-contact/activate', {});
  await charity.app.settle();
});
afterAll(() => charity.app.close());

const owed = async (personId: string) =>
  (await charity.app.get(`/v1/acknowledgements/owed?personId=${personId}`)).body.items!.map(
    ({ document }) => document as string,
  );

describe('who owes what', () => {
  it('[AMZ-084] [AMZ-085] whoever runs a group owes the policy and that group’s agreement, until both are acknowledged', async () => {
    const { groupId, ada } = await charity.group();
    await charity.complete(groupId, [ada]);
    expect(await owed(ada)).toEqual(expect.arrayContaining(['policy', 'group_agreement']));
    await charity.done('/v1/acknowledgements', { personId: ada, document: 'policy', groupId });
    expect(await owed(ada)).not.toContain('policy');
    expect(await owed(ada)).toContain('group_agreement');
    await charity.done('/v1/acknowledgements', { personId: ada, document: 'group_agreement', groupId });
    expect(await owed(ada)).not.toContain('group_agreement');
    const { body } = await charity.app.get(`/v1/acknowledgements?personId=${ada}`);
    expect(body.items).toMatchObject([
      { document: 'group_agreement', groupId, textVersion: expect.stringMatching(/^[0-9a-f]{16}$/) },
      { document: 'policy', groupId: null },
    ]);
  });

  it('[AMZ-084] nobody owes them who runs the group no more', async () => {
    const { groupId, ben } = await charity.group();
    expect(await owed(ben)).toContain('policy');
    await charity.done(`/v1/groups/${groupId}/moderators/${ben}/stand-down`, {});
    await charity.app.settle();
    expect(await owed(ben)).not.toContain('policy');
  });

  it('[CN-04] [CN-29] staff of a council owe the risks and four policies, each in the version that holds', async () => {
    const personId = await charity.person('agent');
    await charity.app.settle();
    const all = [
      'data_protection_policy',
      'freedom_of_information_policy',
      'it_acceptable_use_policy',
      'records_management_policy',
      'risks',
    ];
    expect((await owed(personId)).sort()).toEqual(all);
    const shown = await charity.app.get('/v1/acknowledgements/document?document=risks');
    expect(shown.body['text']).toContain('licensed for private use');
    const stale = { personId, document: 'risks', textVersion: '0123456789abcdef' };
    expect((await charity.app.post('/v1/acknowledgements', stale)).body).toMatchObject({
      code: 'DocumentChanged',
      rules: [
        {
          profile: 'council-citizen-contact@1',
          parameter: 'acknowledgements',
          obligations: expect.arrayContaining(['CN-04']),
        },
      ],
    });
    await charity.done('/v1/acknowledgements', { personId, document: 'risks', textVersion: shown.body['textVersion'] });
    expect(await owed(personId)).not.toContain('risks');
  });

  it('goes by the organisation’s own wording once it has one', async () => {
    const before = await charity.app.get('/v1/acknowledgements/document?document=records_management_policy');
    expect(before.body['missing']).toEqual(['organisation', 'documentLink']);
    const text = 'Keep it for six years.';
    const { textVersion } = await charity.done('/v1/acknowledgements/documents', {
      document: 'records_management_policy',
      text,
    });
    const after = await charity.app.get('/v1/acknowledgements/document?document=records_management_policy');
    expect(after.body).toEqual({ document: 'records_management_policy', textVersion, text, missing: [] });
  });

  it('refuses what no policy asks for, and the agreement of a group that has none', async () => {
    const { groupId, ada } = await charity.group();
    const unasked = await charity.app.post('/v1/acknowledgements', { personId: ada, document: 'horoscope' });
    expect(unasked.body.code).toBe('DocumentNotAsked');
    const none = await charity.app.post('/v1/acknowledgements', {
      personId: ada,
      document: 'group_agreement',
      groupId,
    });
    expect(none.body.code).toBe('NoAgreement');
    expect((await charity.app.get('/v1/acknowledgements/document?document=horoscope')).status).toBe(404);
  });

  it('shows nothing of another organisation, and gives every duty once, page by page', async () => {
    const { key } = await charity.app.anotherOrganisation();
    expect((await charity.app.get('/v1/acknowledgements/owed', { key })).body.items).toEqual([]);
    const whole = (await charity.app.get('/v1/acknowledgements/owed?limit=500')).body.items!;
    const paged: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await charity.app.get(`/v1/acknowledgements/owed?limit=1${cursor}`);
      paged.push(...body.items!);
      if (body['next'] === null) break;
      cursor = `&cursor=${body['next'] as string}`;
    }
    expect(whole.length).toBeGreaterThan(3);
    expect(paged).toEqual(whole);
  });
});

describe('a check of understanding', () => {
  it('[CN-27] is held among staff, keeps each outcome, and tells how many are left', async () => {
    const personId = await charity.person('staff');
    await charity.app.settle();
    const { checkId } = await charity.done('/v1/comprehension-checks', { role: 'staff', method: 'survey' });
    const listed = async () =>
      (await charity.app.get('/v1/comprehension-checks')).body.items!.find((one) => one['checkId'] === checkId)!;
    const { open } = (await listed()) as { open: number };
    expect(open).toBeGreaterThan(0);
    await charity.done(`/v1/comprehension-checks/${checkId as string}/outcomes`, {
      personId,
      outcome: 'not_understood',
    });
    expect(await listed()).toMatchObject({ method: 'survey', notUnderstood: 1, understood: 0, open: open - 1 });
    await charity.done(`/v1/comprehension-checks/${checkId as string}/outcomes`, { personId, outcome: 'understood' });
    expect(await listed()).toMatchObject({ notUnderstood: 0, understood: 1, open: open - 1 });
    const unknown = await charity.app.post(`/v1/comprehension-checks/${randomUUID()}/outcomes`, {
      personId,
      outcome: 'declined',
    });
    expect(unknown.status).toBe(404);
  });
});
