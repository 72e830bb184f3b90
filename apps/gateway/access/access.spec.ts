import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
});
afterAll(() => app.close());

const issue = async (scopes: string[], more: object = {}) => {
  const { status, body } = await app.post('/v1/keys', { scopes, ...more });
  expect(status).toBe(201);
  return body as { keyId: string; key: string } & typeof body;
};

describe('access keys', () => {
  it('answer for their own organisation and scopes, and nobody is let in without one', async () => {
    const { key } = await issue(['auditor']);
    expect((await app.get('/v1/organisation', { key })).body['organisationId']).toBe(app.organisationId);
    expect((await app.get('/v1/organisation', { key: null })).status).toBe(401);
    expect((await app.get('/v1/organisation', { key: `${key.slice(0, -1)}_` })).status).toBe(401);
    expect((await app.get('/v1/organisation', { key: 'Robert"); drop table events' })).status).toBe(401);
  });

  it('are refused what their scopes do not hold, and the attempt is recorded', async () => {
    const { key, keyId } = await issue(['auditor']);
    const refused = await app.post('/v1/keys', { scopes: ['admin'] }, { key });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    const rows = await app.asOwner<{ body: string }>(
      "select body from gateway.events where type like '%AccessDenied%'",
    );
    expect(rows.map((row) => (JSON.parse(row.body) as { data: unknown }).data)).toContainEqual({
      keyId,
      route: 'POST:issue',
    });
  });

  it('open nothing once revoked, or past their end by the clock', async () => {
    const revoked = await issue(['auditor']);
    expect((await app.post(`/v1/keys/${revoked.keyId}/revoke`)).status).toBe(200);
    expect((await app.get('/v1/organisation', { key: revoked.key })).status).toBe(401);
    const { now } = (await app.get('/v1/clock')).body as unknown as { now: string };
    const soon = new Date(Date.parse(now) + 60_000).toISOString();
    const expiring = await issue(['auditor'], { expiresAt: soon });
    await app.moveClock(soon);
    expect((await app.get('/v1/organisation', { key: expiring.key })).status).toBe(401);
  });

  it('can be rotated: the new one opens what the old one did, the old one nothing', async () => {
    const old = await issue(['auditor', 'moderator']);
    const { body } = await app.post(`/v1/keys/${old.keyId}/rotate`);
    expect((await app.get('/v1/organisation', { key: body['key'] as string })).status).toBe(200);
    expect((await app.get('/v1/organisation', { key: old.key })).status).toBe(401);
  });

  it('are kept as a hash only, and shown once even to a repeated request', async () => {
    const headers = { 'idempotency-key': 'make-one' };
    const first = await app.post('/v1/keys', { scopes: ['auditor'] }, { headers });
    const again = await app.post('/v1/keys', { scopes: ['auditor'] }, { headers });
    expect([first.status, again.status, again.body.code]).toEqual([201, 409, 'shown-once']);
    const secret = first.body['key'] as string;
    const tables = ['access_keys', 'events', 'idempotency'];
    for (const table of tables) {
      const rows = await app.asOwner(`select * from gateway.${table}`);
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain(secret);
    }
  });

  it('of another organisation are unknown here, like keys nobody has', async () => {
    const other = await app.anotherOrganisation();
    const { keyId } = await issue(['auditor']);
    const theirs = await app.post(`/v1/keys/${keyId}/revoke`, undefined, { key: other.key });
    const nobodys = await app.post('/v1/keys/0192f0c1-0000-7000-8000-00000000dead/revoke', undefined, {
      key: other.key,
    });
    expect([theirs.status, theirs.body.detail]).toEqual([404, nobodys.body.detail]);
    expect((await app.get('/v1/keys', { key: other.key })).body.items).toHaveLength(1);
  });

  it('cannot be made mightier than the one that makes them', async () => {
    const { key } = await issue(['admin']);
    expect((await app.post('/v1/keys', { scopes: ['operator'] }, { key })).status).toBe(403);
  });
});

describe('organisations', () => {
  it('keep their name in the vault: it is in no event', async () => {
    const { body } = await app.post('/v1/organisations', { name: 'Canary Society of Little Hoping' });
    const events = await app.asOwner('select body from gateway.events');
    expect(JSON.stringify(events)).not.toContain('Canary Society');
    const shown = await app.get('/v1/organisation', { key: (body['adminKey'] as { key: string }).key });
    expect(shown.body['name']).toEqual({ state: 'value', value: 'Canary Society of Little Hoping' });
  });

  it('name a time zone that exists', async () => {
    const { status, body } = await app.post('/v1/organisations', { name: 'X', timeZone: 'Europe/Atlantis' });
    expect([status, body['errors']]).toEqual([
      400,
      [{ field: 'body/timeZone', rule: 'must be an IANA time zone, such as Europe/London' }],
    ]);
  });
});
