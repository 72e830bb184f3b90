import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openInvited } from '../consent/invitations/testing.js';
import { brokenOf, NASTY, valuesOf, type Ids, type Schema } from './forged-input.js';
import type { Reply, TestApp } from './testing.js';

interface Route {
  readonly path: string;
  readonly method: 'get' | 'post';
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly tags?: readonly string[];
}

const document = JSON.parse(
  readFileSync(new URL('../gateway/documentation/openapi.json', import.meta.url), 'utf8'),
) as {
  paths: Record<string, Record<string, Omit<Route, 'path' | 'method'>>>;
};
const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, route]) => ({ ...route, path, method: method as Route['method'] })),
);
/** A clock that jumps about would make every other answer a matter of chance. */
const MOVES_THE_CLOCK = /\/clock$/;
const GROUND = [
  ['students-union', 'society'],
  ['parent-carer-charity', 'users'],
  ['council-citizen-contact', 'citizen-conversation'],
  ['district-councils', 'team-chat'],
] as const;
const RIGHTS = [{ kind: 'access' }, { kind: 'rectification', wrong: ['name'] }, { kind: 'erasure' }];
const HOLD = { reason: 'Inquiry', authority: 'Letter', reviewAt: '2026-08-20T09:00:00Z' };
const CHAT = '[01/04/2026, 10:00:00] Ann: Hello\n[01/04/2026, 10:01:00] Ben: Hello\n';
const SAMPLE = 6;
const BROKEN = 8;
const SEED = 20_260_101;

let app: TestApp;
/** Every id that an answer named, by the field it was in; and words that mean something. */
const seen = new Map<string, string[]>();
const WORDS: Readonly<Record<string, readonly string[]>> = {
  groupType: ['party-group', 'society', 'users', 'citizen-conversation', 'team-chat', 'emergency-response'],
  category: ['member', 'staff', 'society_member'],
  document: ['guidance', 'guidelines', 'risks', 'policy'],
  timeZone: ['Europe/London', 'Pacific/Kiritimati'],
};
const ids: Ids = (name) => (name.endsWith('Id') ? (seen.get(name) ?? [...seen.values()].flat()) : (WORDS[name] ?? []));
/** What ends things comes last, so that there is something to do with them before. */
const ENDS = /\/(close|end|revoke|reissue|discard|erase|stand-down|withdraw|refuse|retire|release)$/;
beforeAll(async () => {
  const { app: opened, invite, somebody, groupId, done, agree } = await openInvited();
  app = opened;
  learn(await invite());
  const { personId } = await somebody();
  await agree(personId);
  await done(`/v1/groups/${groupId}/members`, { personId, route: 'admin_add' });
  for (const [profile, groupType] of GROUND) {
    await done(`/v1/profiles/${profile}/activate`, { groupTypes: [groupType] });
    await app.settle();
    learn(await done('/v1/groups', { name: 'Group', purpose: 'Purpose', groupType, admins: [personId] }));
  }
  for (const substance of RIGHTS)
    learn(await done('/v1/rights-requests', { personId, identity: 'confirmed', ...substance }));
  learn(await done('/v1/holds', { scope: { groupId }, ...HOLD }));
  learn((await app.post(`/v1/captures?groupId=${groupId}`, CHAT, { headers: { 'content-type': 'text/plain' } })).body);
  const { keyId } = await done('/v1/keys', { scopes: ['auditor'] });
  seen.set('keyId', [String(keyId)]);
  const other = await app.anotherOrganisation();
  const stranger = await app.post(
    '/v1/people',
    { links: [{ kind: 'crmId', value: 'x' }], statuses: [], source: 'crm' },
    { key: other.key },
  );
  learn({ groupId, personId });
  learn(stranger.body);
  await app.settle();
});
afterAll(() => app.close());

const sample = <T>(values: fc.Arbitrary<T>, numRuns = SAMPLE) => fc.sample(values, { seed: SEED, numRuns });

/** Keeps the ids in an answer, so that later requests are about what is there. */
function learn(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null) return;
  for (const [name, value] of Object.entries(answer)) {
    if (name.endsWith('Id') && typeof value === 'string' && !['requestId', 'eventId', 'keyId'].includes(name))
      seen.set(name, [...(seen.get(name) ?? []), value].slice(-20));
    learn(value);
  }
}

/** The route's address with ids of ours, of others, of nobody, or no ids at all in it. */
function addresses({ path, parameters = [] }: Route): fc.Arbitrary<string> {
  const inPath = parameters.filter(({ in: place }) => place === 'path');
  const value = (name: string, schema: Schema) =>
    schema.format === 'uuid'
      ? fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...ids(name)) },
          { weight: 1, arbitrary: fc.constantFrom(...NASTY) },
        )
      : fc.constantFrom('political-party', 'party-group', ...NASTY);
  return fc
    .record(Object.fromEntries(inPath.map(({ name, schema }) => [name, value(name, schema)])))
    .map((values) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(wellFormed(values[name]!))));
}

const wellFormed = (text: string) => text.toWellFormed();

const CURSORS = [
  ['x'],
  [null],
  [1e300],
  ['9999-12-31T23:59:59Z', '\u0000'],
  [-1, 'x'],
  ['1', '2', '3'],
  ['00000000-0000-4000-8000-000000000000', '00000000-0000-4000-8000-000000000000'],
  ['2026-01-01T00:00:00Z', '00000000-0000-4000-8000-000000000000'],
].map((key) => Buffer.from(JSON.stringify(key)).toString('base64url'));

/** Queries of fields that the route knows, with values that fit and values that do not. */
function queries({ parameters = [] }: Route): fc.Arbitrary<string> {
  const inQuery = parameters.filter(({ in: place }) => place === 'query');
  const value = (name: string, schema: Schema) =>
    name === 'cursor'
      ? fc.constantFrom(...CURSORS, ...NASTY)
      : fc.oneof({ weight: 4, arbitrary: valuesOf(schema, ids, name).map(String) }, fc.constantFrom(...NASTY));
  return fc
    .record(Object.fromEntries(inQuery.map(({ name, schema }) => [name, value(name, schema)])), { requiredKeys: [] })
    .map((values) =>
      Object.entries(values)
        .map(([name, text]) => `${name}=${encodeURIComponent(wellFormed(text ?? ''))}`)
        .join('&'),
    );
}

/** What is wrong with an answer, whatever was asked; nothing when it is a proper one. */
function faultOf({ status, headers, body }: Reply): string | undefined {
  if (status >= 500) return `answered ${status}`;
  if (status < 400) return undefined;
  if (!headers.get('content-type')?.includes('application/problem+json')) return 'is no problem document';
  return typeof body.detail === 'string' && body.detail && body['requestId'] && body.code
    ? undefined
    : 'says too little';
}

const told = (route: Route, address: string, body: unknown, reply: Reply, fault: string) =>
  `${route.method} ${address} ${(JSON.stringify(body) ?? '').slice(0, 1500)}: ${fault}: ${JSON.stringify(reply.body).slice(0, 300)}`;

describe('every route', () => {
  const commands = routes
    .filter(({ method, path }) => method === 'post' && !MOVES_THE_CLOCK.test(path))
    .sort((one, other) => Number(ENDS.test(one.path)) - Number(ENDS.test(other.path)));
  it.each(commands.map((route) => [route.path, route] as const))(
    'POST %s takes no body for more than a bad one',
    async (_, route) => {
      const schema = route.requestBody?.content['application/json']?.schema ?? { type: 'object' };
      const sensible = sample(fc.tuple(addresses(route), valuesOf(schema, ids)));
      const rough = sample(
        fc.tuple(addresses(route), fc.constantFrom<unknown>(...NASTY, [], null, 0, '{"a":1,"a":2}')),
        3,
      );
      const faults = await Promise.all(
        [...sensible, ...rough].map(async ([address, body]) => {
          const reply = await app.post(
            address,
            body,
            typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {},
          );
          learn(reply.body);
          const fault = faultOf(reply);
          return fault && told(route, address, body, reply, fault);
        }),
      );
      expect(faults.filter(Boolean)).toEqual([]);
    },
  );

  const withBody = commands.filter(
    ({ requestBody }) => requestBody?.content['application/json']?.schema.type === 'object',
  );
  it.each(withBody.map((route) => [route.path, route] as const))(
    'POST %s names the field that is wrong',
    async (_, route) => {
      const broken = sample(brokenOf(route.requestBody!.content['application/json']!.schema, ids), BROKEN);
      const address = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
        name.endsWith('Id') ? ids(name)[0]! : 'political-party',
      );
      const faults = await Promise.all(
        broken.map(async ({ body, field }) => {
          const reply = await app.post(address, body);
          const named = ((reply.body['errors'] ?? []) as { field: string }[]).map((error) => error.field);
          const isNamed = reply.status === 400 && named.some((one) => one.startsWith(field));
          return isNamed ? undefined : told(route, address, body, reply, `does not name ${field}`);
        }),
      );
      expect(faults.filter(Boolean)).toEqual([]);
    },
  );

  it.each(routes.filter(({ method }) => method === 'get').map((route) => [route.path, route] as const))(
    'GET %s takes no query for more than a bad one',
    async (_, route) => {
      const wanted = sample(fc.tuple(addresses(route), queries(route)));
      const faults = await Promise.all(
        wanted.map(async ([path, query]) => {
          const address = `${path}?${query}`;
          const reply = await app.get(address);
          const fault = faultOf(reply);
          return fault && told(route, address, undefined, reply, fault);
        }),
      );
      expect(faults.filter(Boolean)).toEqual([]);
    },
  );
});
