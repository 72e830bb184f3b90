import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
const ownerId = randomUUID();
const ended: string[] = [];
const tasks: string[] = [];
let open: string;
const issue = (body: object, key?: string) => councils.app.post('/v1/disposal-certificates', body, key ? { key } : {});
const read = (id: unknown, options: object = {}) =>
  councils.app.get(`/v1/disposal-certificates/${id as string}`, options);

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
  const rule = (recordClass: string, atEnd: string) => ({
    recordClass,
    groupType: '*',
    period: 'P2Y',
    trigger: 'sent',
    atEnd,
    basis: 'explicit',
  });
  const rules = [rule('message', 'delete'), rule('minutes', 'transfer')];
  await councils.app.post('/v1/retention-schedules', { rules });
  await councils.app.moveClock('2024-03-01T09:00:00.000Z');
  for (const recordClass of ['message', 'message', 'minutes', 'message']) {
    const { itemId, taskId } = await councils.keep({ ...m1(groupId), ownerId, recordClass });
    ended.push(itemId as string);
    tasks.push(taskId as string);
  }
  open = ended.pop()!;
  await councils.app.moveClock('2026-03-09T14:05:00.000Z');
  const say = (index: number, what: string, body: object) =>
    councils.app.post(`/v1/deletion-tasks/${tasks[index]!}/${what}`, body);
  const at = { occurredAt: '2026-03-01T10:00:00Z' };
  await say(0, 'attest', { scope: 'everyone', attestedBy: ownerId, ...at });
  await say(1, 'not-possible', { reason: 'device_lost', statedBy: ownerId, note: 'canary the blue phone' });
  await say(2, 'transferred', { reference: 'canary shelf 7', transferredBy: ownerId, ...at });
});
afterAll(() => councils.app.close());

describe('a disposal certificate', () => {
  let certificateId: string;

  it('[BR-58] [BR-59] names what ended, under which schedule, by whose word, how late, and what was not possible', async () => {
    const answer = await issue({ itemIds: ended });
    expect(answer).toMatchObject({ status: 201, body: { events: [{ name: 'CertificateIssued' }] } });
    certificateId = answer.body['certificateId'] as string;
    const { body } = await read(certificateId);
    const adopted = (await councils.app.get('/v1/retention-schedules')).body['schedule'] as Record<string, unknown>;
    const schedule = { number: 1, contentVersion: adopted['contentVersion'] };
    const common = {
      startsAt: '2024-02-29T14:05:00.000Z',
      expiredAt: '2026-02-28T14:05:00.000Z',
      groupId,
      saidBy: ownerId,
      schedule,
    };
    const items = (body['content'] as { items: Record<string, unknown>[] }).items;
    const of = (index: number) => items.find(({ itemId }) => itemId === ended[index]);
    expect(of(0)).toEqual({
      ...common,
      itemId: ended[0],
      taskId: tasks[0],
      recordClass: 'message',
      outcome: 'attested',
      scope: 'everyone',
      saidAt: '2026-03-01T10:00:00.000Z',
      lateBySeconds: 0,
    });
    expect(of(1)).toMatchObject({ ...common, outcome: 'not_possible', reason: 'device_lost', lateBySeconds: 172_800 });
    expect(of(2)).toMatchObject({ ...common, recordClass: 'minutes', outcome: 'transferred' });
    expect(body).toMatchObject({
      isVerified: true,
      content: {
        issuedAt: '2026-03-09T14:05:00.000Z',
        counts: { items: 3, attested: 1, notPossible: 1, transferred: 1, late: 1 },
      },
    });
  });

  it('[BR-35] is issued once, its hash is in the history, and whoever holds it can count it anew', async () => {
    const { body } = await read(certificateId);
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : value && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .toSorted(([a], [b]) => (a < b ? -1 : 1))
                .map(([k, v]) => [k, sorted(v)]),
            )
          : value;
    const hash = createHash('sha256')
      .update(JSON.stringify(sorted(body['content'])))
      .digest('hex');
    expect(body['contentHash']).toBe(hash);
    const history = await councils.app.get('/v1/history?type=CertificateIssued');
    expect(history.body.items).toMatchObject([{ data: { certificateId, contentHash: hash } }]);
    expect(await issue({ certificateId, itemIds: ended })).toMatchObject({
      status: 200,
      body: { contentHash: hash, events: [] },
    });
    expect((await issue({ certificateId, itemIds: [ended[0]] })).body).toMatchObject({ code: 'CertificateIssued' });
  });

  it('says so when what is kept is not what was issued', async () => {
    await councils.app.asOwner(
      `update retention.disposal_certificates set content = replace(content::text, 'device_lost', 'sender_gone')::json`,
    );
    expect((await read(certificateId)).body).toMatchObject({ isVerified: false });
    expect((await read(certificateId, { headers: { accept: 'text/html' } })).body['text']).toContain(
      'Do not rely on it',
    );
    await councils.app.asOwner(
      `update retention.disposal_certificates set content = replace(content::text, 'sender_gone', 'device_lost')::json`,
    );
    expect((await read(certificateId)).body).toMatchObject({ isVerified: true });
  });

  it('is a page to print, in plain words', async () => {
    const { status, headers, body } = await read(certificateId, { headers: { accept: 'text/html,*/*' } });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const text = body['text'] as string;
    for (const words of [
      '<h1>Disposal certificate</h1>',
      'could not be deleted, the device was lost',
      '2 d',
      'handed over',
      certificateId,
    ])
      expect(text).toContain(words);
    expect(text).not.toMatch(/<script|canary/);
  });

  it('is issued for what ended in a group in a time, and for tasks', async () => {
    const inMarch = { groupId, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' };
    const { body } = await issue(inMarch);
    expect((await read(body['certificateId'])).body).toMatchObject({ content: { counts: { items: 2 } } });
    expect((await issue({ ...inMarch, from: '2026-04-01T00:00:00Z', to: '2026-04-02T00:00:00Z' })).body).toMatchObject({
      code: 'NothingEnded',
    });
    expect((await issue({ taskIds: [tasks[1]] })).status).toBe(201);
    const list = (await councils.app.get('/v1/disposal-certificates')).body.items!;
    expect(list.map(({ counts }) => (counts as { items: number }).items).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('is refused for an item that has not come to its end, by its id, and nothing is issued', async () => {
    const answer = await issue({ itemIds: [...ended, open] });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'ItemNotEnded', detail: expect.stringContaining(open) },
    });
    expect(answer.body.detail).not.toContain(ended[0]);
    expect((await councils.app.get('/v1/disposal-certificates')).body.items).toHaveLength(3);
  });

  it('of another organisation’s items, or another organisation’s own, is answered as if it were not there', async () => {
    const { key } = await councils.app.anotherOrganisation();
    await councils.app.settle();
    const theirs = await issue({ itemIds: ended }, key);
    const nowhere = await issue({ itemIds: [randomUUID()] }, key);
    expect([theirs.status, theirs.body.detail]).toEqual([404, nowhere.body.detail]);
    expect(await issue({ groupId, from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }, key)).toMatchObject({
      status: 409,
      body: { code: 'NothingEnded' },
    });
    expect((await read(certificateId, { key })).status).toBe(404);
    expect((await councils.app.get('/v1/disposal-certificates', { key })).body.items).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['nothing', {}, 'body'],
    ['two ways at once', { itemIds: [randomUUID()], taskIds: [randomUUID()] }, 'body'],
    ['a group without a time', { groupId: randomUUID() }, 'body/from'],
    [
      'a time that ends before it begins',
      { groupId: randomUUID(), from: '2026-03-02T00:00:00Z', to: '2026-03-01T00:00:00Z' },
      'body/to',
    ],
    ['no item', { itemIds: [] }, 'body/itemIds'],
  ])('refuses %s as bad input', async (_, body, field) => {
    const answer = await issue(body);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });
});
