import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

it('[R58] a rule’s no names its request as any problem document does, also when it is said again', async () => {
  const again = () =>
    app.post('/v1/profiles/district-councils/activate', {}, { headers: { 'idempotency-key': 'twice' } });
  const [first, second] = [await again(), await again()];
  for (const { status, headers, body } of [first, second]) {
    expect([status, body['requestId']]).toEqual([409, headers.get('x-request-id')]);
  }
  expect(second.body['requestId']).not.toBe(first.body['requestId']);
});
