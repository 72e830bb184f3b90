import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
let personId: string;
const register = (groupType: string) =>
  app.post('/v1/groups', { name: 'Flood wardens', purpose: 'Where to meet', groupType, admins: [personId] });
const activate = async (overrides: object) => {
  const { status } = await app.post('/v1/profiles/district-councils/activate', { overrides });
  await app.settle();
  return status;
};

beforeAll(async () => {
  app = await openApp({ at: '2026-03-02T09:00:00.000Z' });
  await activate({ 'emergency-response': { retention_period: 'P2Y' } });
  const { body } = await app.post('/v1/people', { links: [{ kind: 'hrId', value: randomUUID() }], source: 'hr' });
  personId = body['personId'] as string;
  await app.settle();
});
afterAll(() => app.close());

/** One story in order: the last one changes the policy. */
describe('what a group may be for', () => {
  it('[BR-02] is one of the uses that the councils’ policy names', async () => {
    expect((await register('team-chat')).status).toBe(201);
    expect((await register('emergency-response')).status).toBe(201);
  });

  it('[BR-02] is nothing else: the refusal names the rule and the uses there are', async () => {
    const { status, body } = await register('social-club');
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'GroupTypeUnknown',
      detail: expect.stringContaining('emergency-response, team-chat'),
      rules: [
        {
          profile: 'district-councils@1',
          parameter: 'use_justification',
          obligations: expect.arrayContaining(['BR-02']),
        },
      ],
    });
    expect((await app.get('/v1/groups')).body.items!.map(({ groupType }) => groupType)).not.toContain('social-club');
  });

  it('rests on no rule of the policy where the organisation takes the list for no closed one', async () => {
    const use_justification = { level: 'last_resort', deviation_risk_assessment: true, only_named_uses: false };
    expect(await activate({ '*': { use_justification }, 'emergency-response': { retention_period: 'P2Y' } })).toBe(201);
    expect((await register('social-club')).body).toMatchObject({ code: 'GroupTypeUnknown', rules: [] });
  });
});
