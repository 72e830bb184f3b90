import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { WrongExpectedVersion } from '#eventsourcing';
import { ageOf, findPeople, registerPeople } from './identity.js';
import { openPeople, type PeopleApp } from './people.fixture.js';

let app: PeopleApp;
beforeAll(async () => (app = await openPeople()));
afterAll(() => app.close());

const crm = (value: string) => ({ kind: 'crmId', value });
const register = (links: object[], more: object = {}, options = {}) =>
  app.post('/v1/people', { links, source: 'crm', ...more }, options);
const idOf = async (...args: Parameters<typeof register>) => (await register(...args)).body['personId'] as string;

describe('registering a person', () => {
  it('answers with the id, the version as ETag and what was recorded', async () => {
    const reply = await register([crm('c1')], {
      statuses: [{ category: 'member', status: 'active', from: '2026-01-01T00:00:00Z' }],
    });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('etag')).toBe('"3"');
    const names = (reply.body['events'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(['PersonRegistered', 'PersonLinked', 'PersonStatusSynced']);
  });

  it('takes the id the client gives', async () => {
    const personId = v7();
    expect(await idOf([crm('c2')], { personId })).toBe(personId);
  });

  it('finds the same person by any identifier and adds the others', async () => {
    const first = await idOf([crm('c3')]);
    expect(await idOf([crm('c3'), { kind: 'hrId', value: 'h3' }], { personId: v7() })).toBe(first);
    expect(await idOf([{ kind: 'hrId', value: ' h3 ' }])).toBe(first);
  });

  it('compares aliases without regard to case, width and outer space', async () => {
    const first = await idOf([{ kind: 'alias', value: 'Jo Straße' }]);
    expect(await idOf([{ kind: 'alias', value: '  ＪＯ strasse' }])).toBe(first);
  });

  it('refuses identifiers of two people, and records nothing', async () => {
    await idOf([crm('c4')]);
    await idOf([crm('c5')]);
    const reply = await register([crm('c4'), crm('c5'), crm('c6')]);
    expect(reply).toMatchObject({ status: 409, body: { code: 'LinksDisagree' } });
    expect((await app.get('/v1/people?link=crmId:c6')).body.items).toEqual([]);
  });

  it('makes one person of two registrations of one identifier at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => register([crm('race'), { kind: 'hrId', value: 'race' }])),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 201));
    expect(new Set(replies.map(({ body }) => body['personId'])).size).toBe(1);
  });

  it('refuses times of the future and dates nobody living was born on, naming the field', async () => {
    for (const [more, field] of [
      [{ occurredAt: '2026-06-01T09:00:00.001Z' }, 'body/occurredAt'],
      [{ dateOfBirth: '2026-06-02' }, 'body/dateOfBirth'],
      [{ dateOfBirth: '1850-01-01' }, 'body/dateOfBirth'],
      [{ dateOfBirth: '2001-02-29' }, 'body/dateOfBirth'],
      [{ statuses: [{ category: 'member', status: 'active', from: '0001-01-01T00:00:00Z' }] }, 'body/statuses/0/from'],
    ] as const) {
      const reply = await register([crm('c7')], more);
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
  });
});

describe('a corrected name or address', () => {
  const corrections = (personId: string) =>
    app.rows<{ event: string }>(
      `select body as event from events where stream_id = 'person-${personId}' and type like '%PersonalDataCorrected%' order by version`,
    );

  it('is on record as who changed what kind of value and when, and never as the value', async () => {
    const personId = await idOf([crm('p1')], { name: 'Canary Ada', email: 'ada@canary.example' });
    expect(await corrections(personId)).toEqual([]);
    const changed = { name: 'Canary Ida', email: 'ada@canary.example', occurredAt: '2026-05-31T09:00:00Z' };
    const { body } = await register([crm('p1')], { ...changed, source: 'hr' });
    expect((body['events'] as { name: string }[]).map(({ name }) => name)).toEqual(['PersonalDataCorrected']);
    const [first, ...others] = await corrections(personId);
    expect(others).toEqual([]);
    expect(JSON.parse(first!.event)).toMatchObject({
      occurredAt: '2026-05-31T09:00:00.000Z',
      actor: { kind: 'key' },
      data: { personId, fields: ['name'], source: 'hr', reportedAt: '2026-05-31T09:00:00.000Z' },
    });
    expect(first!.event).not.toMatch(/canary/i);
  });

  it('is none where the value is as before, or the first of its kind', async () => {
    const personId = await idOf([crm('p2')], { name: 'Canary Bo' });
    await register([crm('p2')], { name: 'Canary Bo', email: 'bo@canary.example' });
    expect(await corrections(personId)).toEqual([]);
    await register([crm('p2')], { name: 'Canary Beau', email: 'beau@canary.example' });
    expect(JSON.parse((await corrections(personId))[0]!.event).data.fields).toEqual(['name', 'email']);
  });
});

describe('phone numbers', () => {
  afterAll(() => app.activate('parent-carer-charity'));

  it('[HSU-04] keeps none where the policy says so, not even a fingerprint', async () => {
    await app.activate('students-union');
    const before = await app.rows('select 1 from events');
    for (const body of [{ phone: '07700 900123' }, { links: [crm('c8'), { kind: 'phone', value: '07700 900123' }] }]) {
      const reply = await register([crm('c8')], body);
      expect(reply).toMatchObject({ status: 409, body: { code: 'PhonesAreNotKept' } });
      expect(JSON.stringify(reply.body)).toContain('HSU-04');
    }
    expect(await app.rows('select 1 from events')).toHaveLength(before.length);
  });

  it('[BR-64] keeps them where there is a directory of contacts, and knows a number however it is written', async () => {
    await app.activate('district-councils');
    const id = await idOf([crm('c9')], { phone: '07700 900124' });
    const found = await app.get(`/v1/people?link=${encodeURIComponent('phone:+44 7700 900124')}`);
    expect(found.body.items).toMatchObject([{ personId: id }]);
    expect((await app.get(`/v1/people/${id}`)).body['personal']).toMatchObject({ phone: { value: '+447700900124' } });
  });

  it('takes a shared number for nobody’s identifier: the first keeps it', async () => {
    const first = await idOf([crm('c10')], { phone: '07700 900125' });
    const second = await idOf([crm('c11')], { phone: '07700 900125' });
    expect(second).not.toBe(first);
    expect((await app.get('/v1/people?link=phone:07700900125')).body.items).toMatchObject([{ personId: first }]);
  });

  it('refuses what is no number', async () => {
    expect((await register([crm('c12')], { phone: 'ask Jo' })).status).toBe(400);
    expect((await register([{ kind: 'phone', value: 'ask Jo on 07700 900123' }])).status).toBe(400);
  });
});

describe('showing a person', () => {
  it('tells values that were never recorded from those that were erased', async () => {
    const id = await idOf([crm('d1')], { name: 'Jo Canary', dateOfBirth: '2000-02-29' });
    const shown = await app.get(`/v1/people/${id}`);
    expect(shown.body['personal']).toEqual({
      name: { state: 'value', value: 'Jo Canary' },
      dateOfBirth: { state: 'value', value: '2000-02-29' },
      phone: { state: 'absent' },
      email: { state: 'absent' },
    });
    await app.kit.database.inTenant(app.organisationId, (tx) => app.kit.vault.erase(tx, id));
    expect((await app.get(`/v1/people/${id}`)).body['personal']).toMatchObject({ name: { state: 'erased' } });
    expect(await register([crm('d1')], { name: 'Jo Canary' })).toMatchObject({ status: 409 });
  });

  it('records who was shown which fields, and nothing where nothing was shown', async () => {
    const [named, bare] = [await idOf([crm('d2')], { email: 'jo@canary.example' }), await idOf([crm('d3')])];
    await app.get(`/v1/people/${named}`);
    await app.get(`/v1/people/${bare}`);
    const reads = await app.rows<{ body: string }>("select body from events where type like '%PersonalDataRead%'");
    const about = reads.map(({ body }) => (JSON.parse(body) as { data: object }).data);
    expect(about).toContainEqual(expect.objectContaining({ subjectId: named, fields: ['email'] }));
    expect(about).not.toContainEqual(expect.objectContaining({ subjectId: bare }));
  });

  it('shows categories, statuses by source, leaves and links without their values', async () => {
    const id = await idOf([crm('d4')], {
      statuses: [
        { category: 'member', status: 'active', from: '2026-01-01T00:00:00Z' },
        { category: 'staff', status: 'ended', from: '2026-05-01T00:00:00Z' },
      ],
    });
    expect((await app.get(`/v1/people/${id}`)).body).toMatchObject({
      links: [{ kind: 'crmId', source: 'crm', confidence: 'stated' }],
      categories: ['member'],
      statuses: [{ category: 'member' }, { category: 'staff', status: 'ended', from: '2026-05-01T00:00:00.000Z' }],
      left: [{ category: 'staff', leftAt: '2026-05-01T00:00:00.000Z' }],
      announced: [],
    });
  });

  it('does not know another organisation’s people, nor ids that are none', async () => {
    const id = await idOf([crm('d5')]);
    for (const path of [`/v1/people/${id}`, `/v1/people/${v7()}`, '/v1/people/nobody'])
      expect((await app.get(path, { key: 'other' })).status).toBe(404);
    expect((await app.get('/v1/people?link=crmId:d5', { key: 'other' })).body.items).toEqual([]);
    expect(await idOf([crm('d5')], {}, { key: 'other' })).not.toBe(id);
  });

  it('is not for members’ keys', async () => {
    expect((await app.get('/v1/people?link=crmId:d5', { key: 'member' })).status).toBe(403);
  });
});

describe('linking a person', () => {
  it('adds an identifier once, and refuses one that is somebody else’s', async () => {
    const [one, two] = [await idOf([crm('e1')]), await idOf([crm('e2')])];
    const link = { kind: 'studentRef', value: 's1', source: 'registry' };
    expect(await app.post(`/v1/people/${one}/links`, link)).toMatchObject({ status: 201, body: { version: 3 } });
    expect(await app.post(`/v1/people/${one}/links`, link)).toMatchObject({
      status: 201,
      body: { version: 3, events: [] },
    });
    expect(await app.post(`/v1/people/${two}/links`, link)).toMatchObject({
      status: 409,
      body: { code: 'LinksDisagree' },
    });
  });

  it('answers 404 for nobody, 412 for a version that is past', async () => {
    const link = { kind: 'hrId', value: 'h9', source: 'hr' };
    expect((await app.post(`/v1/people/${v7()}/links`, link)).status).toBe(404);
    const id = await idOf([crm('e3')]);
    expect((await app.post(`/v1/people/${id}/links`, link, { headers: { 'if-match': '"1"' } })).status).toBe(412);
  });
});

describe('what other slices ask', () => {
  const within = <T>(work: Parameters<typeof app.kit.database.inTenant<T>>[1]) =>
    app.kit.database.inTenant(app.organisationId, work);

  it('finds people in the order asked', async () => {
    const id = await idOf([crm('f1')]);
    const links = [crm('nobody'), crm('f1'), { kind: 'phone', value: 'none' }] as Parameters<typeof findPeople>[2];
    expect(await within((tx) => findPeople(app.kit, tx, links))).toEqual([undefined, id, undefined]);
  });

  it('[LD-08] does not know an age without a date of birth', async () => {
    const [born, unborn] = [await idOf([crm('f2')], { dateOfBirth: '2008-06-02' }), await idOf([crm('f3')])];
    const ages = await within((tx) => ageOf(app.kit, tx, [born, unborn], '2026-06-01T09:00:00.000Z'));
    expect(ages).toEqual(
      new Map([
        [born, { known: true, years: 17 }],
        [unborn, { known: false }],
      ]),
    );
  });

  it('tries again when somebody else registers the same identifier at this moment', async () => {
    const mention = {
      links: [{ kind: 'crmId' as const, value: 'f5' }],
      source: 'crm',
      occurredAt: '2026-06-01T09:00:00.000Z',
    };
    const cause = { actor: { kind: 'system' as const, id: 'test' } };
    const gate = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const first = within(async (tx) => {
      const [one] = await registerPeople(app.kit, tx, cause, [mention]);
      held.resolve();
      await gate.promise;
      return one;
    });
    await held.promise;
    const second = within((tx) => registerPeople(app.kit, tx, cause, [mention])).catch((error: unknown) => error);
    while ((await app.rows('select 1 from pg_locks where not granted')).length === 0);
    gate.resolve();
    expect(await first).toMatchObject({ isNew: true });
    expect(await second).toBeInstanceOf(WrongExpectedVersion);
  });

  it('registers one person for two mentions in one call', async () => {
    const mention = {
      links: [{ kind: 'crmId' as const, value: 'f4' }],
      source: 'crm',
      occurredAt: '2026-06-01T09:00:00.000Z',
    };
    const cause = { actor: { kind: 'system' as const, id: 'test' } };
    const [one, two] = await within((tx) => registerPeople(app.kit, tx, cause, [mention, mention]));
    expect(one).toMatchObject({ isNew: true });
    expect(two).toEqual({ ...one, isNew: false });
  });
});
