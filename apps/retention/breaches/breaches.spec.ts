import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { m1, openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
let people: { admin: string; ann: string; bob: string };
const post = (path: string, body: object, key?: string) => councils.app.post(path, body, key ? { key } : {});
const read = async (breachId: unknown) => (await councils.app.get(`/v1/breaches/${breachId as string}`)).body;
const missing = async (breachId: unknown) =>
  ((await read(breachId))['missing'] as { code: string }[]).map(({ code }) => code);
const report = (more: object = {}) =>
  post('/v1/breaches', {
    category: 'sensitive_message',
    groupIds: [groupId],
    description: 'Canary Ann posted a list of canary residents',
    ...more,
  });
const step = (breachId: unknown, name: string, more: object = {}) =>
  post(`/v1/breaches/${breachId as string}/steps`, { step: name, attestedBy: people.ann, ...more });
const done = async (path: string, body: object) => {
  const reply = await post(path, body);
  if (reply.status >= 300) throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};

async function staff(hrId: string, statuses: object[] = [{ category: 'staff', status: 'active' }]): Promise<string> {
  const links = [{ kind: 'hrId', value: hrId }];
  const since = statuses.map((status) => ({ from: '2020-01-01T00:00:00Z', ...status }));
  return (await done('/v1/people', { links, statuses: since, source: 'hr' }))['personId'] as string;
}

beforeAll(async () => {
  councils = await openCouncils();
  people = { admin: await staff('admin'), ann: await staff('ann'), bob: await staff('bob') };
  await councils.app.settle();
  const group = { name: 'Team', purpose: 'Chat', groupType: 'team-chat', admins: [people.admin] };
  groupId = (await done('/v1/groups', group))['groupId'] as string;
  await councils.app.settle();
  for (const personId of [people.ann, people.bob]) await done(`/v1/groups/${groupId}/members`, { personId });
  await councils.app.moveClock('2024-02-02T09:00:00.000Z');
});
afterAll(() => councils.app.close());

/** One story in order: the clock only goes forward. */
describe('a breach from awareness to closing', () => {
  let breachId: string;

  it('[BR-38] opens the checklist, names who could see it, and runs for seventy-two hours', async () => {
    const answer = await report({ happenedAt: '2024-02-02T08:30:00Z' });
    expect(answer).toMatchObject({
      status: 201,
      body: { events: [{ name: 'BreachReported' }, { name: 'RecipientsEstablished' }] },
    });
    breachId = answer.body['breachId'] as string;
    expect(await read(breachId)).toMatchObject({
      state: 'open',
      dueAt: '2024-02-05T09:00:00.000Z',
      dueAtLocal: '2024-02-05T09:00:00+00:00',
      inOrder: true,
      recipients: [{ groupId, personIds: [people.ann, people.bob].toSorted() }],
      steps: [
        { step: 'delete_messages', outcome: null },
        { step: 'delete_media' },
        { step: 'delete_cloud_copies' },
        { step: 'tell_manager' },
      ],
      description: { state: 'value', value: 'Canary Ann posted a list of canary residents' },
    });
  });

  it('[BR-39] says first that one should keep calm', async () => {
    expect((await read(breachId))['guidance']).toEqual(expect.arrayContaining([expect.stringMatching(/^Keep calm/)]));
  });

  it('is reported by any member, who sees nothing of it and of no other', async () => {
    const { key } = (await done('/v1/keys', { scopes: ['member'] })) as { key: string };
    const said = { category: 'sensitive_message', groupIds: [groupId], description: 'A list was posted' };
    const { status, body } = await post('/v1/breaches', said, key);
    expect({ status, body }).toMatchObject({ status: 201, body: { events: [{ name: 'BreachReported' }, {}] } });
    const path = `/v1/breaches/${body['breachId'] as string}`;
    expect((await councils.app.get(path, { key })).status).toBe(403);
    expect((await post(`${path}/steps`, { step: 'delete_messages', attestedBy: people.ann }, key)).status).toBe(403);
  });

  it('names who could see it anew when membership tells of somebody who had left before', async () => {
    await post(`/v1/groups/${groupId}/members/${people.bob}/left`, { occurredAt: '2024-02-01T17:00:00Z' });
    await councils.app.settle();
    expect(await read(breachId)).toMatchObject({ recipients: [{ groupId, personIds: [people.ann] }] });
  });

  it('[BR-40] [BR-41] [BR-42] [BR-43] takes the steps in their order, by somebody’s word', async () => {
    expect((await step(breachId, 'tell_manager')).body).toMatchObject({ status: 409, code: 'StepOutOfOrder' });
    for (const name of ['delete_messages', 'delete_media'])
      expect((await step(breachId, name)).body).toMatchObject({ events: [{ name: 'BreachStepAttested' }] });
    expect((await step(breachId, 'delete_cloud_copies', { outcome: 'not_applicable' })).status).toBe(201);
    expect((await step(breachId, 'tell_manager')).body).toMatchObject({ missing: ['decision_on_reporting'] });
    const { body } = await councils.app.get('/v1/history?type=BreachStepAttested');
    expect(body.items![0]).toMatchObject({
      rules: [{ parameter: 'incident_routes', obligations: ['BR-38', 'BR-40', 'BR-41', 'BR-42', 'BR-43'] }],
    });
  });

  it('says when the seventy-two hours have passed without a decision, a weekend or not', async () => {
    await councils.app.moveClock('2024-02-05T08:59:59.000Z');
    expect(await read(breachId)).toMatchObject({ overdueAt: null });
    await councils.app.moveClock('2024-02-05T09:00:00.000Z');
    expect(await read(breachId)).toMatchObject({ overdueAt: '2024-02-05T09:00:00.000Z' });
  });

  it('[BR-43] is closed when nothing is missing, and the refusal names what is', async () => {
    const path = `/v1/breaches/${breachId}`;
    const close = () => post(`${path}/close`, { outcome: 'contained', closedBy: people.admin, summary: 'No lists' });
    const refusal = (await close()).body;
    expect(refusal).toMatchObject({ status: 409, code: 'BreachIncomplete' });
    expect(refusal.detail).toContain('decision_on_reporting');
    const decision = { risk: 'high', toTell: [people.bob], decidedBy: people.admin, reason: 'Canary reason' };
    expect((await post(`${path}/decision`, { ...decision, report: false })).body).toMatchObject({
      code: 'HasToBeReported',
    });
    expect((await post(`${path}/decision`, { ...decision, report: true })).body).toMatchObject({
      missing: ['telling_the_regulator', 'telling_the_people'],
    });
    await councils.app.moveClock('2024-02-05T10:00:00.000Z');
    const told = { toldBy: people.admin, reference: 'Canary IC-1' };
    expect((await post(`${path}/regulator`, told)).body).toMatchObject({ code: 'DelayNotExplained' });
    expect((await post(`${path}/regulator`, { ...told, delay: 'Canary illness' })).status).toBe(201);
    const notice = { personIds: [people.bob], channel: 'post', toldBy: people.admin, message: 'Canary letter' };
    expect((await post(`${path}/people-told`, notice)).body).toMatchObject({ missing: [] });
    expect((await close()).body).toMatchObject({ events: [{ name: 'BreachClosed' }] });
    expect(await read(breachId)).toMatchObject({
      state: 'closed',
      outcome: 'contained',
      missing: [],
      delay: { value: 'Canary illness' },
    });
  });

  it('keeps every word of it in the vault alone', async () => {
    for (const table of ['events', 'breaches', 'personal_data', 'idempotency'])
      expect(await councils.app.asOwner(`select from retention.${table} t where t::text ilike '%canary%'`)).toEqual([]);
  });
});

describe('a breach under a hold', () => {
  it('[BR-40] [BR-61] is deleted from phones only once it is kept as evidence, or it was decided otherwise', async () => {
    const kept = await councils.keep({ ...m1(groupId), startsAt: '2024-02-02T08:00:00Z', period: 'P5Y' });
    const why = { reason: 'Inquiry', authority: 'Letter', reviewAt: '2026-08-20T09:00:00Z' };
    const { holdId } = await done('/v1/holds', { scope: { groupId }, ...why });
    const { body } = await report({ itemIds: [kept['itemId']] });
    const breachId = body['breachId'];
    expect(await read(breachId)).toMatchObject({ holdIds: [holdId] });
    const refusal = (await step(breachId, 'delete_messages')).body;
    expect(refusal).toMatchObject({ status: 409, code: 'UnderHold' });
    expect(refusal['rules']).toEqual(
      expect.arrayContaining([expect.objectContaining({ parameter: 'hold_on_inquiry', obligations: ['BR-61'] })]),
    );
    const evidence = { keptBy: people.admin, where: 'Canary cupboard' };
    expect((await post(`/v1/breaches/${body['breachId'] as string}/evidence`, evidence)).status).toBe(201);
    expect((await step(breachId, 'delete_messages')).status).toBe(201);

    const second = await done('/v1/holds', { scope: { incidentId: breachId }, ...why });
    expect((await step(breachId, 'delete_media')).body).toMatchObject({ code: 'UnderHold' });
    const decision = { reason: 'harm_outweighs', decidedBy: people.admin, explanation: 'Addresses of children' };
    const path = `/v1/breaches/${breachId as string}/held-deletion`;
    const { key } = (await done('/v1/keys', { scopes: ['admin', 'moderator'] })) as { key?: string };
    expect((await post(path, decision, key)).status).toBe(403);
    expect((await post(path, decision)).body).toMatchObject({ events: [{ name: 'HeldDeletionDecided' }] });
    expect((await step(breachId, 'delete_media')).status).toBe(201);
    for (const one of [holdId, second['holdId']])
      await done(`/v1/holds/${one as string}/release`, { reason: 'inquiry_ended' });
    expect((await post(path, decision)).body).toMatchObject({ code: 'NotUnderHold' });
  });
});

describe('what our own facts suggest', () => {
  const suggested = async (basis: string) => {
    const { body } = await councils.app.get('/v1/breaches?state=suggested');
    return body.items!.filter((row) => row['basis'] === basis);
  };

  it('[BR-33] [BR-38] a leaver who is still in the group when the time to take them out is over', async () => {
    const cleo = await staff('cleo');
    await councils.app.settle();
    await done(`/v1/groups/${groupId}/members`, { personId: cleo });
    const headers = { 'content-type': 'application/cloudevents+json' };
    const leaver = { subject: { kind: 'hrId', value: 'cleo' }, category: 'staff', leavesAt: '2024-02-05T10:00:00Z' };
    const statement = { specversion: '1.0', id: '1', source: '/hr', type: 'rollcall.feeds.LeaverReported.v1' };
    const event = { ...statement, time: '2024-02-05T10:00:00Z', data: leaver };
    expect((await councils.app.post('/v1/feeds', event, { headers })).body).toMatchObject({ accepted: 1 });
    await councils.app.moveClock('2024-02-08T10:00:00.000Z');
    const [row] = await suggested('leaver_overdue');
    expect(row).toMatchObject({ category: 'leaver_present', groupIds: [groupId], personIds: [cleo] });
    const path = `/v1/breaches/${row!['breachId'] as string}`;
    expect((await step(row!['breachId'], 'delete_messages')).body).toMatchObject({ code: 'NotReported' });
    await councils.app.moveClock('2024-02-08T11:00:00.000Z');
    expect((await post(`${path}/confirm`, { description: 'Cleo read on' })).status).toBe(201);
    const shown = await read(row!['breachId']);
    expect(shown).toMatchObject({ state: 'open', basis: 'leaver_overdue' });
    expect(Date.parse(shown['dueAt'] as string) - Date.parse(shown['noticedAt'] as string)).toBe(72 * 3_600_000);
    expect((shown['recipients'] as { personIds: string[] }[])[0]!.personIds).toContain(cleo);
  });

  it('[BR-38] somebody whom a roster shows and nobody let in; dismissed with a reason, or late decided upon', async () => {
    const dora = await staff('dora', []);
    await councils.app.settle();
    await done(`/v1/groups/${groupId}/rosters`, {
      takenAt: '2024-02-08T11:00:00Z',
      participants: [people.ann, dora].map((personId) => ({ personId })),
    });
    await councils.app.settle();
    const [row] = await suggested('not_entitled');
    expect(row).toMatchObject({ category: 'wrong_person', personIds: [dora], overdueAt: null });
    await councils.app.moveClock('2024-02-09T11:00:00.000Z');
    expect(await read(row!['breachId'])).toMatchObject({ overdueAt: '2024-02-09T11:00:00.000Z' });
    const path = `/v1/breaches/${row!['breachId'] as string}/dismiss`;
    expect((await post(path, { reason: 'nobody_could_see', explanation: 'Nothing was said' })).status).toBe(201);
    expect(await read(row!['breachId'])).toMatchObject({ state: 'dismissed', outcome: 'nobody_could_see' });
    expect((await post(path, { reason: 'nobody_could_see' })).body).toMatchObject({ events: [] });
  });
});

describe('a policy that names a time for the telling', () => {
  it('[BR-43] has the manager told within it, in whatever order, and says when nobody did', async () => {
    const route = { category: 'breach', steps: ['delete_messages'], recipients: ['manager'], deadline: 'PT1H' };
    const overrides = {
      'team-chat': { incident_routes: [{ ...route, obligations: ['BR-43'] }] },
      'emergency-response': { retention_period: 'P2Y' },
    };
    await done('/v1/profiles/district-councils/activate', { overrides });
    await councils.app.settle();
    await councils.app.moveClock('2024-02-12T09:00:00.000Z');
    const [late, told] = [await report(), await report()].map(({ body }) => body['breachId']);
    expect((await step(told, 'tell_manager')).body).toMatchObject({ events: [{ name: 'BreachStepAttested' }] });
    await councils.app.moveClock('2024-02-12T10:00:00.000Z');
    const teller = async (breachId: unknown) =>
      ((await read(breachId))['steps'] as { step: string }[]).find((one) => one.step === 'tell_manager');
    expect(await teller(late)).toMatchObject({
      dueAt: '2024-02-12T10:00:00.000Z',
      dueAtLocal: '2024-02-12T10:00:00+00:00',
      overdue: true,
    });
    expect(await teller(told)).toMatchObject({ overdue: false, lateBySeconds: 0 });
  });
});

describe('bad input', () => {
  it.each([
    ['an awareness yet to come', { awareAt: '2030-01-01T00:00:00Z' }, 'body/awareAt'],
    ['a breach after it was noticed', { happenedAt: '2030-01-01T00:00:00Z' }, 'body/happenedAt'],
    ['an unknown category', { category: 'oops' }, 'body/category'],
    ['no description', { description: '' }, 'body/description'],
  ])('refuses %s, naming the field', async (_, more, field) => {
    const answer = await report(more);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  it('refuses groups and items that are not the organisation’s, and tells nobody of a breach that is not theirs', async () => {
    expect((await report({ groupIds: [randomUUID()] })).body).toMatchObject({ code: 'GroupUnknown' });
    expect((await report({ itemIds: [randomUUID()] })).body).toMatchObject({ code: 'ItemUnknown' });
    const { body } = await report();
    const { key } = await councils.app.anotherOrganisation();
    await councils.app.settle();
    const path = `/v1/breaches/${body['breachId'] as string}`;
    expect((await councils.app.get(path, { key })).status).toBe(404);
    expect((await post(`${path}/close`, { outcome: 'contained', closedBy: randomUUID() }, key)).status).toBe(404);
    expect((await councils.app.get('/v1/breaches', { key })).body.items).toEqual([]);
    expect(await missing(body['breachId'])).toContain('decision_on_reporting');
  });
});
