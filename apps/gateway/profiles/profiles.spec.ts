import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

describe('profiles', () => {
  it('are the five kinds of guidance, each citing its document and what nobody has set', async () => {
    const { body } = await app.get('/v1/profiles');
    const named = Object.fromEntries(body.items!.map((item) => [item['profile'], item['unset']]));
    expect(Object.keys(named).sort()).toEqual([
      'council-citizen-contact',
      'district-councils',
      'parent-carer-charity',
      'political-party',
      'students-union',
    ]);
    expect(named['district-councils']).toEqual([{ groupType: 'emergency-response', parameters: ['retention_period'] }]);
    for (const item of body.items!) expect((item['source'] as { document: string }).document).not.toBe('');
  });

  it('[BR-57] is not activated while a period is UNSET, and is once the organisation has set it', async () => {
    const refused = await app.post('/v1/profiles/district-councils/activate', {});
    expect([refused.status, refused.body.code]).toEqual([409, 'ProfileHasUnsetValues']);
    expect(refused.body['rules']).toEqual([
      expect.objectContaining({
        parameter: 'retention_period',
        obligations: expect.arrayContaining(['BR-57']) as unknown,
      }),
    ]);
    const set = await app.post('/v1/profiles/district-councils/activate', {
      overrides: { 'emergency-response': { retention_period: 'P2Y' } },
    });
    expect(set.status).toBe(201);
    await app.settle();
    const active = (await app.get('/v1/profiles/active')).body.items!.find(
      (item) => item['groupType'] === 'emergency-response',
    ) as { parameters: Record<string, object> };
    expect(active.parameters['retention_period']).toMatchObject({
      value: 'P2Y',
      basis: 'organisation',
      from: 'organisation',
    });
  });

  it('tell of each value where it comes from', async () => {
    const { body } = await app.get('/v1/profiles/political-party/groupTypes/party-group');
    const parameters = body['parameters'] as Record<string, { value: unknown; from: string; obligations: string[] }>;
    expect(Object.keys(parameters)).toHaveLength(40);
    expect(parameters['min_age']).toMatchObject({ value: 18, obligations: ['LD-08'] });
    expect(parameters['retention_period']!.from).toBe('default');
  });

  it('name the field and rule of an override that does not fit', async () => {
    const { status, body } = await app.post('/v1/profiles/political-party/activate', {
      overrides: { '*': { min_age: 'old enough' } },
    });
    expect(status).toBe(400);
    expect((body['errors'] as { field: string }[])[0]!.field).toContain('min_age');
  });

  it('are not found under a name nobody gave', async () => {
    expect((await app.get('/v1/profiles/knitting-circle')).status).toBe(404);
    expect((await app.post('/v1/profiles/knitting-circle/activate', {})).status).toBe(404);
  });
});
