import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp({ at: '2026-03-01T09:00:00.000Z' });
});
afterAll(() => app.close());

describe('the manual clock', () => {
  it('fires the deadlines between the old and the new time in order, each at its own time', async () => {
    await app.post('/v1/profiles/political-party/activate', {});
    const ends = ['2026-05-07T21:00:00.000Z', '2026-04-01T08:00:00.000Z', '2026-04-20T12:30:00.000Z'];
    const activities = ends.map((endsAt) => ({
      activityId: randomUUID(),
      name: 'Round',
      kind: 'campaign',
      startsAt: '2026-02-01T00:00:00.000Z',
      endsAt,
    }));
    for (const activity of activities) expect((await app.post('/v1/activities', activity)).status).toBe(201);
    await app.moveClock('2027-01-01T00:00:00.000Z');
    const { body } = await app.get('/v1/history?type=ActivityEnded&order=asc');
    const told = body.items!.map(({ occurredAt, recordedAt, data }) => [
      occurredAt,
      recordedAt,
      (data as { activityId: string }).activityId,
    ]);
    const inOrder = activities.toSorted((a, b) => a.endsAt.localeCompare(b.endsAt));
    expect(told).toEqual(inOrder.map(({ endsAt, activityId }) => [endsAt, endsAt, activityId]));
  });

  it('only goes forward', async () => {
    const { status, body } = await app.post('/v1/clock', { to: '2026-01-01T00:00:00.000Z' });
    expect([status, body.code]).toEqual([409, 'clock-goes-forward']);
    expect((await app.get('/v1/clock')).body).toEqual({ now: '2027-01-01T00:00:00.000Z', clock: 'manual' });
  });

  it('is moved by operators alone, to an instant that is one', async () => {
    const { body } = await app.post('/v1/keys', { scopes: ['admin'] });
    expect(
      (await app.post('/v1/clock', { to: '2027-02-01T00:00:00.000Z' }, { key: body['key'] as string })).status,
    ).toBe(403);
    expect((await app.post('/v1/clock', { to: 'tomorrow' })).status).toBe(400);
  });
});
