import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { activity } from '#domain';
import type { RecordedEvent } from '#events';
import { openPeople, type PeopleApp } from '../people/people.fixture.js';

let app: PeopleApp;
beforeAll(async () => (app = await openPeople()));
afterAll(() => app.close());

let next = 0;
const hr = (value: string) => ({ kind: 'hrId', value });
const event = (type: string, data: object, more: object = {}) => ({
  specversion: '1.0',
  id: `event-${++next}`,
  source: '/hr/main',
  type: `rollcall.feeds.${type}.v1`,
  time: '2026-05-20T08:00:00Z',
  datacontenttype: 'application/json',
  data,
  ...more,
});
const leaver = (who: string, leavesAt: string, more: object = {}) =>
  event('LeaverReported', { subject: hr(who), category: 'staff', leavesAt }, more);
const status = (who: string, is: string, from: string, more: object = {}) =>
  event('StatusReported', { subject: hr(who), category: 'staff', status: is, from }, more);
const rescinded = (who: string, more: object = {}) =>
  event('LeaverRescinded', { subject: hr(who), category: 'staff' }, more);
const send = (body: unknown, options = {}) =>
  app.post('/v1/feeds', body, {
    key: 'hr',
    headers: { 'content-type': `application/cloudevents${Array.isArray(body) ? '-batch' : ''}+json` },
    ...options,
  });
const took = (accepted: number, { duplicates = 0, unchanged = 0, rejected = [] as object[] } = {}) => ({
  status: 200,
  body: { accepted, duplicates, unchanged, rejected },
});

const personIdOf = async (who: string) =>
  (await app.get(`/v1/people?link=hrId:${who}`)).body.items![0]!['personId'] as string;
/** What is recorded about a person: names, and the events. */
async function story(who: string): Promise<RecordedEvent[]> {
  const streamId = `person-${await personIdOf(who)}`;
  return app.kit.database.inTenant(app.organisationId, async (tx) =>
    (await app.kit.store.read(tx, [streamId])).get(streamId)!,
  );
}
const names = async (who: string) => (await story(who)).map(({ name }) => name);
const countOf = async (table: string) => (await app.rows(`select 1 from ${table}`)).length;

describe('statements about people', () => {
  it('[LD-37][BR-33] records a leaver of three weeks ago as left then, in a case of its own', async () => {
    await send(status('a1', 'active', '2020-01-01T00:00:00Z', { time: '2026-01-01T00:00:00Z' }));
    const report = leaver('a1', '2026-05-01T17:00:00+01:00');
    expect(await send(report)).toMatchObject(took(1));
    const detected = (await story('a1')).find(({ name }) => name === 'LeaverDetected')!;
    expect(detected.occurredAt).toBe('2026-05-01T16:00:00.000Z');
    expect(detected.data).toMatchObject({
      leftAt: '2026-05-01T16:00:00.000Z',
      trigger: 'role_ended',
      source: 'hr/main',
    });
    expect(detected.actor.kind).toBe('key');
    const cases = await app.rows<{ event_id: string }>('select event_id from inbox');
    expect(cases.map(({ event_id }) => event_id)).toContain(detected.correlationId);
  });

  it('[LD-37] knows somebody unknown by the report, so that a later roster can show them', async () => {
    expect(await send(leaver('a2', '2026-05-01T00:00:00Z'))).toMatchObject(took(1));
    expect(await names('a2')).toEqual(['PersonRegistered', 'PersonLinked', 'LeaverDetected']);
  });

  it('announces a leave to come, and declares it at its instant', async () => {
    expect(await send(leaver('a3', '2026-06-01T10:00:00Z'))).toMatchObject(took(1));
    expect(await names('a3')).toEqual(['PersonRegistered', 'PersonLinked', 'LeaverAnnounced']);
    expect((await app.get(`/v1/people/${await personIdOf('a3')}`)).body['announced']).toMatchObject([
      { category: 'staff', leavesAt: '2026-06-01T10:00:00.000Z' },
    ]);
    await app.moveClock('2026-06-01T12:00:00.000Z');
    const detected = (await story('a3')).at(-1)!;
    expect(detected).toMatchObject({ name: 'LeaverDetected', occurredAt: '2026-06-01T10:00:00.000Z' });
  });

  it('takes back a leave that was rescinded in time, for good', async () => {
    await send(leaver('a4', '2026-06-02T10:00:00Z'));
    await send(rescinded('a4', { time: '2026-05-21T08:00:00Z' }));
    await app.moveClock('2026-06-03T00:00:00.000Z');
    expect((await names('a4')).slice(2)).toEqual(['LeaverAnnounced', 'LeaverRescinded']);
  });

  it('restores whoever comes back', async () => {
    await send(leaver('a5', '2026-05-01T00:00:00Z'));
    await send(status('a5', 'active', '2026-05-25T00:00:00Z', { time: '2026-05-25T08:00:00Z' }));
    expect((await names('a5')).slice(2)).toEqual(['LeaverDetected', 'PersonStatusSynced', 'EligibilityRestored']);
    expect((await app.get(`/v1/people/${await personIdOf('a5')}`)).body['categories']).toEqual(['staff']);
  });

  it('lets the later statement count, whatever order they come in', async () => {
    expect(await send(rescinded('a6', { time: '2026-05-22T08:00:00Z' }))).toMatchObject(took(1));
    expect(await send(leaver('a6', '2026-05-01T00:00:00Z', { time: '2026-05-20T08:00:00Z' }))).toMatchObject(
      took(0, { unchanged: 1 }),
    );
    await send(status('a7', 'active', '2026-05-21T00:00:00Z', { time: '2026-05-21T08:00:00Z' }));
    const late = status('a7', 'ended', '2026-05-19T00:00:00Z', { time: '2026-05-20T08:00:00Z' });
    expect(await send(late)).toMatchObject(took(0, { unchanged: 1 }));
    expect(await names('a7')).not.toContain('LeaverDetected');
  });

  it('[LD-08] keeps the date of birth stated last, in the vault, and records that it changed', async () => {
    const born = (date: string, time: string) =>
      send(event('DateOfBirthReported', { subject: hr('a8'), dateOfBirth: date }, { time }));
    expect(await born('2000-01-01', '2026-05-20T08:00:00Z')).toMatchObject(took(1));
    expect(await born('2001-01-01', '2026-05-19T08:00:00Z')).toMatchObject(took(0, { unchanged: 1 }));
    expect(await born('2000-01-01', '2026-05-22T08:00:00Z')).toMatchObject(took(0, { unchanged: 1 }));
    expect(await born('2001-01-01', '2026-05-21T08:00:00Z')).toMatchObject(took(0, { unchanged: 1 }));
    expect((await names('a8')).filter((name) => name === 'DateOfBirthCorrected')).toHaveLength(1);
    const { personal } = (await app.get(`/v1/people/${await personIdOf('a8')}`)).body;
    expect(personal).toMatchObject({ dateOfBirth: { value: '2000-01-01' } });
  });

  it('[AMZ-113] takes in no date of birth of somebody erased, and the rest of the batch', async () => {
    await send(leaver('a9', '2026-05-01T00:00:00Z'));
    const id = await personIdOf('a9');
    await app.kit.database.inTenant(app.organisationId, (tx) => app.kit.vault.erase(tx, id));
    const born = event('DateOfBirthReported', { subject: hr('a9'), dateOfBirth: '2000-01-01' });
    const reply = await send([born, leaver('a10', '2026-05-01T00:00:00Z')]);
    expect(reply).toMatchObject({
      body: { accepted: 1, rejected: [{ index: 0, id: born.id, field: 'data/subject' }] },
    });
  });

  it('keeps organisations apart: the same id is somebody else', async () => {
    await send(leaver('a11', '2026-05-01T00:00:00Z'));
    await send(leaver('a11', '2026-05-01T00:00:00Z', { id: 'theirs' }), { key: 'other' });
    expect(await names('a11')).toHaveLength(3);
  });

  it('[HSU-04] takes in nobody by a phone number where none are kept', async () => {
    const byPhone = event('LeaverRescinded', { subject: { kind: 'phone', value: '07700 900123' }, category: 'staff' });
    const before = await countOf('events');
    expect(await send(byPhone)).toMatchObject({ body: { rejected: [{ index: 0, field: 'data/subject/kind' }] } });
    expect(await countOf('events')).toBe(before);
  });
});

describe('the ends of activities', () => {
  const activityId = '44444444-4444-4444-8444-444444444444';
  const ended = (id: string, endedAt: string) => event('ActivityEndReported', { activityId: id, endedAt });

  it('[LD-05] ends an activity when the source says it ended', async () => {
    const start = { activityId, kind: 'campaign' as const, startsAt: '2026-01-01T00:00:00.000Z' };
    await app.kit.database.inTenant(app.organisationId, (tx) =>
      app.kit.commands.execute(tx, activity, { actor: { kind: 'system', id: 'test' } }, [
        { id: activityId, command: { name: 'Start', data: start } },
      ]),
    );
    expect(await send(ended(activityId, '2026-05-07T22:00:00+01:00'))).toMatchObject(took(1));
    const rows = await app.rows<{ body: string }>("select body from events where type like '%ActivityEnded%'");
    expect(JSON.parse(rows[0]!.body)).toMatchObject({ occurredAt: '2026-05-07T21:00:00.000Z' });
    expect(await send(ended(activityId, '2026-05-08T22:00:00Z'))).toMatchObject(took(0, { unchanged: 1 }));
  });

  it('rejects an activity nobody started, and takes the same event once somebody has', async () => {
    const other = '55555555-5555-4555-8555-555555555555';
    const report = ended(other, '2026-05-07T21:00:00Z');
    expect(await send(report)).toMatchObject({ body: { rejected: [{ index: 0, field: 'data/activityId' }] } });
    await app.kit.database.inTenant(app.organisationId, (tx) =>
      app.kit.commands.execute(tx, activity, { actor: { kind: 'system', id: 'test' } }, [
        {
          id: other,
          command: { name: 'Start', data: { activityId: other, kind: 'role', startsAt: '2026-01-01T00:00:00.000Z' } },
        },
      ]),
    );
    expect(await send(report)).toMatchObject(took(1));
  });
});

describe('CloudEvents over HTTP', () => {
  it('counts each event once, however often it comes', async () => {
    const report = leaver('b1', '2026-05-01T00:00:00Z');
    expect(await send([report, report])).toMatchObject(took(1, { duplicates: 1 }));
    const events = await countOf('events');
    expect(await send(report)).toMatchObject(took(0, { duplicates: 1 }));
    expect(await countOf('events')).toBe(events);
  });

  it('counts it once when it comes several times at once', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => leaver(`b2-${n}`, '2026-05-01T00:00:00Z'));
    const replies = await Promise.all([batch, batch.toReversed(), batch].map((events) => send(events)));
    expect(replies.map(({ status: code }) => code)).toEqual([200, 200, 200]);
    expect(replies.reduce((sum, { body }) => sum + (body['accepted'] as number), 0)).toBe(20);
  });

  it('takes the binary mode', async () => {
    const { id, source, type, time, data } = leaver('b3', '2026-05-01T00:00:00Z');
    const headers = {
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': source,
      'ce-type': type,
      'ce-time': time,
    };
    const { 'ce-time': _, ...timeless } = headers;
    expect(await send(data, { headers: timeless })).toMatchObject({
      body: { rejected: [{ index: 0, field: 'time' }] },
    });
    expect(await send(data, { headers })).toMatchObject(took(1));
    expect(await send({ specversion: '1.0', id, source, type, time, data })).toMatchObject(took(0, { duplicates: 1 }));
    const odd = { ...headers, 'ce-id': 'other', 'ce-type': 'rollcall.feeds.Nothing.v1' };
    expect(await send(data, { headers: odd })).toMatchObject({ body: { rejected: [{ id: 'other', field: 'type' }] } });
  });

  it('takes plain application/json too', async () => {
    const headers = { 'content-type': 'application/json' };
    expect(await send([leaver('b4', '2026-05-01T00:00:00Z')], { headers })).toMatchObject(took(1));
    expect(await send(leaver('b5', '2026-05-01T00:00:00Z'), { headers })).toMatchObject(took(1));
  });

  it('takes 999 of a thousand when one is bad, and says which', async () => {
    const batch = Array.from({ length: 1_000 }, (_, n) => leaver(`b6-${n}`, '2026-05-01T00:00:00Z')) as object[];
    batch[500] = leaver('b6-500', 'yesterday', { id: 'the-bad-one' });
    const reply = await send(batch);
    expect(reply).toMatchObject({ body: { accepted: 999, duplicates: 0, unchanged: 0 } });
    expect(reply.body['rejected']).toEqual([
      { index: 500, id: 'the-bad-one', field: 'data/leavesAt', rule: expect.any(String) },
    ]);
  });

  it('says what is wrong with each event, field by field and never by value', async () => {
    const good = leaver('canary-b7', '2026-05-01T00:00:00Z');
    const { time: _, ...timeless } = good;
    const cases: [unknown, string][] = [
      [null, 'event'],
      ['text', 'event'],
      [{}, 'specversion'],
      [timeless, 'time'],
      [{ ...good, id: 7 }, 'id'],
      [{ ...good, specversion: '0.3' }, 'specversion'],
      [{ ...good, time: '20 May canary' }, 'time'],
      [{ ...good, time: '2026-06-30T00:00:00Z' }, 'time'],
      [{ ...good, type: 'rollcall.membership.LeaverDetected.v1' }, 'type'],
      [{ ...good, Type: 'x' }, 'event'],
      [{ ...good, data: undefined }, 'data'],
      [{ ...good, data: { ...good.data, reason: 'canary' } }, 'data/reason'],
      [{ ...good, data: { ...good.data, category: 'canary' } }, 'data/category'],
      [{ ...good, data: { ...good.data, leavesAt: '0026-05-01T00:00:00Z' } }, 'data/leavesAt'],
      [{ ...good, data: { ...good.data, leavesAt: '2026-02-30T00:00:00Z' } }, 'data/leavesAt'],
      [{ ...good, id: 'another', data: { ...good.data, subject: hr('  ') } }, 'data/subject/value'],
      [event('DateOfBirthReported', { subject: hr('canary'), dateOfBirth: '1066-10-14' }), 'data/dateOfBirth'],
    ];
    const reply = await send(cases.map(([item]) => item));
    expect(reply).toMatchObject({ status: 200, body: { accepted: 0, duplicates: 0, unchanged: 0 } });
    const rejected = reply.body['rejected'] as { index: number; field: string; rule: string }[];
    expect(rejected.map(({ index, field }) => [index, field])).toEqual(cases.map(([, field], index) => [index, field]));
    expect(JSON.stringify(rejected)).not.toContain('canary');
  });

  it('answers 400 to what is no event and no list, or a list too long', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of ['"text"', '7', '{']) expect((await send(body, { headers })).status).toBe(400);
    expect((await send(Array.from({ length: 1_001 }, () => ({})))).status).toBe(400);
    expect(await send([])).toMatchObject(took(0));
    expect((await send(leaver('b8', '2026-05-01T00:00:00Z'), { key: 'member' })).status).toBe(403);
  });

  it('lets nothing personal into an event, a read model or the log, also from a source’s name', async () => {
    await send(leaver('canary-4711', '2026-05-01T00:00:00Z', { source: 'mailto:canary@hr.example' }));
    const detected = (await story('canary-4711')).at(-1)!;
    expect(detected.data['source']).toMatch(/^feed-/);
    for (const table of ['events', 'identity_links', 'person_statuses', 'person_leaves', 'inbox'])
      expect(JSON.stringify(await app.rows(`select * from ${table}`))).not.toContain('canary');
    expect(app.lines.join('\n')).not.toContain('canary');
  });
});

describe('a CRM delta', () => {
  const change = (value: string, is: string, from: string) => ({
    link: { kind: 'crmId', value },
    category: 'member',
    status: is,
    from,
  });
  const delta = (changes: unknown[], asOf = '2026-05-20T08:00:00Z') =>
    app.post('/v1/feeds/crm-delta', { source: 'crm', asOf, changes });

  it('takes each change, tells bad ones by index, and changes nothing the second time', async () => {
    const changes = [
      change('d1', 'active', '2026-01-01T00:00:00Z'),
      change('d2', 'ended', '2026-05-01T00:00:00Z'),
      { ...change('d3', 'active', '2026-01-01T00:00:00Z'), link: { kind: 'name', value: 'canary' } },
      null,
    ];
    const rejected = [
      { index: 2, field: 'link/kind', rule: expect.any(String) },
      { index: 3, field: 'change', rule: expect.any(String) },
    ];
    const first = await delta(changes);
    expect(first.body).toMatchObject({ accepted: 2, duplicates: 0, unchanged: 0 });
    expect(first.body['rejected']).toEqual(rejected);
    expect((await delta(changes)).body).toMatchObject({ accepted: 0, unchanged: 2 });
  });

  it('changes nothing when it is older than what the source said last', async () => {
    await delta([change('d4', 'ended', '2026-05-18T00:00:00Z')], '2026-05-19T08:00:00Z');
    const older = await delta([change('d4', 'active', '2026-01-01T00:00:00Z')], '2026-05-17T08:00:00Z');
    expect(older.body).toMatchObject({ accepted: 0, unchanged: 1 });
  });

  it('refuses one of the future', async () => {
    expect((await delta([], '2026-07-01T00:00:00Z')).status).toBe(400);
  });
});

describe('statements over the bus', () => {
  const message = ({ id, source, type, time, data }: ReturnType<typeof event>, tenantId = app.organisationId) => ({
    topic: 'rollcall.feeds',
    key: 'any',
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: source,
      ce_type: type,
      ce_time: time,
      ce_tenantid: tenantId,
    },
    value: Buffer.from(JSON.stringify(data)),
  });

  it('are taken in like those over HTTP, and the same event by both doors counts once', async () => {
    const report = leaver('e1', '2026-05-01T00:00:00Z');
    await app.publish([message(report), message(report)]);
    expect(await names('e1')).toEqual(['PersonRegistered', 'PersonLinked', 'LeaverDetected']);
    expect(await send(report)).toMatchObject(took(0, { duplicates: 1 }));
  });

  it('are parked with their reason when they cannot be taken in, sealed', async () => {
    const bad = leaver('canary-e2', '2026-05-01T00:00:00Z', { time: '2026-12-01T00:00:00Z' });
    await app.publish([
      message(leaver('e3', '2026-05-01T00:00:00Z')),
      message(bad),
      message(leaver('e4', '2026-05-01T00:00:00Z')),
    ]);
    const parked = await app.rows<{ reason: string; value: Buffer }>("select * from parked where state = 'parked'");
    expect(parked).toHaveLength(1);
    expect(parked[0]!.value.toString('latin1')).not.toContain('canary');
    for (const who of ['e3', 'e4']) expect(await names(who)).toContain('LeaverDetected');
  });
});
