import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from './testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

const json = { 'content-type': 'application/json' };

describe('bad input is told what is wrong, and costs nothing', () => {
  const cases: [string, string | object, Record<string, string>, number, RegExp][] = [
    ['an unknown field', { scopes: ['auditor'], colour: 'blue' }, {}, 400, /colour/],
    ['a wrong type', { scopes: 'auditor' }, {}, 400, /scopes/],
    ['a field that poisons prototypes', '{"scopes":["auditor"],"__proto__":{"admin":true}}', json, 400, /__proto__/],
    ['broken JSON', '{"scopes": [', json, 400, /JSON/],
    ['JSON that is no object', '"auditor"', json, 400, /JSON/],
    ['deep JSON', `${'['.repeat(400)}${']'.repeat(400)}`, json, 400, /nested/],
    ['a body of 2 MB', JSON.stringify({ scopes: ['x'.repeat(2_000_000)] }), json, 413, /larger/],
    ['another content type', '<scopes/>', { 'content-type': 'application/xml' }, 415, /JSON/],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 400, /JSON/],
    ['an absurd date', { scopes: ['auditor'], expiresAt: '0000-99-99T00:00:00Z' }, {}, 400, /expiresAt/],
    ['an If-Match that is no ETag', { scopes: ['auditor'] }, { 'if-match': 'yesterday' }, 400, /If-Match/],
    [
      'an Idempotency-Key of 300 characters',
      { scopes: ['auditor'] },
      { 'idempotency-key': 'k'.repeat(300) },
      400,
      /Idempotency-Key/,
    ],
  ];
  it.each(cases)('%s', async (_, body, headers, status, said) => {
    const before = (await app.get('/v1/keys')).body.items!.length;
    const reply = await app.post('/v1/keys', body, { headers });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([
      status,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(JSON.stringify(reply.body)).toMatch(said);
    expect(reply.body['requestId']).toBe(reply.headers.get('x-request-id'));
    expect((await app.get('/v1/keys')).body.items).toHaveLength(before);
  });

  it('a field of another form is told what is expected in words, and never by a pattern', async () => {
    const about = {
      groupId: 'x',
      audience: 'Ann and Bob',
      channel: 'pigeon',
      expiresAt: 'soon',
      whatsappLink: 'http://x',
    };
    const { status, body } = await app.post('/v1/invitations', about);
    expect({ status, errors: body['errors'] }).toEqual({
      status: 400,
      errors: [
        { field: 'body/groupId', rule: 'must be a UUID' },
        { field: 'body/audience', rule: expect.stringContaining('without spaces') },
        { field: 'body/channel', rule: 'must be one of: personal_invite, emailed_link, qr, staff_issued_link' },
        { field: 'body/expiresAt', rule: expect.stringContaining('such as 2026-05-01T09:00:00Z') },
        { field: 'body/whatsappLink', rule: expect.stringContaining('https://chat.whatsapp.com/') },
      ],
    });
    expect(JSON.stringify(body)).not.toMatch(/[\^$]|a-z/);
  });

  it('a report of something from before there was such an app', async () => {
    const person = { links: [{ kind: 'crmId', value: 'early' }], source: 'crm' };
    for (const [occurredAt, status] of [
      ['2008-12-31T23:59:59Z', 400],
      ['2009-01-01T00:00:00Z', 201],
    ] as const) {
      const reply = await app.post('/v1/people', { ...person, occurredAt });
      expect([reply.status, reply.body['errors']]).toEqual([
        status,
        status === 400 ? [{ field: 'body/occurredAt', rule: 'must not be before 2009' }] : undefined,
      ]);
    }
  });

  it('bytes that are not UTF-8', async () => {
    const reply = await fetch(`${app.url}/v1/keys`, {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${app.key}` },
      body: new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]),
    });
    expect([reply.status, ((await reply.json()) as { detail: string }).detail]).toEqual([
      400,
      'The body is not valid UTF-8.',
    ]);
  });

  it('paths and queries that do not exist', async () => {
    expect((await app.get('/v1/nowhere')).status).toBe(404);
    expect((await app.get('/v1/keys?colour=blue')).status).toBe(400);
    expect((await app.get('/v1/profiles/%E0%A4%A')).status).toBe(400);
    expect((await app.post('/v1/keys/not-a-uuid/revoke')).status).toBe(404);
  });
});

describe('a repeated request', () => {
  it('with the same key and body gets the first answer and has one effect, also a hundred at once', async () => {
    const send = () =>
      app.post('/v1/profiles/political-party/activate', {}, { headers: { 'idempotency-key': 'activate-1' } });
    const replies = await Promise.all(Array.from({ length: 100 }, send));
    expect(new Set(replies.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    const rows = await app.asOwner("select 1 from gateway.events where type like '%.ProfileActivated.%'");
    expect(rows).toHaveLength(1);
  });

  it('with the same key and another body is refused', async () => {
    const headers = { 'idempotency-key': 'activate-2' };
    await app.post('/v1/profiles/students-union/activate', {}, { headers });
    const other = await app.post('/v1/profiles/students-union/activate', { groupTypes: ['society'] }, { headers });
    expect([other.status, other.body.code]).toEqual([422, 'key-reused']);
  });

  it('that names a version somebody else has passed is told so', async () => {
    const stale = await app.post(
      '/v1/profiles/students-union/activate',
      { groupTypes: ['society'] },
      { headers: { 'if-match': '"1"' } },
    );
    expect([stale.status, stale.body.code]).toEqual([412, 'changed']);
  });
});

describe('health', () => {
  it('says that it lives, that every part works, and that the clock is a manual one', async () => {
    expect((await app.get('/health/live', { key: null })).status).toBe(200);
    const { status, body } = await app.get('/health/ready', { key: null });
    expect([status, body['clock'], Object.keys(body['services'] as object)]).toEqual([
      200,
      'manual',
      ['gateway', 'membership', 'consent', 'retention'],
    ]);
  });
});
