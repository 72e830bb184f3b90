import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
const item = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;
const whyKept = async (itemId: unknown) => (await item(itemId))['because'] as { decides: boolean; because: string }[];
const rule = (more: object = {}) => ({
  recordClass: 'message',
  groupType: '*',
  period: 'P2Y',
  trigger: 'sent',
  atEnd: 'delete',
  basis: 'explicit',
  ...more,
});
const adopt = async (rules: object[], headers: Record<string, string> = {}) => {
  const reply = await councils.app.post('/v1/retention-schedules', { rules }, { headers });
  await councils.app.settle();
  return reply;
};

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
  await councils.app.moveClock('2024-03-02T09:00:00.000Z');
});
afterAll(() => councils.app.close());

/** One story in order: the clock only goes forward. */
describe('a retention schedule', () => {
  let kept: Record<string, unknown>;

  it('[CN-19] is what a policy that leaves the time to it needs: without a rule for the class nothing is taken in', async () => {
    expect((await councils.app.get('/v1/retention-schedules')).body).toEqual({ schedule: null });
    expect((await councils.app.post('/v1/retention-items', m1(groupId))).body).toMatchObject({
      status: 409,
      code: 'NoRetentionPeriod',
      rules: [{ parameter: 'retention_period', obligations: ['CN-19'] }],
    });
  });

  it('[CN-19] says how long an item is kept, and under which version', async () => {
    const adopted = await adopt([rule({ period: 'P7Y' }), rule({ recordClass: 'decision', period: 'P20Y' })]);
    expect(adopted).toMatchObject({ status: 201, body: { number: 1, events: [{ name: 'ScheduleAdopted' }] } });
    kept = await councils.keep(m1(groupId));
    expect(await item(kept['itemId'])).toMatchObject({
      period: 'P7Y',
      retainUntil: '2031-02-28T14:05:00.000Z',
      schedule: { number: 1, contentVersion: adopted.body['contentVersion'] },
      because: [{ decides: true, because: expect.stringContaining('schedule version 1 for the class message') }],
    });
  });

  it('is a new version only where its rules are others, in whatever order they are named', async () => {
    const again = [rule({ recordClass: 'decision', period: 'P20Y' }), rule({ period: 'P7Y' })];
    expect(await adopt(again)).toMatchObject({ status: 200, body: { number: 1, events: [] } });
    const seen = (await councils.app.get('/v1/retention-schedules')).headers.get('etag')!;
    expect((await adopt([rule()], { 'if-match': '"9"' })).status).toBe(412);
    expect(seen).toBe('"1"');
  });

  it('[BR-60] made shorter, moves the end of every open item with an event, and owes the members of the group a notice', async () => {
    expect(await adopt([rule({ period: 'P3Y' })], { 'if-match': '"1"' })).toMatchObject({ body: { number: 2 } });
    expect(await item(kept['itemId'])).toMatchObject({
      period: 'P3Y',
      retainUntil: '2027-02-28T14:05:00.000Z',
      schedule: { number: 2 },
    });
    expect((await councils.app.get(`/v1/retention-notices?groupId=${groupId}`)).body.items).toMatchObject([
      { previously: 'P7Y', period: 'P3Y', state: 'owed' },
    ]);
    const { body } = await councils.app.get('/v1/retention-schedules/versions');
    expect(body.items!.map(({ number }) => number)).toEqual([2, 1]);
  });

  it('beside the period stated with an item the longer one counts, and says so', async () => {
    const short = await councils.keep({ ...m1(groupId), period: 'P1Y' });
    expect(await item(short['itemId'])).toMatchObject({ period: 'P3Y', retainUntil: '2027-02-28T14:05:00.000Z' });
    expect(await whyKept(short['itemId'])).toMatchObject([
      { decides: true, because: expect.stringContaining('the longest retention beats a shorter one') },
      { decides: false, because: expect.stringContaining('The period stated with the item keeps it for 1 year') },
    ]);
  });

  it('[BR-57] leaves items of a policy with a period of its own to it where no rule bears on them', async () => {
    const emergency = await councils.group('emergency-response');
    const ruled = await councils.keep({ ...m1(emergency), recordClass: 'alert' });
    expect(await item(ruled['itemId'])).toMatchObject({ period: 'P2Y', schedule: null });
    await adopt([rule({ period: 'P3Y' }), rule({ recordClass: '*', groupType: 'emergency-response', period: 'P5Y' })]);
    expect(await item(ruled['itemId'])).toMatchObject({ period: 'P5Y', schedule: { number: 3 } });
    await adopt([rule({ period: 'P3Y' })]);
    expect(await item(ruled['itemId'])).toMatchObject({ period: 'P2Y', schedule: null });
  });
});

describe('a time that has yet to begin', () => {
  it('[LD-35] waits for the end of the group, starts with it, also for what arrives later', async () => {
    await adopt([rule({ trigger: 'group_closed', period: 'P1Y' })]);
    const closing = await councils.group('citizen-conversation');
    const kept = await councils.keep(m1(closing));
    expect(kept).toMatchObject({ retainUntil: null });
    expect(await item(kept['itemId'])).toMatchObject({ state: 'awaiting', retainUntil: null });
    expect(await whyKept(kept['itemId'])).toMatchObject([
      { decides: true, because: expect.stringContaining('from when its group is closed, which has not happened') },
    ]);
    const early = await councils.app.post(`/v1/deletion-tasks/${kept['taskId'] as string}/attest`, {
      scope: 'everyone',
      attestedBy: (await item(kept['itemId']))['ownerId'],
    });
    expect(early).toMatchObject({ status: 409, body: { code: 'NotYetExpired' } });
    await councils.app.post(`/v1/groups/${closing}/close`, { occurredAt: '2024-03-01T10:00:00Z' });
    await councils.app.settle();
    const end = { state: 'scheduled', retainUntil: '2025-03-01T10:00:00.000Z' };
    expect(await item(kept['itemId'])).toMatchObject(end);
    expect(await item((await councils.keep(m1(closing)))['itemId'])).toMatchObject(end);
  });

  it('[BR-61] runs from the end of an inquiry where the rule says so, a release after the other', async () => {
    await adopt([rule({ trigger: 'inquiry_ended', period: 'P6M' })]);
    const { itemId } = await councils.keep(m1(groupId));
    const hold = await councils.app.post('/v1/holds', {
      scope: { groupId },
      reason: 'Inquiry',
      authority: 'Letter',
      reviewAt: '2024-12-01T09:00:00Z',
    });
    expect(await item(itemId)).toMatchObject({ state: 'awaiting', holdIds: [hold.body['holdId']] });
    expect(await whyKept(itemId)).toMatchObject([
      { decides: true, because: expect.stringContaining('a hold beats deletion') },
      { decides: false },
    ]);
    await councils.app.post(`/v1/holds/${hold.body['holdId'] as string}/release`, { reason: 'inquiry_ended' });
    expect(await item(itemId)).toMatchObject({ state: 'scheduled', retainUntil: '2024-09-02T08:00:00.000Z' });
  });

  it('lists what waits after everything that has an end, every row once', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await councils.app.get(`/v1/retention-items?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items!.map(({ itemId }) => itemId));
      cursor = (body['next'] as string | null) ?? '';
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(4);
  });
});

describe('who may, and bad input', () => {
  it('belongs to the compliance officer, and to one organisation', async () => {
    const { body } = await councils.app.post('/v1/keys', { scopes: ['admin'] });
    const key = body['key'] as string;
    expect((await councils.app.post('/v1/retention-schedules', { rules: [rule()] }, { key })).status).toBe(403);
    const other = await councils.app.anotherOrganisation();
    await councils.app.settle();
    expect((await councils.app.get('/v1/retention-schedules', { key: other.key })).body).toEqual({ schedule: null });
  });

  it.each([
    ['an unknown trigger', { trigger: 'soon' }, 'body/rules/0/trigger'],
    ['a period of nothing', { period: 'P0D' }, 'body/rules/0/period'],
    ['a class in free text', { recordClass: 'about Ann' }, 'body/rules/0/recordClass'],
    ['an unknown field', { note: 'Ann' }, 'body/rules/0/note'],
  ])('refuses %s, naming the field', async (_, wrong, field) => {
    const answer = await adopt([rule(wrong)]);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });
});

describe('a group type that no profile in force knows', () => {
  it('[CN-19] is refused in a schedule, with the field and the types there are: such a rule would keep nothing', async () => {
    const before = (await councils.app.get('/v1/retention-schedules')).body;
    const rules = [
      rule({ period: 'P9Y' }),
      rule({ groupType: 'team-chat' }),
      rule({ groupType: 'emergency_response' }),
    ];
    const answer = await adopt(rules);
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'GroupTypeUnknown',
        errors: [{ field: 'body/rules/2/groupType', rule: expect.stringContaining('emergency-response') }],
      },
    });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect((await councils.app.get('/v1/retention-schedules')).body).toEqual(before);
  });
});
