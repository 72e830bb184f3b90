import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openParty, type Party } from '../participation/party.fixture.js';

let party: Party;
let groupId: string; // a society, where nothing but paid membership is asked for
const now = '2026-10-12T09:00:00.000Z'; // 10:00 in London
const csv = { headers: { 'content-type': 'text/csv' } };
const alias = (value: string) => ({ kind: 'alias', value });

beforeAll(async () => {
  party = await openParty('2026-10-05T09:00:00.000Z');
  await party.done('/v1/profiles/students-union/activate');
  await party.app.settle();
  groupId = await party.group({ groupType: 'society' });
  await party.app.moveClock(now);
});
afterAll(() => party.app.close());

const student = (name: string, given: object = {}) =>
  party.person({
    links: [alias(name)],
    statuses: [{ category: 'society_member', status: 'active', from: '2026-09-01T00:00:00Z' }],
    source: 'shop',
    ...given,
  });
const society = () => party.group({ groupType: 'society' });
const send = (inGroup: string, body: object, status = 201) => party.done(`/v1/groups/${inGroup}/rosters`, body, status);
const show = async (inGroup: string, participants: readonly object[], takenAt?: string) => {
  const told = await send(inGroup, { takenAt: takenAt ?? (await party.read('/v1/clock'))['now'], participants });
  await party.app.settle();
  return told;
};
const members = async (inGroup: string) =>
  (await party.read(`/v1/groups/${inGroup}/members?limit=500`)).items!.map((row) => row['personId']);

describe('a roster of a society', () => {
  it('[HSU-07] takes in the paid members it shows, and asks who the two strangers are', async () => {
    const people = await Promise.all(Array.from({ length: 62 }, (_, n) => student(`Student ${n}`)));
    const aliases = [...people.map((_, n) => alias(`  STUDENT ${n} `)), alias('Stranger A'), alias('Stranger B')];
    const told = await show(groupId, aliases);
    expect(told).toMatchObject({ seen: 62, unknown: 2, missing: 0, removed: 0, notEntitled: 0, contradicted: 0 });
    const inside = await members(groupId);
    expect([inside.length, new Set(inside)]).toEqual([62, new Set(people)]);
    const { items } = await party.read(`/v1/groups/${groupId}/discrepancies`);
    expect(items!.map((row) => [row['value'], row['dueAt'], row['state']])).toEqual(
      expect.arrayContaining([
        [{ state: 'value', value: 'stranger a' }, '2026-10-14T09:00:00.000Z', 'open'],
        [{ state: 'value', value: 'stranger b' }, '2026-10-14T09:00:00.000Z', 'open'],
      ]),
    );
    expect(await party.read(`/v1/groups/${groupId}/rosters/latest`)).toMatchObject({ takenAt: now, unknown: 2 });
    // Looks are personal: in no event, and who was shown them is on record.
    const inEvents = (text: string) => party.app.asOwner(`select 1 from membership.events where body ilike $1`, [text]);
    expect(await inEvents('%stranger%')).toEqual([]);
    expect(await inEvents('%"fields":["value"]%')).toHaveLength(2);
  });

  it('[HSU-07] a stranger who is named is recognised from then on; one who is gone is no stranger', async () => {
    const [a] = (await party.read(`/v1/groups/${groupId}/discrepancies`)).items!.filter((row) =>
      JSON.stringify(row['value']).includes('stranger a'),
    );
    const payer = await student('Somebody else');
    const path = `/v1/groups/${groupId}/discrepancies/${a!['entryId'] as string}/identify`;
    await party.done(path, { personId: randomUUID() }, 404);
    await party.done(path, { personId: payer });
    await party.done(path, { personId: payer }, 200);
    expect(await members(groupId)).toContain(payer);
    const everybody = Array.from({ length: 62 }, (_, n) => alias(`Student ${n}`));
    expect(await show(groupId, [...everybody, alias('Stranger A')])).toMatchObject({ seen: 63, unknown: 0 });
    expect((await party.read(`/v1/groups/${groupId}/discrepancies?state=open`)).items).toEqual([]);
    const { items } = await party.read(`/v1/groups/${groupId}/discrepancies`);
    expect(items!.map((row) => [row['outcome'], row['personId'], row['value']])).toEqual(
      expect.arrayContaining([
        ['identified', payer, { state: 'erased' }],
        ['gone', null, { state: 'erased' }],
      ]),
    );
    // And is one again when the same look shows up again.
    expect(await show(groupId, [...everybody, alias('stranger b'), alias('Stranger A')])).toMatchObject({ unknown: 1 });
    const [again] = (await party.read(`/v1/groups/${groupId}/discrepancies?state=open`)).items!;
    expect(again).toMatchObject({ value: { value: 'stranger b' } });
  });

  it('[HSU-07] is overdue when nobody has named a stranger in time', async () => {
    await party.app.moveClock('2026-10-14T09:00:00.000Z');
    const { items } = await party.read(`/v1/groups/${groupId}/discrepancies?state=overdue`);
    expect(items).toEqual([expect.objectContaining({ overdueAt: '2026-10-14T09:00:00.000Z' })]);
  });

  it('[HSU-07] somebody it shows whom nothing entitles has to go; payment ends that', async () => {
    const inGroup = await society();
    const personId = await student('Late payer', { statuses: [], links: [{ kind: 'studentRef', value: 'S-4711' }] });
    expect(await show(inGroup, [{ kind: 'studentRef', value: 'S-4711' }])).toMatchObject({ notEntitled: 1 });
    const order = expect.objectContaining({
      trigger: 'not_entitled',
      dueAt: '2026-10-16T09:00:00.000Z',
      state: 'open',
    });
    expect(await party.orders(personId)).toEqual([order]);
    await party.report('StatusReported', {
      subject: { kind: 'studentRef', value: 'S-4711' },
      category: 'society_member',
      status: 'active',
      from: '2026-10-14T09:00:00Z',
    });
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'cancelled', outcome: 'eligibility_restored' }),
    ]);
  });

  it('[HSU-07] shows a leaver of before: an order follows, and the next roster proves it done', async () => {
    const inGroup = await society();
    const link = { kind: 'studentRef', value: 'S-0001' };
    const personId = await student('Leaver', { links: [link] });
    await party.report('LeaverReported', {
      subject: link,
      category: 'society_member',
      leavesAt: '2026-10-13T09:00:00Z',
    });
    await show(inGroup, [link]);
    expect(await party.orders(personId)).toEqual([expect.objectContaining({ state: 'open' })]);
    await party.app.moveClock('2026-10-15T09:00:00.000Z');
    expect(await show(inGroup, [])).toMatchObject({ missing: 1, removed: 1 });
    expect(await party.orders(personId)).toEqual([
      expect.objectContaining({ state: 'done', outcome: 'roster_absent', lateBySeconds: 0 }),
    ]);
    expect(await members(inGroup)).toEqual([]);
  });

  it('[HSU-07] does not take somebody for gone who may be one of its strangers', async () => {
    const inGroup = await society();
    const personId = await student('Known by number', { links: [{ kind: 'studentRef', value: 'S-0002' }] });
    await show(inGroup, [{ personId }]);
    expect(await show(inGroup, [alias('Nobody knows')])).toMatchObject({ missing: 0, unproven: 1, unknown: 1 });
    expect(await members(inGroup)).toEqual([personId]);
    expect(await show(inGroup, [])).toMatchObject({ missing: 1, unproven: 0 });
    expect(await members(inGroup)).toEqual([]);
  });

  it('the same roster twice changes nothing, and an older one is refused', async () => {
    const inGroup = await society();
    const personId = await student('Twice');
    const roster = { snapshotId: randomUUID(), takenAt: now, participants: [{ personId }] };
    await send(inGroup, roster);
    expect(await send(inGroup, roster, 200)).toMatchObject({ events: [] });
    const older = { takenAt: '2026-10-11T09:00:00Z', participants: [] };
    expect(await send(inGroup, older, 409)).toMatchObject({ code: 'SnapshotIsOlder' });
    expect(await members(inGroup)).toEqual([personId]);
  });
});

describe('phone numbers', () => {
  const rules = [{ profile: 'students-union@1', parameter: 'phone_storage', obligations: ['HSU-04'] }];
  const canaries = [
    { kind: 'phone', value: '+44 7700 900123' },
    alias('+44 7700 900123'),
    alias('~Canary (+44) 7700-900-123'),
    alias('Canary 07700 900123'),
    alias('Canary ٠٧٧٠٠ ٩٠٠١٢٣'),
    { kind: 'whatsappId', value: '447700900123@c.us' },
  ];

  it.each(canaries)(
    '[HSU-04] $kind: the roster is refused whole, by index, and nothing of it is stored',
    async (phone) => {
      const participants = [alias('Canary neighbour'), phone];
      const before = await stored();
      const told = await send(groupId, { takenAt: now, participants }, 409);
      expect(told).toMatchObject({ code: 'PhonesAreNotKept', rules });
      expect(told['errors']).toEqual([{ field: 'body/participants/1', rule: 'must not be a phone number' }]);
      expect(JSON.stringify(told)).not.toMatch(/7700|Canary/);
      expect(await stored()).toEqual(before);
    },
  );

  it('[HSU-04] a CSV with a phone column is refused whole', async () => {
    const before = await stored();
    const text = 'kind,value,phone\nalias,Canary,07700900123\n';
    const { status, body } = await party.app.post(`/v1/groups/${groupId}/rosters?takenAt=${now}`, text, csv);
    expect([status, body.code, body['rules']]).toEqual([409, 'PhonesAreNotKept', rules]);
    expect(await stored()).toEqual(before);
  });

  it.each(['Room 101, 2026-10-12', 'Ann 201512345', 'Canary 0207', '+1 Ben', 'Dee 10 000 000 000'])(
    'takes no other figures for one: %s',
    async (name) => {
      expect((await show(await society(), [alias(name)]))['unknown']).toBe(1);
    },
  );

  /** How much of anything is on record. */
  const stored = () =>
    party.app
      .asOwner(`select (select count(*) from membership.events) as events, (select count(*) from membership.personal_data) as data,
      (select count(*) from membership.rosters) as rosters, (select count(*) from membership.roster_discrepancies) as entries`);
});

describe('a roster in CSV', () => {
  it('is read with byte order mark and CRLF', async () => {
    const inGroup = await society();
    const personId = await student('Ann, the first');
    const text = '\uFEFFkind,value\r\nalias,"Ann, the first"\r\nalias,Stranger\r\n';
    const takenAt = (await party.read('/v1/clock'))['now'] as string;
    const { status, body } = await party.app.post(`/v1/groups/${inGroup}/rosters?takenAt=${takenAt}`, text, csv);
    expect([status, body['seen'], body['unknown']]).toEqual([201, 1, 1]);
    expect(await members(inGroup)).toEqual([personId]);
  });

  it.each([
    ['another header', 'name,age\nAnn,7\n', 'body/header'],
    ['a kind we do not know', 'kind,value\nalias,Ann\nshoe,44\n', 'body/participants/1/kind'],
    ['too many fields', 'kind,value\nalias,Ann,Bob\n', 'body/line 2'],
    ['an empty value', 'kind,value\nalias,Ann\nalias,\n', 'body/participants/1/value'],
    ['no header', '', 'body/header'],
  ])('%s: says where, and takes nothing', async (_, text, field) => {
    const { status, body } = await party.app.post(`/v1/groups/${groupId}/rosters?takenAt=${now}`, text, csv);
    expect([status, (body['errors'] as { field: string }[] | undefined)?.[0]?.field]).toEqual([400, field]);
  });
});

describe('a roster that is not one', () => {
  const cases: [string, object, string][] = [
    ['one bad entry among good ones', { participants: [alias('Ann'), { kind: 'alias' }] }, 'body/participants/1'],
    ['an unknown kind', { participants: [alias('Ann'), { kind: 'shoe', value: '44' }] }, 'body/participants/1/kind'],
    ['an id nobody has', { participants: [{ personId: randomUUID() }] }, 'body/participants/0/personId'],
    ['a time to come', { participants: [], takenAt: '2027-01-01T00:00:00Z' }, 'body/takenAt'],
    ['white space for a name', { participants: [alias('   ')] }, 'body/participants/0/value'],
  ];
  it.each(cases)('%s: says where, and takes nothing', async (_, body, field) => {
    const told = await send(groupId, { takenAt: now, ...body }, 400);
    expect((told['errors'] as { field: string }[])[0]!.field).toBe(field);
  });

  it('another organisation’s group answers like one nobody has', async () => {
    const { key } = await party.app.anotherOrganisation();
    const path = `/v1/groups/${groupId}`;
    for (const read of ['rosters/latest', 'discrepancies'])
      expect((await party.app.get(`${path}/${read}`, { key })).status).toBe(404);
    expect((await party.app.post(`${path}/rosters`, { takenAt: now, participants: [] }, { key })).status).toBe(404);
  });
});
