import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { openLog, type RunningProcess } from '#nest';
import { freshDatabase } from '../../libs/testing/postgres.js';
import { startServices } from './standalone.js';

/** An answer with its parsed body. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // What a test looks into; its form is what the test asserts.
  readonly body: Record<string, unknown> & { items?: Record<string, unknown>[]; detail?: string; code?: string };
}

export interface SendOptions {
  /** Another key than the first one; null sends none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The whole product on a throwaway database with a manual clock, and a client with the first key. */
export interface TestApp {
  readonly url: string;
  /** The superuser's connection, for the client programs of Postgres. */
  readonly ownerUrl: string;
  /** Where its metrics are, when `env` gives them a port. */
  readonly metricsUrl: string | undefined;
  /** The Nest application itself. */
  readonly nest: RunningProcess['app'];
  /** Everything it has logged, at the finest level. */
  readonly lines: readonly string[];
  readonly organisationId: string;
  readonly key: string;
  /** The history comes last of all that follows from an event: before it is asked, everything so far is handled. */
  get(path: string, options?: SendOptions): Promise<Reply>;
  /** Sends JSON, or text as it is when the body is a string (name its content-type in headers). */
  post(path: string, body?: unknown, options?: SendOptions): Promise<Reply>;
  /** Moves the clock; every deadline until then has fired and been dealt with when it resolves. */
  moveClock(to: string): Promise<void>;
  /** Resolves when every event so far has been handled by everybody. */
  settle(): Promise<void>;
  /** Another organisation's first key. */
  anotherOrganisation(): Promise<{ organisationId: string; key: string }>;
  /** Runs SQL as the superuser, past every privilege: to look for what must not be there. */
  asOwner<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** Starts the product for a test; its clock stands at `at` and moves only when told. `env` holds further settings. */
export async function openApp({
  at = '2026-01-01T09:00:00.000Z',
  env = {},
}: { at?: string; env?: Readonly<Record<string, string>> } = {}): Promise<TestApp> {
  const database = await freshDatabase();
  const lines: string[] = [];
  const keys = await mkdtemp(join(tmpdir(), 'rollcall-keys-'));
  const running = await startServices({
    ownerUrl: database.ownerUrl,
    // Roles belong to the server, so they carry the database's name.
    urlFor: (user) => database.urlFor(`${user}_${database.name}`, 'test'),
    keys,
    env: { ROLLCALL_CLOCK: `manual:${at}`, PORT: '0', ...env },
    log: openLog('test', 'trace', { write: (line) => void lines.push(line) }),
  });
  const { organisationId, key } = running.first!;
  const owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const send = async (method: string, path: string, body: unknown, options: SendOptions = {}): Promise<Reply> => {
    const credential = options.key === undefined ? key : options.key;
    const response = await fetch(new URL(path, running.url), {
      method,
      headers: {
        ...(credential ? { authorization: `Bearer ${credential}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /application\/(\w+\+)?json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : { text }) as Reply['body'],
    };
  };
  const moveClock = async (to: string) => {
    const reply = await send('POST', '/v1/clock', { to });
    if (reply.status !== 200) throw new Error(`The clock did not move: ${JSON.stringify(reply.body)}`);
  };
  const settle = async () => moveClock(((await send('GET', '/v1/clock', undefined)).body as { now: string }).now);
  return {
    url: running.url,
    ownerUrl: database.ownerUrl,
    metricsUrl: running.metricsUrl,
    nest: running.app,
    lines,
    organisationId,
    key,
    get: async (path, options) => {
      if (path.startsWith('/v1/history')) await settle();
      return send('GET', path, undefined, options);
    },
    post: (path, body, options) => send('POST', path, body, options),
    moveClock,
    settle,
    anotherOrganisation: async () => {
      const { body } = await send('POST', '/v1/organisations', { organisationId: randomUUID(), name: 'Another' });
      return { organisationId: body['organisationId'] as string, key: (body['adminKey'] as { key: string }).key };
    },
    asOwner: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await owner.query(sql, [...parameters])).rows as Row[],
    close: async () => {
      await running.stop();
      await owner.end();
      await database.drop();
      await rm(keys, { recursive: true, force: true });
    },
  };
}
