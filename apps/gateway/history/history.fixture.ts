import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { v7 } from 'uuid';
import { inProcessTransport, toMessage } from '#bus';
import type { Scope } from '#domain';
import { typeOf, type Actor, type RecordedEvent, type Rule, type Service } from '#events';
import { openLog, runProcess, service, ServiceKit } from '#nest';
import { freshDatabase } from '../../../libs/testing/postgres.js';
import { history } from './history.slice.js';

@Module({})
class HistoryAlone {}

/** The gateway with the history and nothing else. */
export const historyService = service('gateway', HistoryAlone, [history]);

/** What a test says of an event; the rest is made up. */
export interface Told {
  readonly tenantId: string;
  readonly name: string;
  readonly data: Record<string, unknown>;
  readonly occurredAt: string;
  readonly service?: Service;
  readonly streamId?: string;
  readonly version?: number;
  readonly actor?: Actor;
  readonly correlationId?: string;
  readonly rules?: readonly Rule[];
}

/** An event as a service would have recorded it. */
export function told({ service: from = 'membership', streamId, version = 1, ...rest }: Told): RecordedEvent {
  return {
    id: v7(),
    type: typeOf(from, rest.name),
    streamId: streamId ?? `thing-${randomUUID()}`,
    version,
    recordedAt: rest.occurredAt,
    actor: { kind: 'system', id: 'membership.people' },
    correlationId: randomUUID(),
    ...rest,
  };
}

/** An instant of the evening the tests tell of. */
export const at = (minute: number) => `2026-05-07T21:${String(minute).padStart(2, '0')}:00.000Z`;
export const rule = (...obligations: string[]) => ({
  profile: 'political-party@1',
  parameter: 'removal_sla',
  obligations,
});
/** Where events stand in the history. */
export const placesOf = (events: readonly RecordedEvent[]) =>
  events.map(({ id, occurredAt }) => [occurredAt, id]).sort((a, b) => (a.join() < b.join() ? -1 : 1));
/** The names of the events on a page. */
export const namesOf = ({ body }: Reply) => body.items.map(({ name }) => name);

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly type: string | null;
  readonly body: { items: Record<string, unknown>[]; next: string | null; [field: string]: unknown };
}

/** An organisation of its own, whose auditor asks under /v1/history. */
export interface Organisation {
  readonly tenantId: string;
  readonly keyId: string;
  readonly recorded: readonly RecordedEvent[];
  readonly get: (path: string) => Promise<Reply>;
  readonly names: (path: string) => Promise<unknown[]>;
}

/** A running gateway that hears what the test tells it. */
export interface Gateway {
  readonly kit: ServiceKit;
  /** A new organisation that has heard these events. */
  readonly organisation: (...events: Omit<Told, 'tenantId'>[]) => Promise<Organisation>;
  /** A key of an organisation with these scopes. */
  issue(scopes: readonly Scope[], tenantId: string): { keyId: string; key: string };
  /** Publishes the events as their services would; resolves when the history has them. */
  hear(events: readonly RecordedEvent[]): Promise<void>;
  /** Resolves when the history has every event of the gateway's own log, such as the reads so far. */
  settle(): Promise<void>;
  get(path: string, key: string): Promise<Reply>;
  stop(): Promise<void>;
}

/** Starts it on a database of its own, on a manual clock that stands at 1 June 2026, 09:00 UTC. */
export async function openGateway(): Promise<Gateway> {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-history-'));
  const [log, transport] = [openLog('history', 'silent'), inProcessTransport()];
  const kit = await ServiceKit.open(historyService, {
    url: database.urlFor(`gateway_${database.name}`, 'test'),
    ownerUrl: database.ownerUrl,
    folder,
    env: { ROLLCALL_CLOCK: 'manual:2026-06-01T09:00:00.000Z' },
    transport,
    log,
  });
  const principals = new Map<string, { tenantId: string; keyId: string; scopes: readonly Scope[] }>();
  const running = await runProcess({
    kits: [kit],
    transport,
    authenticator: { authenticate: (key) => Promise.resolve(principals.get(key)) },
    port: 0,
    log,
  });
  const issue = (scopes: readonly Scope[], tenantId: string) => {
    const [key, keyId] = [randomUUID(), randomUUID()];
    principals.set(key, { tenantId, keyId, scopes });
    return { keyId, key };
  };
  const get = async (path: string, key: string): Promise<Reply> => {
    const response = await fetch(new URL(path, running.url), { headers: { authorization: `Bearer ${key}` } });
    const text = await response.text();
    const type = response.headers.get('content-type');
    const isJson = type?.startsWith('application/json') ?? false;
    return { status: response.status, text, type, body: (isJson ? JSON.parse(text) : {}) as Reply['body'] };
  };
  let position = 0;
  const hear = async (events: readonly RecordedEvent[]) => {
    const sequenced = events.map((event) => {
      const { id: _id, type: _type, name: _name, tenantId: _tenant, streamId: _stream, version: _v, ...body } = event;
      return { ...event, position: ++position, body: JSON.stringify(body) };
    });
    await transport.publish(sequenced.map(toMessage));
  };
  return {
    kit,
    organisation: async (...events) => {
      const tenantId = randomUUID();
      const { keyId, key } = issue(['auditor'], tenantId);
      const recorded = events.map((event) => told({ ...event, tenantId }));
      await hear(recorded);
      const ask = (path: string) => get(`/v1/history${path}`, key);
      return { tenantId, keyId, recorded, get: ask, names: async (path) => namesOf(await ask(path)) };
    },
    issue,
    hear,
    settle: async () => {
      for (;;) {
        const [row] = await kit.database.asRelay((tx) =>
          tx.query<{ settled: boolean }>(
            'select published = head and not exists (select from pending) as settled from sequencer',
          ),
        );
        if (row!.settled) return;
        kit.nudge();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    get,
    stop: async () => {
      await running.stop();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}
