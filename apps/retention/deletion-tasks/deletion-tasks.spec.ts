import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

const rules = expect.arrayContaining([
  { profile: 'district-councils@1', parameter: 'deletion_by', obligations: ['BR-59'] },
]);
const dueAt = '2026-03-07T14:05:00.000Z';

/** One story in order: the clock only goes forward. */
describe('an item from its sending to the word that it is gone', () => {
  let councils: Councils;
  let taskId: string;
  let itemId: string;
  let ownerId: string;
  let groupId: string;
  const attest = (body: object, key?: string) =>
    councils.app.post(`/v1/deletion-tasks/${taskId}/attest`, body, key ? { key } : {});
  const task = async () => (await councils.app.get(`/v1/deletion-tasks/${taskId}`)).body;
  const item = async () => (await councils.app.get(`/v1/retention-items/${itemId}`)).body;

  beforeAll(async () => {
    councils = await openCouncils();
    groupId = await councils.group('emergency-response');
    await councils.app.moveClock('2024-02-29T14:06:00.000Z');
    const kept = m1(groupId);
    ({ ownerId } = kept);
    const answer = await councils.keep(kept);
    [taskId, itemId] = [answer['taskId'] as string, answer['itemId'] as string];
  });
  afterAll(() => councils.app.close());

  it('[BR-57] refuses a word of deletion before the time to keep is over, and keeps it as evidence', async () => {
    await councils.app.moveClock('2026-02-28T14:04:00.000Z');
    const answer = await attest({ scope: 'everyone', attestedBy: ownerId });
    expect(answer).toMatchObject({ status: 409, body: { code: 'NotYetExpired', rules } });
    expect(await item()).toMatchObject({ state: 'scheduled', version: 2 });
    expect((await councils.app.get(`/v1/deletion-tasks/${taskId}`)).status).toBe(404);
  });

  it('[BR-58] [BR-59] orders its owner to delete it when the time is over, within a week', async () => {
    await councils.app.moveClock('2026-02-28T14:05:00.000Z');
    expect(await item()).toMatchObject({ state: 'deletion_due' });
    expect(await task()).toMatchObject({
      taskId,
      itemId,
      ownerId,
      groupId,
      recordClass: 'message',
      state: 'open',
      alreadyOverdue: false,
      openedAt: '2026-02-28T14:05:00.000Z',
      dueAt,
      remindAt: '2026-03-05T14:05:00.000Z',
      remindedAt: null,
      reference: { state: 'value', value: 'Message to Ann about the flood wardens' },
    });
  });

  it('[BR-59] refuses the word of anybody but the owner, and keeps it as evidence', async () => {
    const answer = await attest({ scope: 'everyone', attestedBy: randomUUID() });
    expect(answer).toMatchObject({ status: 409, body: { code: 'NotTheOwner', rules } });
    const stored = await councils.app.asOwner(
      "select from retention.events where type like '%DeletionAttestationRefused%'",
    );
    expect(stored).toHaveLength(2);
  });

  it('[BR-59] reminds the owner, and says when the week is over', async () => {
    await councils.app.moveClock('2026-03-06T00:00:00.000Z');
    expect(await task()).toMatchObject({ state: 'open', remindedAt: '2026-03-05T14:05:00.000Z', overdueAt: null });
    await councils.app.moveClock('2026-03-10T14:05:00.000Z');
    expect(await task()).toMatchObject({ state: 'overdue', overdueAt: dueAt });
  });

  it('knows nothing of the task in another organisation', async () => {
    const { key } = await councils.app.anotherOrganisation();
    expect((await attest({ scope: 'everyone', attestedBy: ownerId }, key)).status).toBe(404);
    expect((await councils.app.get(`/v1/deletion-tasks/${taskId}`, { key })).status).toBe(404);
    expect((await councils.app.get('/v1/deletion-tasks', { key })).body.items).toEqual([]);
  });

  it('[BR-35] [BR-59] takes the owner’s word as attested, on one device alone, and says how late it was', async () => {
    const word = { scope: 'own_device', attestedBy: ownerId.toUpperCase(), occurredAt: '2026-03-08T15:05:00+01:00' };
    expect(await attest(word)).toMatchObject({
      status: 201,
      body: { taskId, itemId, events: [{ name: 'DeletionAttested' }] },
    });
    expect(await attest(word)).toMatchObject({ status: 200, body: { events: [] } });
    const attested = { scope: 'own_device', attestedBy: ownerId, attestedAt: '2026-03-08T14:05:00.000Z' };
    expect(await task()).toMatchObject({ state: 'attested', ...attested, lateBySeconds: 86_400 });
    expect(await item()).toMatchObject({ state: 'attested' });
  });

  it('[BR-57] opens a task for an item whose time is over already, with the due time it should have had', async () => {
    const late = { ...m1(groupId), startsAt: '2023-06-01T10:00:00Z' };
    const answer = await councils.keep(late);
    await councils.app.settle();
    expect((await councils.app.get(`/v1/deletion-tasks/${answer['taskId'] as string}`)).body).toMatchObject({
      state: 'overdue',
      openedAt: '2025-06-01T10:00:00.000Z',
      alreadyOverdue: true,
      remindAt: null,
      dueAt: '2025-06-08T10:00:00.000Z',
      overdueAt: '2025-06-08T10:00:00.000Z',
    });
  });

  it('lists by state, owner, group and due time, in order of the due time, every row once', async () => {
    const list = async (query: string) => {
      const { body } = await councils.app.get(`/v1/deletion-tasks?${query}`);
      return { next: body['next'], due: body.items!.map((row) => row['dueAt']) };
    };
    const late = '2025-06-08T10:00:00.000Z';
    expect(await list('')).toEqual({ next: null, due: [late, dueAt] });
    expect(await list('state=overdue')).toEqual({ next: null, due: [late] });
    expect(await list(`ownerId=${ownerId}`)).toEqual({ next: null, due: [dueAt] });
    expect(await list(`groupId=${groupId}`)).toEqual({ next: null, due: [late, dueAt] });
    expect(await list(`dueBefore=${late}`)).toEqual({ next: null, due: [late] });
    const { next, due } = await list('limit=1');
    expect(due).toEqual([late]);
    expect(await list(`limit=1&cursor=${next as string}`)).toEqual({ next: null, due: [dueAt] });
  });

  it.each([
    ['a deletion yet to come', { occurredAt: '2026-03-10T14:05:00.001Z' }, 'body/occurredAt'],
    ['an unknown scope', { scope: 'deleted' }, 'body/scope'],
    ['an unknown field', { note: 'Ann' }, 'body/note'],
  ])('refuses %s as bad input, naming the field', async (_, wrong, field) => {
    const answer = await attest({ scope: 'everyone', attestedBy: ownerId, ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });
});
