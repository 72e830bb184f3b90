import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

let councils: Councils;
let groupId: string;
let partyGroup: string;
const [ann, bea] = [randomUUID(), randomUUID()];
const post = (path: string, body: object = {}, key?: string) =>
  councils.app.post(`/v1/approvals/${path}`, body, key ? { key } : {});
const read = async (approvalId: unknown) => (await councils.app.get(`/v1/approvals/${approvalId as string}`)).body;
const exception = (more: object = {}) =>
  post('exceptions', {
    groupId,
    parameter: 'audience_matrix',
    askedBy: ann,
    reason: 'Canary: the lines are down',
    risks: 'Canary: it may be read aloud',
    endsAt: '2024-02-01T09:00:00Z',
    ...more,
  });

beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('team-chat');
  await councils.app.post('/v1/profiles/political-party/activate', {
    overrides: { 'party-group': { agreement_topics: [] } },
  });
  await councils.app.settle();
  partyGroup = await councils.group('party-group');
});
afterAll(() => councils.app.close());

describe('an exception from the guidance', () => {
  it('[BR-07] is not even asked for without the risks and a reason, and that it was tried is on record', async () => {
    expect((await exception({ risks: undefined })).body).toMatchObject({
      status: 409,
      code: 'RisksNotAssessed',
      rules: [{ parameter: 'use_justification', obligations: expect.arrayContaining(['BR-07']) }],
    });
    expect((await exception({ reason: '   ' })).body.code).toBe('NoReason');
    const tried = await councils.app.asOwner("select from retention.events where type like '%ApprovalNotAsked%'");
    expect(tried).toHaveLength(2);
  });

  it('[BR-07] holds from the word of another person until its end, which comes by itself', async () => {
    const { body, status } = await exception();
    expect({ status, body }).toMatchObject({ status: 201, body: { events: [{ name: 'ApprovalAsked' }] } });
    const path = body['approvalId'] as string;
    expect((await post(`${path}/approve`, { givenBy: ann })).body.code).toBe('NotByWhoAsked');
    const { key } = (await councils.app.post('/v1/keys', { scopes: ['admin'] })).body as { key?: string };
    expect((await post(`${path}/approve`, { givenBy: bea }, key)).status).toBe(403);
    expect((await post(`${path}/approve`, { givenBy: bea })).status).toBe(201);
    expect(await read(path)).toMatchObject({
      state: 'given',
      decidedBy: bea,
      risks: { value: 'Canary: it may be read aloud' },
    });
    await councils.app.moveClock('2024-02-01T09:00:00.000Z');
    expect(await read(path)).toMatchObject({ state: 'ended', endedAt: '2024-02-01T09:00:00.000Z' });
    expect(await councils.app.asOwner("select from retention.events t where t::text ilike '%canary%'")).toEqual([]);
  });

  it('is declined with a reason, and unknown in another organisation', async () => {
    const path = (await exception({ endsAt: '2024-06-01T09:00:00Z' })).body['approvalId'] as string;
    const no = { declinedBy: bea, because: 'Use the radio' };
    const { key } = await councils.app.anotherOrganisation();
    expect((await post(`${path}/decline`, no, key)).status).toBe(404);
    expect((await councils.app.get(`/v1/approvals/${path}`, { key })).status).toBe(404);
    expect((await post(`${path}/decline`, no)).status).toBe(201);
    expect(await read(path)).toMatchObject({ state: 'declined', because: { value: 'Use the radio' } });
    expect((await post(`${path}/approve`, { givenBy: bea })).body.code).toBe('ApprovalOver');
    expect((await post(`${path}/end`)).status).toBe(200);
  });
});

describe('the sign-off of a matter', () => {
  it('[LD-20] of finance is the responsible person’s alone, by an email that is named', async () => {
    const wish = { groupId: partyGroup, topic: 'finance', askedBy: ann, responsibleId: bea };
    expect((await post('sign-offs', { ...wish, topic: 'logistics' })).body.code).toBe('NoSignOffAsked');
    const { body } = await post('sign-offs', wish);
    const path = body['approvalId'] as string;
    const reference = 'Canary mail of 2 January';
    expect((await post(`${path}/sign`, { givenBy: ann, reference })).body.code).toBe('NotTheResponsiblePerson');
    expect((await post(`${path}/sign`, { givenBy: bea })).body.code).toBe('ReferenceMissing');
    expect((await post(`${path}/sign`, { givenBy: bea, reference })).status).toBe(201);
    expect((await councils.app.get('/v1/approvals?kind=sign_off&state=given')).body.items).toMatchObject([
      { approvalId: path, subject: 'finance', responsibleId: bea, decidedBy: bea },
    ]);
    expect(await read(path)).toMatchObject({ reference: { value: reference } });
  });
});
