import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

const sentAt = '2024-02-29T14:05:00.000Z';
const retainUntil = '2026-02-28T14:05:00.000Z';
let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('emergency-response');
  await councils.app.moveClock('2024-03-02T09:00:00.000Z');
});
afterAll(() => councils.app.close());

const schedule = (item: object, key?: string) => councils.app.post('/v1/retention-items', item, key ? { key } : {});
const read = async (itemId: unknown) => (await councils.app.get(`/v1/retention-items/${itemId as string}`)).body;

describe('scheduling', () => {
  it('[BR-57] keeps an item from its own time for the period the organisation set: two years of a 29 February end on a 28th', async () => {
    const item = m1(groupId);
    const answer = await schedule(item);
    expect(answer).toMatchObject({
      status: 201,
      body: { retainUntil, version: 1, events: [{ name: 'RetentionScheduled' }] },
    });
    const { startsAt: _, reference, ...rest } = item;
    expect(await read(answer.body['itemId'])).toMatchObject({
      ...rest,
      startsAt: sentAt,
      period: 'P2Y',
      retainUntil,
      state: 'scheduled',
      personId: null,
      reference: { state: 'value', value: reference },
    });
  });

  it('[CN-19] keeps an item for the period asked for, where the policy leaves it to a schedule of the organisation', async () => {
    const conversation = await councils.group('citizen-conversation');
    expect(await councils.keep({ ...m1(conversation), period: 'P7Y' })).toMatchObject({
      retainUntil: '2031-02-28T14:05:00.000Z',
    });
    const answer = await schedule(m1(conversation));
    expect(answer.body).toMatchObject({
      status: 409,
      code: 'NoRetentionPeriod',
      detail: expect.stringContaining('retention_period is schedule (CN-19)'),
      rules: [{ profile: 'council-citizen-contact@1', parameter: 'retention_period', obligations: ['CN-19'] }],
    });
  });

  it('[BR-57] refuses an item for which neither the policy nor the caller names a period', async () => {
    const silent = await schedule(m1(await councils.group('team-chat')));
    expect(silent.body).toMatchObject({
      status: 409,
      code: 'NoRetentionPeriod',
      rules: [{ profile: 'district-councils@1', parameter: 'retention_period', obligations: [] }],
    });
    const { groupId: _, ...alone } = m1(groupId);
    expect((await schedule(alone)).body).toMatchObject({ status: 409, code: 'NoRetentionPeriod', rules: [] });
    expect((await schedule({ ...alone, period: 'P1Y' })).status).toBe(201);
  });

  it('finds nothing new in the same schedule and keeps the first reference; refuses another one', async () => {
    const item = { itemId: randomUUID(), ...m1(groupId) };
    await councils.keep(item);
    const again = await councils.keep({ ...item, itemId: item.itemId.toUpperCase(), reference: 'Another' });
    expect(again).toMatchObject({ version: 1, retainUntil, events: [] });
    expect((await schedule({ ...item, period: 'P3Y', reference: 'Another' })).body).toMatchObject({
      code: 'AlreadyScheduled',
    });
    expect(await read(item.itemId)).toMatchObject({ period: 'P2Y', reference: { value: item.reference } });
  });

  it('[BR-57] counts years on the calendar of the organisation’s own zone', async () => {
    const { body } = await councils.app.post('/v1/organisations', { name: 'Tokyo', timeZone: 'Asia/Tokyo' });
    const { key } = body['adminKey'] as { key: string };
    await councils.app.settle();
    // In Tokyo this is the morning of 29 February, in London still the 28th.
    const { groupId: _, ...alone } = { ...m1(groupId), startsAt: '2024-02-28T23:30:00Z', period: 'P1Y' };
    expect((await schedule(alone, key)).body).toMatchObject({ retainUntil: '2025-02-27T23:30:00.000Z' });
    expect((await schedule(alone)).body).toMatchObject({ retainUntil: '2025-02-28T23:30:00.000Z' });
  });

  it('lets nothing of the reference into an event or a read model', async () => {
    const reference = 'canary Ann 07700 900123';
    const { itemId } = await councils.keep({ ...m1(groupId), reference });
    for (const table of ['events', 'retention_items', 'personal_data', 'idempotency'])
      expect(await councils.app.asOwner(`select from retention.${table} t where t::text like '%canary%'`)).toEqual([]);
    expect(await read(itemId)).toMatchObject({ reference: { state: 'value', value: reference } });
  });

  it.each([
    ['a start yet to come', { startsAt: '2024-03-02T09:00:00.001Z' }, 'body/startsAt'],
    ['a day that is none', { startsAt: '2023-02-29T09:00:00Z' }, 'body/startsAt'],
    ['a period of nothing', { period: 'P0D' }, 'body/period'],
    ['a period beyond the calendar', { period: 'P100000Y' }, 'body/period'],
    ['a class in free text', { recordClass: 'about Ann' }, 'body/recordClass'],
    ['an endless reference', { reference: 'x'.repeat(1001) }, 'body/reference'],
    ['an unknown field', { note: 'Ann' }, 'body/note'],
  ])('refuses %s as bad input, naming the field', async (_, wrong, field) => {
    const answer = await schedule({ ...m1(groupId), ...wrong });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('answers for a group it does not know, another organisation’s too, with 409 and when to try again', async () => {
    const { key } = await councils.app.anotherOrganisation();
    for (const { status, body, headers } of [await schedule(m1(randomUUID())), await schedule(m1(groupId), key)]) {
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'GroupUnknown' });
      expect(headers.get('retry-after')).toBe('2');
    }
  });
});

describe('the end of the time', () => {
  const taken = [
    { profile: 'district-councils@1', parameter: 'retention_period', obligations: ['BR-57', 'BR-58'] },
    { profile: 'district-councils@1', parameter: 'deletion_by', obligations: ['BR-59'] },
  ];

  it('[BR-57] [BR-59] [BR-61] is told with the rules it rests on, in the history and with the item', async () => {
    const { itemId } = await councils.keep({ ...m1(groupId), period: 'P1D' });
    const incidentId = randomUUID();
    const hold = { scope: { incidentId }, reason: 'Inquiry', authority: 'Letter', reviewAt: '2026-08-20T09:00:00Z' };
    await councils.app.post('/v1/holds', hold);
    const held = await councils.keep({ ...m1(groupId), incidentId, period: 'P1D' });
    await councils.app.settle();
    expect(await read(itemId)).toMatchObject({ state: 'deletion_due', rules: taken });
    const told = async (name: string, of: unknown) => {
      const { body } = await councils.app.get(`/v1/history?type=${name}&limit=500`);
      return body.items!.find(({ data }) => (data as { itemId: unknown }).itemId === of);
    };
    expect(await told('RetentionExpired', itemId)).toMatchObject({ rules: taken });
    expect(await told('DeletionTaskOpened', itemId)).toMatchObject({ rules: taken });
    expect(await told('DeletionBlockedByHold', held['itemId'])).toMatchObject({
      rules: [{ profile: 'district-councils@1', parameter: 'hold_on_inquiry', obligations: ['BR-61'] }],
    });
  });
});

describe('reading', () => {
  it('lists by state, owner, group and due time, in order of the end, every row once', async () => {
    const ownerId = randomUUID();
    const { groupId: _, ...alone } = m1(groupId);
    for (const period of ['P3Y', 'P1Y', 'P2Y']) await councils.keep({ ...alone, ownerId, period });
    const ends = async (query: string) => {
      const { body } = await councils.app.get(`/v1/retention-items?ownerId=${ownerId}&${query}`);
      return { next: body['next'], ends: body.items!.map(({ period }) => period) };
    };
    expect(await ends('state=scheduled')).toEqual({ next: null, ends: ['P1Y', 'P2Y', 'P3Y'] });
    expect(await ends('state=attested')).toEqual({ next: null, ends: [] });
    expect(await ends('dueBefore=2026-02-28T14:05:00Z')).toEqual({ next: null, ends: ['P1Y', 'P2Y'] });
    expect(await ends(`groupId=${groupId}`)).toEqual({ next: null, ends: [] });
    const { next, ends: first } = await ends('limit=2');
    expect(first).toEqual(['P1Y', 'P2Y']);
    expect(await ends(`limit=2&cursor=${next as string}`)).toEqual({ next: null, ends: ['P3Y'] });
  });

  it('knows nothing of another organisation’s item', async () => {
    const { itemId } = await councils.keep(m1(groupId));
    const { key } = await councils.app.anotherOrganisation();
    const foreign = await councils.app.get(`/v1/retention-items/${itemId as string}`, { key });
    const unknown = await councils.app.get(`/v1/retention-items/${randomUUID()}`);
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect((await councils.app.get('/v1/retention-items', { key })).body.items).toEqual([]);
  });

  it.each([
    'cursor=nonsense',
    `cursor=${Buffer.from('["soon","a"]').toString('base64url')}`,
    'dueBefore=2024-02-30T00:00:00Z',
  ])('refuses %s as bad input', async (query) => {
    expect((await councils.app.get(`/v1/retention-items?${query}`)).status).toBe(400);
  });
});
