import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
const ann = randomUUID();
const list = async (query = '') => (await app.get(`/v1/reviews?${query}`)).body.items!;
const find = async (subject: string, profile: string) =>
  (await list(`subject=${subject}`)).find((row) => row['profile'] === profile)!;
const done = (id: unknown, more: object = {}) =>
  app.post(`/v1/reviews/${id as string}/done`, { outcome: 'stays', reviewedBy: ann, ...more });

beforeAll(async () => {
  app = await openApp({ at: '2024-01-02T09:00:00.000Z' });
  for (const profile of ['council-citizen-contact', 'political-party', 'students-union'])
    expect((await app.post(`/v1/profiles/${profile}/activate`, {})).status).toBe(201);
  await app.settle();
});
afterAll(() => app.close());

/** One story in order: the clock only goes forward. */
describe('what is to be looked at again', () => {
  it('[CN-30] [LD-51] is every profile that says so, by its own day or a year after it came into force', async () => {
    expect(await list('subject=policy')).toMatchObject([
      { profile: 'council-citizen-contact', dueAt: '2024-05-31T23:00:00.000Z', every: 'P1Y', owner: null },
      {
        profile: 'political-party',
        dueAt: '2025-01-02T09:00:00.000Z',
        owner: 'compliance_and_data_protection_team',
        policyVersion: 1,
        state: 'upcoming',
      },
    ]);
  });

  it('is the times to keep things as well, and every hold, in one list', async () => {
    expect(await find('schedule', 'council-citizen-contact')).toMatchObject({ dueAt: '2025-01-02T09:00:00.000Z' });
    const hold = { scope: { personId: randomUUID() }, reason: 'Inquiry', authority: 'Letter' };
    const { body } = await app.post('/v1/holds', { ...hold, reviewAt: '2024-02-02T09:00:00Z' });
    expect(await list('subject=hold')).toMatchObject([{ id: body['holdId'], state: 'upcoming' }]);
    await app.moveClock('2024-02-02T09:00:00.000Z');
    expect(await list('state=due')).toMatchObject([{ id: body['holdId'], subject: 'hold' }]);
    expect((await done(body['holdId'])).status).toBe(404);
    await app.post(`/v1/holds/${body['holdId'] as string}/release`, { reason: 'inquiry_ended' });
    expect(await list('subject=hold')).toEqual([]);
  });

  it('[CN-30] is due on its day and overdue four weeks later, where auditors see it', async () => {
    await app.moveClock('2024-05-31T23:00:00.000Z');
    expect(await find('policy', 'council-citizen-contact')).toMatchObject({ state: 'due' });
    await app.moveClock('2024-06-28T23:00:00.000Z');
    const { key } = (await app.post('/v1/keys', { scopes: ['auditor'] })).body as { key?: string };
    const { body } = await app.get('/v1/reviews?state=overdue', { key: key! });
    expect(body.items).toMatchObject([{ profile: 'council-citizen-contact', subject: 'policy' }]);
    expect((await app.post(`/v1/reviews/${body.items![0]!['id'] as string}/done`, {}, { key: key! })).status).toBe(403);
  });

  it('[CN-30] [LD-51] a look at it sets the next one a year on, with version and owner', async () => {
    const { id } = await find('policy', 'council-citizen-contact');
    const look = { owner: 'information_governance', note: 'Canary: Ann read it' };
    expect((await done(id, look)).body).toMatchObject({
      dueAt: '2025-06-28T23:00:00.000Z',
      events: [{ name: 'PolicyReviewed' }],
    });
    expect(await find('policy', 'council-citizen-contact')).toMatchObject({
      state: 'upcoming',
      owner: 'information_governance',
      reviewedBy: ann,
      lateBySeconds: 28 * 86_400,
    });
    expect(await app.asOwner("select from retention.events t where t::text ilike '%canary%'")).toEqual([]);
  });

  it('a profile that comes into force again as it was moves nothing; one without a review drops it', async () => {
    const before = await find('policy', 'political-party');
    await app.post('/v1/profiles/political-party/activate', {});
    await app.settle();
    expect(await find('policy', 'political-party')).toEqual(before);
    await app.post('/v1/profiles/political-party/activate', { overrides: { '*': { policy_review: null } } });
    await app.settle();
    expect(await find('policy', 'political-party')).toBeUndefined();
  });

  it('of another organisation is unknown', async () => {
    const { id } = await find('policy', 'council-citizen-contact');
    const { key } = await app.anotherOrganisation();
    await app.settle();
    expect((await app.get('/v1/reviews', { key })).body.items).toEqual([]);
    const look = { outcome: 'stays', reviewedBy: ann };
    expect((await app.post(`/v1/reviews/${id as string}/done`, look, { key })).status).toBe(404);
  });
});
