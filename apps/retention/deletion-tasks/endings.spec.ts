import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

const canary = 'canary shelf 7 for Ann';
let councils: Councils;
let groupId: string;
const rule = (recordClass: string, atEnd: string) => ({
  recordClass,
  groupType: '*',
  period: 'P1Y',
  trigger: 'captured',
  atEnd,
  basis: 'explicit',
});
const task = async (taskId: unknown) => (await councils.app.get(`/v1/deletion-tasks/${taskId as string}`)).body;
const item = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;
const say = (taskId: unknown, what: string, body: object, key?: string) =>
  councils.app.post(`/v1/deletion-tasks/${taskId as string}/${what}`, body, key ? { key } : {});

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
  await councils.app.moveClock('2025-02-28T12:00:00.000Z');
  const rules = [rule('decision', 'review'), rule('minutes', 'transfer'), rule('message', 'delete')];
  expect((await councils.app.post('/v1/retention-schedules', { rules })).status).toBe(201);
});
afterAll(() => councils.app.close());

/** Stories in order: the clock only goes forward. */
describe('an item whose time ends with a review', () => {
  const ownerId = randomUUID();
  let kept: Record<string, unknown>;

  it('[CN-19] is put before its owner, who does not delete it meanwhile', async () => {
    kept = await councils.keep({ ...m1(groupId), ownerId, recordClass: 'decision' });
    await councils.app.moveClock('2025-02-28T14:05:00.000Z');
    expect(await item(kept['itemId'])).toMatchObject({ state: 'review_due' });
    expect(await task(kept['taskId'])).toMatchObject({
      kind: 'review',
      state: 'open',
      dueAt: '2025-03-07T14:05:00.000Z',
    });
    expect(await say(kept['taskId'], 'attest', { scope: 'everyone', attestedBy: ownerId })).toMatchObject({
      status: 409,
      body: { code: 'OtherOrder' },
    });
  });

  it('stays until the day decided on, and is reviewed again then', async () => {
    const keep = { decision: 'keep', reason: 'legal_duty', decidedBy: ownerId, note: canary };
    expect(await say(kept['taskId'], 'decide', keep)).toMatchObject({ status: 409, body: { code: 'EndMissing' } });
    const until = { ...keep, keepUntil: '2025-06-01T09:00:00Z' };
    expect(await say(kept['taskId'], 'decide', { ...until, decidedBy: randomUUID() })).toMatchObject({ status: 409 });
    expect(await say(kept['taskId'], 'decide', until)).toMatchObject({ status: 201 });
    expect(await item(kept['itemId'])).toMatchObject({ state: 'scheduled', retainUntil: '2025-06-01T09:00:00.000Z' });
    expect((await item(kept['itemId']))['because']).toMatchObject([
      { decides: true, because: expect.stringContaining('at its review') },
      { decides: false },
    ]);
    expect(await task(kept['taskId'])).toMatchObject({
      state: 'decided',
      decision: 'keep',
      decidedBecause: 'legal_duty',
    });
    await councils.app.moveClock('2025-06-01T09:00:00.000Z');
    expect(await task(kept['taskId'])).toMatchObject({ kind: 'review', state: 'open', attestedBy: null });
  });

  it('[BR-58] goes within the usual week where it is to go', async () => {
    const remove = { decision: 'delete', reason: 'no_longer_needed', decidedBy: ownerId };
    expect((await say(kept['taskId'], 'decide', remove)).body).toMatchObject({
      events: [{ name: 'ReviewDecided' }, { name: 'DeletionTaskOpened' }],
    });
    expect(await task(kept['taskId'])).toMatchObject({
      kind: 'delete',
      state: 'open',
      dueAt: '2025-06-08T09:00:00.000Z',
    });
    expect((await say(kept['taskId'], 'attest', { scope: 'everyone', attestedBy: ownerId })).status).toBe(201);
    expect(await item(kept['itemId'])).toMatchObject({ state: 'attested', because: [] });
  });
});

describe('an item that is handed over at its end', () => {
  it('is done with by its owner’s word and where it is now, which the vault alone knows', async () => {
    const ownerId = randomUUID();
    const kept = await councils.keep({ ...m1(groupId), ownerId, recordClass: 'minutes' });
    await councils.app.settle();
    expect(await task(kept['taskId'])).toMatchObject({ kind: 'transfer', state: 'overdue' });
    const word = { reference: canary, transferredBy: ownerId };
    expect((await say(kept['taskId'], 'transferred', { ...word, reference: '' })).status).toBe(400);
    expect(
      (await say(kept['taskId'], 'decide', { decision: 'delete', reason: 'no_longer_needed', decidedBy: ownerId }))
        .body,
    ).toMatchObject({ code: 'OtherOrder' });
    expect(await say(kept['taskId'], 'transferred', word)).toMatchObject({ status: 201 });
    expect(await say(kept['taskId'], 'transferred', word)).toMatchObject({ status: 200 });
    expect(await task(kept['taskId'])).toMatchObject({
      state: 'transferred',
      archive: { state: 'value', value: canary },
    });
    expect(await item(kept['itemId'])).toMatchObject({ state: 'transferred' });
    const { body } = await councils.app.get('/v1/deletion-tasks?kind=transfer');
    expect(body.items!.map((row) => row['taskId'])).toEqual([kept['taskId']]);
    for (const table of ['events', 'deletion_tasks', 'retention_items', 'idempotency', 'personal_data'])
      expect(await councils.app.asOwner(`select from retention.${table} t where t::text like '%canary%'`)).toEqual([]);
  });

  it('a task of another organisation is unknown', async () => {
    const { key } = await councils.app.anotherOrganisation();
    const kept = await councils.keep({ ...m1(groupId), recordClass: 'minutes' });
    await councils.app.settle();
    const word = { reference: 'x', transferredBy: randomUUID() };
    expect((await say(kept['taskId'], 'transferred', word, key)).status).toBe(404);
  });
});

describe('what is no evidence of deletion', () => {
  it('[BR-36] [BR-35] a message that disappeared by itself: there is no such word, and the task stays open', async () => {
    const ownerId = randomUUID();
    const kept = await councils.keep({ ...m1(groupId), ownerId });
    await councils.app.settle();
    const answer = await say(kept['taskId'], 'attest', { scope: 'disappeared', attestedBy: ownerId });
    expect(answer.status).toBe(400);
    expect(await task(kept['taskId'])).toMatchObject({ kind: 'delete', state: 'overdue', attestedAt: null });
  });
});
