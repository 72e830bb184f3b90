import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp({ at: '2026-01-12T09:00:00.000Z' });
});
afterAll(() => app.close());

const birth = (crmId: string, dateOfBirth: string, occurredAt = '2026-01-12T09:00:00Z') =>
  app.post('/v1/people', {
    links: [{ kind: 'crmId', value: crmId }],
    name: `Canary ${crmId}`,
    dateOfBirth,
    source: 'crm',
    occurredAt,
  });
const person = async (crmId: string) => {
  const { personId } = (await birth(crmId, '1980-02-11', '2026-01-01T09:00:00Z')).body;
  await app.settle();
  return personId as string;
};
const request = async (body: object) => {
  const reply = await app.post('/v1/rights-requests', { identity: 'confirmed', ...body });
  return { ...reply, path: `/v1/rights-requests/${String(reply.body['requestId'])}` };
};
const read = async (path: string) => {
  await app.settle();
  return (await app.get(path)).body as Record<string, unknown> & { corrections: Record<string, unknown>[] };
};
const answer = (path: string, body: object) => app.post(`${path}/answer`, { answer: 'As canary was told', ...body });

describe('a request to put data right', () => {
  it('is answered by the change of the data that is on record, and by none before it', async () => {
    const personId = await person('ann');
    const { path } = await request({ kind: 'rectification', personId, wrong: ['date_of_birth'], wish: 'Canary 1981' });
    expect((await read(path)).corrections).toEqual([]);
    expect((await answer(path, { outcome: 'complied' })).body).toMatchObject({ status: 409, code: 'NotCorrected' });
    const { events } = (await birth('ann', '1981-02-11')).body as unknown as {
      events: { eventId: string; name: string }[];
    };
    const { eventId } = events.find(({ name }) => name === 'DateOfBirthCorrected')!;
    const { corrections } = await read(path);
    expect(corrections).toMatchObject([{ correctionId: eventId, classes: ['date_of_birth'], isStated: false }]);
    expect((await answer(path, { outcome: 'complied', corrections: [eventId.toUpperCase()] })).status).toBe(201);
    expect(await read(path)).toMatchObject({
      state: 'answered',
      wrong: ['date_of_birth'],
      corrections: [{ isNamed: true }],
      wish: { value: 'Canary 1981' },
    });
    expect(await app.asOwner("select from retention.events t where t::text ilike '%canary%'")).toEqual([]);
  });

  it('does not count what was changed of other data, or of other people', async () => {
    const [personId, other] = [await person('bea'), await person('bob')];
    const { path } = await request({ kind: 'rectification', personId, wrong: ['name'] });
    const { path: category } = await request({ kind: 'rectification', personId, wrong: ['category'] });
    const { path: born } = await request({ kind: 'rectification', personId, wrong: ['date_of_birth'] });
    const { body } = await birth('bob', '1990-01-01');
    expect((await read(born)).corrections).toEqual([]);
    await birth('bea', '1990-01-01');
    expect((await read(born)).corrections).toHaveLength(1);
    expect(body['personId']).toBe(other);
    expect((await read(path)).corrections).toEqual([]);
    expect((await read(category)).corrections).toEqual([]);
    const statuses = [{ category: 'member', status: 'active', from: '2026-01-01T09:00:00Z' }];
    await app.post('/v1/people', { links: [{ kind: 'crmId', value: 'bea' }], statuses, source: 'crm' });
    expect((await read(category)).corrections).toMatchObject([{ classes: ['category'] }]);
    expect((await read(path)).corrections).toEqual([]);
  });

  it('is answered by a corrected name or address too, each for what it is', async () => {
    const links = [{ kind: 'crmId', value: 'cyd' }];
    const say = (values: object) => app.post('/v1/people', { links, source: 'crm', ...values });
    const personId = (await say({ name: 'Canary Cid', email: 'cid@canary.example' })).body['personId'];
    await app.settle();
    const { path } = await request({ kind: 'rectification', personId, wrong: ['name'] });
    const { path: contact } = await request({ kind: 'rectification', personId, wrong: ['contact'] });
    await say({ email: 'cyd@canary.example' });
    expect((await read(path)).corrections).toEqual([]);
    expect((await read(contact)).corrections).toMatchObject([{ classes: ['contact'], isStated: false }]);
    await say({ name: 'Canary Cyd' });
    expect((await read(path)).corrections).toMatchObject([{ classes: ['name'], isStated: false }]);
  });

  it('takes somebody’s word for what no event shows, as such, and has whom others were told', async () => {
    const { path } = await request({
      kind: 'rectification',
      personId: await person('cleo'),
      wrong: ['name', 'contact'],
    });
    const telling = { recipients: 'provider', count: 2 };
    expect((await app.post(`${path}/recipients-told`, telling)).body).toMatchObject({ code: 'NothingToTell' });
    const stated = await app.post(`${path}/corrections`, { classes: ['name'], what: 'Canary Cleo, in the CRM' });
    expect(stated.status).toBe(201);
    const corrections = [stated.body['correctionId']];
    expect((await answer(path, { outcome: 'complied', corrections })).body).toMatchObject({ code: 'NotCorrected' });
    const part = { outcome: 'in_part', corrections };
    expect((await answer(path, part)).body).toMatchObject({ code: 'ReasonMissing' });
    expect((await answer(path, { ...part, because: 'accurate' })).status).toBe(201);
    expect((await app.post(`${path}/recipients-told`, telling)).status).toBe(201);
    expect(await read(path)).toMatchObject({
      outcome: 'in_part',
      because: 'accurate',
      corrections: [{ classes: ['name'], isStated: true, isNamed: true }],
      told: [{ ...telling, toldAt: '2026-01-12T09:00:00.000Z' }],
    });
    expect(await app.asOwner("select from retention.events t where t::text ilike '%canary%'")).toEqual([]);
  });

  it('shows the person what became of it when they ask what is held', async () => {
    const personId = await person('dora');
    const { path } = await request({ kind: 'rectification', personId, wrong: ['other'] });
    await app.post(`${path}/corrections`, { classes: ['other'], what: 'Her photograph' });
    await app.post(`${path}/recipients-told`, { recipients: 'members', count: 1 });
    const { path: access } = await request({ kind: 'access', personId });
    await app.post(`${access}/package`);
    for (let tries = 0; (await read(`${access}/package`))['state'] !== 'compiled'; tries++)
      if (tries === 100) throw new Error('Not compiled');
    const { body } = await app.get(`${access}/package/document?format=json`);
    expect(JSON.stringify(body)).toContain('Her photograph');
    expect(JSON.stringify(body)).toContain('Who else was told that your data was corrected');
  });
});

describe('bad input', () => {
  it.each([
    ['no class', { kind: 'rectification', wrong: [] }, 'body/wrong'],
    ['a class there is not', { kind: 'rectification', wrong: ['shoe_size'] }, 'body/wrong/0'],
    ['a class twice', { kind: 'rectification', wrong: ['name', 'name'] }, 'body/wrong'],
    ['something else objected to', { kind: 'objection', against: ['profiling'] }, 'body/against/0'],
    ['a purpose in words', { kind: 'objection', against: ['purpose'], purpose: 'Dear Ann, …' }, 'body/purpose'],
  ])('is refused: %s', async (_, body, field) => {
    const { status, body: problem } = await request(body);
    expect(status).toBe(400);
    expect(problem['errors']).toMatchObject([{ field }]);
  });

  it.each([
    ['a rectification of nothing', { kind: 'rectification' }, 'NothingNamed'],
    ['an objection to nothing', { kind: 'objection' }, 'NothingNamed'],
    ['an access request that objects', { kind: 'access', against: ['messages'] }, 'NotOfThisKind'],
    ['an objection to a purpose without one', { kind: 'objection', against: ['purpose'] }, 'PurposeMissing'],
  ])('is refused: %s', async (_, body, code) => {
    expect((await request(body)).body).toMatchObject({ status: 409, code });
  });

  it('is refused in what an answer rests on', async () => {
    const { path } = await request({ kind: 'rectification', wrong: ['name'] });
    const unknown = '0192f0c1-0000-7000-8000-000000000099';
    expect((await answer(path, { outcome: 'complied', corrections: [unknown] })).body).toMatchObject({
      code: 'CorrectionUnknown',
    });
    expect((await answer(path, { outcome: 'complied', corrections: ['x'] })).status).toBe(400);
    expect((await answer(path, { outcome: 'refused', because: 'no' })).status).toBe(400);
    const early = { classes: ['name'], what: 'It', occurredAt: '2026-01-11T09:00:00Z' };
    expect((await app.post(`${path}/corrections`, early)).body).toMatchObject({ code: 'CorrectedBefore' });
    const later = { classes: ['name'], what: 'It', occurredAt: '2030-01-11T09:00:00Z' };
    expect((await app.post(`${path}/corrections`, later)).status).toBe(400);
    expect((await app.post(`${path}/corrections`, { classes: ['contact'], what: 'It' })).body).toMatchObject({
      code: 'NotWhatWasWrong',
    });
    expect((await app.post(`${path}/recipients-told`, { recipients: 'members', count: 0 })).status).toBe(400);
    expect((await app.post(`${path}/withdraw-objection`, {})).body).toMatchObject({ code: 'NotAnObjection' });
  });

  it('of another organisation’s request is unknown', async () => {
    const { path } = await request({ kind: 'rectification', wrong: ['name'] });
    const { key } = await app.anotherOrganisation();
    const stating = { classes: ['name'], what: 'It' };
    expect((await app.post(`${path}/corrections`, stating, { key })).status).toBe(404);
    expect((await app.post(`${path}/withdraw-objection`, {}, { key })).status).toBe(404);
  });
});
