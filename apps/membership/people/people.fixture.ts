import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Module } from '@nestjs/common';
import { pino } from 'pino';
import { inProcessTransport, type BusMessage } from '#bus';
import { activity, resolvePolicy, type Scope } from '#domain';
import { writeRows, type Cause } from '#eventsourcing';
import { localControl, policySlice, runProcess, service, ServiceKit } from '#nest';
import { freshDatabase } from '../../../libs/testing/postgres.js';
import { loadProfiles } from '../../../policies/load.js';
import { feeds } from '../feeds/feeds.slice.js';
import { people } from './people.slice.js';

@Module({})
class PeopleModule {}

/** An answer with its parsed body. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // What a test looks into; its form is what the test asserts.
  readonly body: Record<string, unknown> & { items?: Record<string, unknown>[] };
}

const ours = '11111111-1111-4111-8111-111111111111';
const theirs = '22222222-2222-4222-8222-222222222222';
/** Keys of the test, by what they may do; `other` is another organisation's. */
const keys: Readonly<Record<string, { tenantId: string; scopes: readonly Scope[] }>> = {
  admin: { tenantId: ours, scopes: ['admin'] },
  hr: { tenantId: ours, scopes: ['feed:hr'] },
  member: { tenantId: ours, scopes: ['member'] },
  other: { tenantId: theirs, scopes: ['admin'] },
};
const keyId = '33333333-3333-4333-8333-333333333333';

/** People and feeds alone, on a real database with a manual clock that starts on 1 June 2026 at 9:00 UTC. */
export async function openPeople() {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-keys-'));
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  const log = pino({ level: 'debug' }, sink);
  const transport = inProcessTransport();
  const definition = service('membership', PeopleModule, [
    policySlice('membership'),
    people,
    feeds,
    { deciders: [activity] },
  ]);
  const kit = await ServiceKit.open(definition, {
    url: database.urlFor(`app_${database.name}`, 'test'),
    ownerUrl: database.ownerUrl,
    folder,
    env: { ROLLCALL_CLOCK: 'manual:2026-06-01T09:00:00.000Z' },
    transport,
    log,
  });
  const running = await runProcess({
    kits: [kit],
    transport,
    authenticator: {
      authenticate: (name) => Promise.resolve(keys[name] && { keyId, ...keys[name] }),
    },
    port: 0,
    log,
  });
  const send = async (
    method: string,
    path: string,
    body: unknown,
    { key = 'admin', headers = {} }: { key?: string; headers?: Record<string, string> },
  ): Promise<Reply> => {
    const response = await fetch(new URL(path, running.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Reply['body'] };
  };
  type Options = { key?: string; headers?: Record<string, string> };
  return {
    kit,
    organisationId: ours,
    lines,
    get: (path: string, options: Options = {}) => send('GET', path, undefined, options),
    post: (path: string, body: unknown, options: Options = {}) => send('POST', path, body, options),
    /** Rows of our organisation, read as the application may. */
    rows: <Row>(sql: string) => kit.database.inTenant(ours, (tx) => tx.query<Row>(sql)),
    /** Puts a profile into force, as ProfileActivated would. */
    activate: (profileId: string) =>
      kit.database.inTenant(ours, async (tx) => {
        const profile = loadProfiles().get(profileId)!;
        const rows = profile.groupTypes.map(({ id: groupType }) => ({
          upsert: { groupType, activation: 1, policy: resolvePolicy(profile, groupType) },
        }));
        await tx.query('delete from active_policies where tenant_id = $1', [tx.tenantId]);
        await writeRows(tx, 'active_policies', ['groupType'], rows);
      }),
    /** Puts messages on the bus; resolves when they have been handled. */
    publish: (messages: readonly BusMessage[]) => transport.publish(messages),
    /** Moves the clock and waits until no deadline is due. */
    moveClock: async (to: string) => {
      const control = localControl(kit);
      await control.setClock(to);
      while ((await control.progress()).due > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    execute: <T>(work: (kit: ServiceKit, cause: Cause) => Promise<T>) =>
      work(kit, { actor: { kind: 'system', id: 'test' } }),
    close: async () => {
      await running.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
export type PeopleApp = Awaited<ReturnType<typeof openPeople>>;
