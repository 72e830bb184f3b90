import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
let groupId: string;
let admin: string;
let ann: string;
beforeAll(async () => {
  app = await openApp({ at: '2026-01-12T09:00:00.000Z' });
  await done('/v1/profiles/political-party/activate', {
    overrides: { 'party-group': { agreement_topics: [], disclosure_rights: ['SAR'] } },
  });
  admin = await person('admin', 'Olive Officer');
  await app.settle();
  ({ groupId } = (await done('/v1/groups', {
    name: 'Riverside Ward',
    purpose: 'Campaign',
    groupType: 'party-group',
    admins: [admin],
  })) as { groupId: string });
  await app.settle();
  ann = await member('ann', 'Ann Access');
  await member('bo', 'Bo Bystander');
  await done('/v1/messages', {
    personId: ann,
    kind: 'notice',
    subject: 'Hello',
    text: 'Olive Officer wrote this to Ann',
  });
  await done('/v1/acknowledgements/own-device', { personId: admin, isUsed: true });
  await done('/v1/retention-items', {
    recordClass: 'message',
    reference: 'What Ann said on the bridge',
    startsAt: '2026-01-10T09:00:00Z',
    period: 'P1Y',
    ownerId: admin,
    personId: ann,
    groupId,
  });
  await app.settle();
}, 120_000);
afterAll(() => app.close());

async function done(path: string, body?: object) {
  const reply = await app.post(path, body);
  if (reply.status >= 300) throw new Error(`${path} was answered with ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}
async function person(crmId: string, name: string): Promise<string> {
  const { personId } = await done('/v1/people', {
    links: [{ kind: 'crmId', value: crmId }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00Z' }],
    name,
    email: `${crmId}@example.org`,
    dateOfBirth: '1980-02-11',
    source: 'crm',
  });
  return personId as string;
}
async function member(crmId: string, name: string): Promise<string> {
  const personId = await person(crmId, name);
  const about = { personId, groupId };
  await app.settle();
  await done('/v1/consents/notices', { ...about, noticeVersion: 'v1', items: ['purpose', 'duration'] });
  await done('/v1/consents', { ...about, scope: ['group'], purpose: 'group', method: 'written', noticeVersion: 'v1' });
  await app.settle();
  await done(`/v1/groups/${groupId}/members`, { personId });
  return personId;
}
async function asked(body: object): Promise<string> {
  return (await done('/v1/rights-requests', { identity: 'confirmed', ...body }))['requestId'] as string;
}
/** Orders a package and waits until it is there. */
async function compiled(requestId: string, order: object = {}) {
  await done(`/v1/rights-requests/${requestId}/package`, order);
  for (let tries = 0; tries < 100; tries++) {
    await app.settle();
    const { body } = await app.get(`/v1/rights-requests/${requestId}/package`);
    if (body['state'] === 'compiled') return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `No package: ${app.lines.filter((line) => line.includes('was not compiled') || line.includes('"level":50')).join('\n')}`,
  );
}
const labelOf = (state: object, personId: string) =>
  (state as { others: { label: number; personId: string }[] }).others.find((other) => other.personId === personId)!
    .label;
const read = async (requestId: string, format: string) =>
  fetch(new URL(`/v1/rights-requests/${requestId}/package/document?format=${format}`, app.url), {
    headers: { authorization: `Bearer ${app.key}` },
  });

describe('a package to an access request', () => {
  it('[LD-45] has what every service holds, the words of what was written, and where messages may still be', async () => {
    const requestId = await asked({ kind: 'access', personId: ann, wish: 'Everything about me' });
    const state = await compiled(requestId);
    expect(state['searched']).toEqual(
      ['membership', 'consent', 'retention', 'gateway'].map((service) => ({
        service,
        searchedAt: '2026-01-12T09:00:00.000Z',
        found: expect.any(Number),
      })),
    );
    const text = await (await read(requestId, 'json')).text();
    expect(createHash('sha256').update(text).digest('hex')).toBe(state['sha256']);
    const document = JSON.parse(text) as Record<string, { [name: string]: unknown }[]>;
    expect(document['values']).toEqual(
      expect.arrayContaining([
        { service: 'membership', field: 'name', value: 'Ann Access' },
        { service: 'membership', field: 'email', value: 'ann@example.org' },
        { service: 'membership', field: 'dateOfBirth', value: '1980-02-11' },
      ]),
    );
    for (const words of ['What Ann said on the bridge', 'Everything about me']) expect(text).toContain(words);
    const olive = `another person ${labelOf(state, admin)}`;
    expect(text).toContain(`${olive} wrote this to Ann`);
    expect(document['places']).toEqual([
      {
        groupId,
        name: 'Riverside Ward',
        periods: [{ from: '2026-01-12T09:00:00.000Z' }],
        holders: [{ role: 'admin', personId: olive, usesOwnDevice: true }],
      },
    ]);
    const names = document['history']!.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['PersonRegistered', 'ConsentGiven', 'MemberAdded', 'RequestReceived']),
    );
    expect(document['history']!.find(({ name }) => name === 'MemberAdded')).toMatchObject({
      what: 'The person is in the group and was entitled to be',
    });
  });

  it('[LD-45] names nobody else, until it is decided and said why', async () => {
    const requestId = await asked({ kind: 'access', personId: ann });
    const state = await compiled(requestId);
    const label = labelOf(state, admin);
    const { others, sha256 } = state as unknown as { others: object[]; sha256: string };
    const before = await (await read(requestId, 'json')).text();
    expect(before).not.toMatch(new RegExp(`Olive|Officer|Bystander|${admin}`));
    expect(others).toContainEqual({ label, personId: admin, name: 'Olive Officer', isDisclosed: false });
    const decide = (body: object) =>
      app.post(`/v1/rights-requests/${requestId}/redactions`, {
        label,
        disclose: true,
        ground: 'public_role',
        reason: 'She runs the group',
        ...body,
      });
    expect((await decide({ label: 99 })).body).toMatchObject({ code: 'LabelUnknown' });
    expect((await decide({})).body).toMatchObject({ events: [{ name: 'DisclosureDecided' }] });
    const after = await (await read(requestId, 'json')).text();
    expect(after).toContain('Olive Officer wrote this to Ann');
    const shown = (await app.get(`/v1/rights-requests/${requestId}/package`)).body;
    expect(shown['sha256']).not.toBe(sha256);
    expect(shown['sha256']).toBe(createHash('sha256').update(after).digest('hex'));
    expect(shown['others']).toContainEqual(
      expect.objectContaining({ label, isDisclosed: true, reason: 'She runs the group' }),
    );
    await app.settle();
    const { body: history } = await app.get('/v1/history?type=PackageRead');
    expect(history.items!.length).toBeGreaterThanOrEqual(4);
  });

  it('is a page of headings and lists that needs no script', async () => {
    const requestId = await asked({ kind: 'access', personId: ann });
    await compiled(requestId);
    const reply = await read(requestId, 'html');
    const html = await reply.text();
    expect(reply.headers.get('content-type')).toContain('text/html');
    expect(html).toContain('<h1>What we hold about you</h1>');
    expect(html).toContain('Riverside Ward');
    expect(html).not.toMatch(/<script|Olive|undefined|\[object/);
  });

  it('is for the compliance officer alone, and of another organisation unknown', async () => {
    const requestId = await asked({ kind: 'access', personId: ann });
    const path = `/v1/rights-requests/${requestId}/package`;
    const { key } = (await app.post('/v1/keys', { scopes: ['admin', 'moderator', 'auditor'] })).body as {
      key?: string;
    };
    expect((await app.post(path, {}, { key: key! })).status).toBe(403);
    expect((await app.get(path, { key: key! })).status).toBe(403);
    const stranger = (await app.anotherOrganisation()).key;
    expect((await app.post(path, {}, { key: stranger })).status).toBe(404);
    expect((await app.get(path, { key: stranger })).status).toBe(404);
  });

  it('is not made for who is not known, nor for other requests', async () => {
    const waiting = await asked({ kind: 'access', personId: ann, identity: 'awaited' });
    const order = async (requestId: string, body: object = {}) =>
      (await app.post(`/v1/rights-requests/${requestId}/package`, body)).body;
    expect(await order(waiting)).toMatchObject({ status: 409, code: 'IdentityUnknown' });
    expect(await order(await asked({ kind: 'complaint', personId: ann }))).toMatchObject({ code: 'NotForDisclosure' });
    expect(await order(waiting, { groupIds: [groupId] })).toMatchObject({ status: 400 });
  });

  it('is kept encrypted, and destroyed three months after the answer', async () => {
    const requestId = await asked({ kind: 'access', personId: ann });
    await compiled(requestId);
    expect(await app.asOwner("select from retention.personal_data t where t::text like '%bridge%'")).toEqual([]);
    await done(`/v1/rights-requests/${requestId}/answer`, { outcome: 'complied', answer: 'Enclosed' });
    const path = `/v1/rights-requests/${requestId}/package`;
    expect((await app.get(path)).body).toMatchObject({ destroyAt: '2026-04-12T08:00:00.000Z' });
    await app.moveClock('2026-04-12T08:00:00.000Z');
    await app.settle();
    expect((await app.get(path)).body).toMatchObject({ state: 'destroyed', destroyedAt: '2026-04-12T08:00:00.000Z' });
    expect((await read(requestId, 'json')).status).toBe(409);
  });
});

describe('freedom of information', () => {
  it('[CN-29] is refused where no policy has it, by the parameter that says so', async () => {
    const { body } = await app.post('/v1/rights-requests', { kind: 'freedom_of_information', identity: 'confirmed' });
    expect(body).toMatchObject({
      status: 409,
      code: 'NoSuchRight',
      rules: expect.arrayContaining([expect.objectContaining({ parameter: 'disclosure_rights' })]),
    });
  });

  it('[BR-48] [CN-29] searches groups in a period where the policy has it, own devices too, and no other group', async () => {
    await done('/v1/profiles/district-councils/activate', {
      overrides: { 'emergency-response': { retention_period: 'P2Y', disclosure_rights: ['FOI'] } },
    });
    await app.settle();
    const { groupId: flood } = (await done('/v1/groups', {
      name: 'Flood wardens',
      purpose: 'Response',
      groupType: 'emergency-response',
      admins: [admin],
    })) as { groupId: string };
    await app.settle();
    const requestId = await asked({ kind: 'freedom_of_information', wish: 'The flood of January' });
    const path = `/v1/rights-requests/${requestId}/package`;
    expect((await app.post(path, { groupIds: [groupId] })).body).toMatchObject({
      code: 'NoSuchRight',
      rules: [{ parameter: 'disclosure_rights' }],
    });
    expect((await app.post(path, {})).status).toBe(400);
    await compiled(requestId, { groupIds: [flood], from: '2026-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' });
    const text = await (await read(requestId, 'json')).text();
    expect(text).not.toContain(admin);
    expect(JSON.parse(text)).toMatchObject({
      places: [
        {
          name: 'Flood wardens',
          periods: [{ from: '2026-01-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' }],
          holders: [{ role: 'admin', personId: 'another person 1', usesOwnDevice: true }],
        },
      ],
    });
  });
});
