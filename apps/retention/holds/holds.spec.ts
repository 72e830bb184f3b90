import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

const retainUntil = '2026-02-28T14:05:00.000Z';
let councils: Councils;
let groupId: string;
const why = {
  reason: 'Inquiry into Ann Moor’s flood',
  authority: 'Letter of the inquiry',
  reviewAt: '2026-08-20T09:00:00Z',
};
const place = (scope: object, more: object = {}, key?: string) =>
  councils.app.post('/v1/holds', { scope, ...why, ...more }, key ? { key } : {});
const over = { reason: 'inquiry_ended', words: 'Letter of the inquiry to Ann Moor' };
const release = (holdId: unknown, key?: string, body: object = over) =>
  councils.app.post(`/v1/holds/${holdId as string}/release`, body, key ? { key } : {});
const item = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;
const task = async (taskId: unknown) => councils.app.get(`/v1/deletion-tasks/${taskId as string}`);
const keyFor = async (...scopes: string[]) => (await councils.app.post('/v1/keys', { scopes })).body['key'] as string;

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('emergency-response');
  await councils.app.moveClock('2026-02-20T10:00:00.000Z');
});
afterAll(() => councils.app.close());

/** One story in order: the clock only goes forward. */
describe('a hold over the end of an item’s time', () => {
  const incidentId = randomUUID();
  let kept: Record<string, unknown>;
  let owner: string;
  let holdId: string;

  it('[BR-61] covers what falls under its scope, and says how much', async () => {
    const concerned = { ...m1(groupId), incidentId };
    owner = concerned.ownerId;
    kept = await councils.keep(concerned);
    await councils.keep(m1(groupId));
    const placed = await place({ incidentId });
    expect(placed).toMatchObject({ status: 201, body: { items: 1, events: [{ name: 'HoldPlaced' }] } });
    holdId = placed.body['holdId'] as string;
    expect(await item(kept['itemId'])).toMatchObject({ state: 'scheduled', holdIds: [holdId] });
  });

  it('[BR-61] keeps what arrives later inside its scope', async () => {
    const late = await councils.keep({ ...m1(groupId), incidentId });
    expect(await item(late['itemId'])).toMatchObject({ holdIds: [holdId] });
    expect((await councils.app.get(`/v1/holds/${holdId}`)).body).toMatchObject({ items: 2, state: 'in_force' });
  });

  it('[BR-61] the time is over, and no task opens', async () => {
    await councils.app.moveClock(retainUntil);
    expect(await item(kept['itemId'])).toMatchObject({ state: 'held', holdIds: [holdId] });
    expect((await task(kept['taskId'])).status).toBe(404);
    const { body } = await councils.app.get(`/v1/history?type=DeletionBlockedByHold`);
    expect(body.items!.map(({ data }) => data)).toContainEqual({ itemId: kept['itemId'], holdIds: [holdId] });
  });

  it('[BR-61] calls back the order for an item that is found to fall under a hold late', async () => {
    const ordered = await councils.keep(m1(groupId));
    await councils.app.settle();
    expect((await task(ordered['taskId'])).body).toMatchObject({ state: 'open' });
    const second = await place({ groupId, from: '2024-02-01T00:00:00Z', to: '2024-03-01T00:00:00Z' });
    expect((await task(ordered['taskId'])).body).toMatchObject({ state: 'on_hold' });
    expect(await item(kept['itemId'])).toMatchObject({ holdIds: [holdId, second.body['holdId'] as string].toSorted() });
    expect(await release(second.body['holdId'])).toMatchObject({ status: 201 });
    expect((await task(ordered['taskId'])).body).toMatchObject({ state: 'open', dueAt: '2026-03-07T14:05:00.000Z' });
    expect(await item(kept['itemId'])).toMatchObject({ state: 'held', holdIds: [holdId] });
  });

  it('asks for its review, and goes on with another day', async () => {
    await councils.app.moveClock('2026-08-20T09:00:00.000Z');
    const state = async () => (await councils.app.get(`/v1/holds/${holdId}`)).body['state'];
    expect(await state()).toBe('review_due');
    expect(await councils.app.post(`/v1/holds/${holdId}/review`, { reviewAt: '2026-12-20T09:00:00Z' })).toMatchObject({
      status: 201,
    });
    expect(await state()).toBe('in_force');
  });

  it('[BR-58] [BR-61] its release deletes nothing and gives the owner a week', async () => {
    await councils.app.moveClock('2026-09-30T16:00:00.000Z');
    expect(await release(holdId)).toMatchObject({ status: 201, body: { items: 2 } });
    expect((await task(kept['taskId'])).body).toMatchObject({
      ownerId: owner,
      state: 'open',
      dueAt: '2026-10-07T16:00:00.000Z',
      overdueAt: null,
    });
    expect(await release(holdId)).toMatchObject({ status: 200, body: { events: [] } });
    expect((await councils.app.get(`/v1/holds/${holdId}`)).body).toMatchObject({ state: 'released', items: 0 });
  });

  it('[BR-61] says why it was released: the kind in the history, the words with the hold alone', async () => {
    expect((await councils.app.get(`/v1/holds/${holdId}`)).body).toMatchObject({
      releaseReason: 'inquiry_ended',
      releaseWords: { state: 'value', value: over.words },
      reason: { value: why.reason },
    });
    const { body } = await councils.app.get('/v1/history?type=HoldReleased');
    expect(body.items!.map(({ data }) => data)).toContainEqual({ holdId, reason: 'inquiry_ended' });
  });

  it('[BR-35] then the owner’s word counts, as a word', async () => {
    const word = { scope: 'own_device', attestedBy: owner, occurredAt: '2026-09-30T16:00:00Z' };
    expect(await councils.app.post(`/v1/deletion-tasks/${kept['taskId'] as string}/attest`, word)).toMatchObject({
      status: 201,
    });
    expect(await item(kept['itemId'])).toMatchObject({ state: 'attested' });
  });
});

describe('who may', () => {
  const later = { reviewAt: '2027-01-20T09:00:00Z' };

  it('[BR-61] those who run the groups can neither place nor release a hold', async () => {
    const admin = await keyFor('admin', 'moderator');
    const officer = await keyFor('compliance');
    expect((await place({ groupId }, later, admin)).status).toBe(403);
    const { body } = await place({ groupId }, later, officer);
    expect((await release(body['holdId'], admin)).status).toBe(403);
    expect((await release(body['holdId'], officer)).status).toBe(201);
  });

  it('a hold of another organisation is unknown', async () => {
    const { body } = await place({ groupId }, later);
    const { key } = await councils.app.anotherOrganisation();
    await councils.app.settle();
    expect((await release(body['holdId'], key)).status).toBe(404);
    expect((await councils.app.get(`/v1/holds/${body['holdId'] as string}`, { key })).status).toBe(404);
    const { body: theirs } = await place({ from: '2020-01-01T00:00:00Z' }, later, key);
    expect(theirs).toMatchObject({ items: 0 });
    expect((await councils.app.get('/v1/holds', { key })).body.items).toHaveLength(1);
  });
});

describe('bad input', () => {
  it.each([
    ['no scope', {}, {}, 'body/scope'],
    ['an unknown part of a scope', { name: 'Ann' }, {}, 'body/scope/name'],
    [
      'a span that ends before it begins',
      { from: '2024-02-02T00:00:00Z', to: '2024-02-01T00:00:00Z' },
      {},
      'body/scope/to',
    ],
    ['a day that is none', { from: '2023-02-29T00:00:00Z' }, {}, 'body/scope/from'],
    ['no reason', { personId: randomUUID() }, { reason: '' }, 'body/reason'],
  ])('refuses %s, naming the field, and places nothing', async (_, scope, more, field) => {
    const before = (await councils.app.get('/v1/holds')).body.items!.length;
    const answer = await place(scope, more);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect((await councils.app.get('/v1/holds')).body.items).toHaveLength(before);
  });

  it('[BR-61] is refused on a group nobody registered, where it would keep nothing and nobody would know', async () => {
    expect((await place({ groupId: randomUUID() })).body).toMatchObject({ status: 409, code: 'GroupUnknown' });
  });

  it.each([
    ['no reason', undefined, 'body'],
    ['a reason that is none of the kinds', { reason: 'Ann said so' }, 'body/reason'],
    ['another reason than those named without a word on it', { reason: 'other' }, 'body/words'],
  ])('[BR-61] does not release a hold for %s, naming the field', async (_, body, field) => {
    const { holdId } = (await place({ groupId }, { reviewAt: '2027-01-20T09:00:00Z' })).body;
    const answer = await councils.app.post(`/v1/holds/${holdId as string}/release`, body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect((await councils.app.get(`/v1/holds/${holdId as string}`)).body).toMatchObject({
      state: 'in_force',
      releaseReason: null,
    });
  });

  it('refuses a review in the past', async () => {
    expect((await place({ groupId }, { reviewAt: '2020-01-01T00:00:00Z' })).body).toMatchObject({
      code: 'ReviewInThePast',
    });
  });

  it('keeps why it was placed in the vault alone', async () => {
    for (const table of ['events', 'holds', 'personal_data', 'idempotency'])
      expect(await councils.app.asOwner(`select from retention.${table} t where t::text like '%Moor%'`)).toEqual([]);
  });
});
