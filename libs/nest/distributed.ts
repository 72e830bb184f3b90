import { jwtVerify, SignJWT } from 'jose';
import { kafkaTransport, type KafkaOptions } from '#bus/kafka';
import { scopes } from '#domain';
import type { Transport } from '#bus';
import type { Service } from '#events';
import type { Principal } from './call.js';
import type { Progress, ServiceControl } from './control.js';
import { checkBrokers } from './kafka-safety.js';
import { kafkaSecurity } from './kafka-security.js';
import { openLog, plainLog, type Log } from './log.js';
import { metricsAddress } from './metrics.js';
import { requireNode } from './node-version.js';
import { neighbours } from './neighbours.js';
import type { Authenticator } from './principal.js';
import { publicUrl } from './public-url.js';
import { runProcess, type ProcessOptions, type RunningProcess } from './process.js';
import { ServiceKit, type ServiceDefinition } from './service.js';
import { tracingFrom, type Tracing } from './tracing.js';

export { kafkaSecurity };

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that must be there. Throws a sentence that says what to set. */
export function required(env: Environment, name: string, what: string): string {
  const value = env[name];
  if (!value) throw new Error(`Set ${name}: ${what}`);
  return value;
}

/** Where another service listens. Throws a sentence that says what to set. */
export function urlOf(env: Environment, service: string): string {
  const what = `where the ${service} service listens, such as http://127.0.0.1:3001`;
  return required(env, `ROLLCALL_${service.toUpperCase()}_URL`, what);
}

/** How many reverse proxies stand before the product: ROLLCALL_PROXIES, none unless set. Throws a sentence on what is no number. */
export function proxiesIn(env: Environment): number {
  const text = env['ROLLCALL_PROXIES'] || '0';
  if (!/^\d$/.test(text)) throw new Error('ROLLCALL_PROXIES is how many reverse proxies stand before Rollcall, 0 to 9');
  return Number(text);
}

/** Seconds a token between the gateway and a service is good for. */
const TOKEN_LIFE = 60;

/** Signs who a request comes from, for the services behind the gateway and for each other: they trust nobody else's word. */
export function internalTokens(secret: string): {
  issue: (principal: Principal) => Promise<string>;
  authenticator: Authenticator;
} {
  const key = new TextEncoder().encode(secret);
  if (key.length < 32) throw new Error('ROLLCALL_INTERNAL_SECRET must have at least 32 characters');
  const names = { issuer: 'rollcall-gateway', audience: 'rollcall-service', algorithms: ['HS256'] };
  return {
    issue: ({ keyId, tenantId, scopes: granted, system }) =>
      new SignJWT({ tenantId, scopes: granted, ...(system ? { system } : {}) })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(keyId)
        .setIssuer(names.issuer)
        .setAudience(names.audience)
        .setExpirationTime(`${TOKEN_LIFE}s`)
        .sign(key),
    authenticator: {
      authenticate: async (credential) => {
        const verified = await jwtVerify<{ tenantId: string; scopes: string[]; system?: string }>(
          credential,
          key,
          names,
        ).catch(() => undefined);
        if (!verified?.payload.sub) return undefined;
        const { sub: keyId, tenantId, scopes: granted, system } = verified.payload;
        const held = scopes.filter((scope) => granted.includes(scope));
        return { keyId, tenantId, scopes: held, ...(system ? { system } : {}) };
      },
    },
  };
}

/** Steers a service of another process, in the name of an operator. */
export function remoteControl(service: string, url: string, token: () => Promise<string>): ServiceControl {
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}/v1/services/${service}/${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${await token()}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${service} answered ${response.status} to ${path}`);
    return (await response.json()) as T;
  };
  return {
    service,
    progress: () => ask<Progress>('progress'),
    setClock: async (to) => void (await ask('clock', { to })),
  };
}

/** The Kafka transport as the environment describes it: `KAFKA_BROKERS`, for clusters `KAFKA_REPLICATION`, and `kafkaSecurity`. */
export function transportFrom(env: Environment, clientId: string, log: Log): Transport {
  return kafkaTransport(kafkaFrom(env, clientId, log));
}

function kafkaFrom(env: Environment, clientId: string, log: Log): KafkaOptions {
  const write = plainLog(log);
  return {
    brokers: required(env, 'KAFKA_BROKERS', 'host:port of the Kafka brokers, comma-separated').split(','),
    clientId,
    ...kafkaSecurity(env),
    replication: Number(env['KAFKA_REPLICATION'] ?? 1),
    log: (level, message, fields) =>
      level === 'info' ? log.debug(fields, message) : write(level, `${message} ${JSON.stringify(fields)}`),
  };
}

/** Opens one service of a distributed installation from the environment. Rejects with `UnsafeBrokers` where the brokers are not safe enough for it. */
export async function openService(
  definition: ServiceDefinition,
  env: Environment,
  transport: Transport,
  log: Log,
  tracing?: Tracing,
): Promise<ServiceKit> {
  const { name, processors } = definition;
  const topics = [`rollcall.${name}`, ...processors.flatMap((processor) => processor.topics)];
  await checkBrokers(env, kafkaFrom(env, `rollcall-${name}`, log), topics, log, transport);
  return ServiceKit.open(definition, {
    url: required(
      env,
      'ROLLCALL_DATABASE_URL',
      'postgres://user:password@host:port/database of the service’s own role',
    ),
    ...(env['ROLLCALL_DATABASE_OWNER_URL'] ? { ownerUrl: env['ROLLCALL_DATABASE_OWNER_URL'] } : {}),
    env,
    transport,
    log,
    tracing,
  });
}

/**
 * Runs one service behind the gateway as a process of its own, until it is told to stop. `asks` are the services it asks itself, each
 * at its `ROLLCALL_<SERVICE>_URL`.
 */
export async function runService(
  definition: ServiceDefinition,
  env: Environment = process.env,
  asks: readonly Service[] = [],
): Promise<void> {
  const log = openLog(definition.name);
  await untilStopped(log, async () => {
    const { authenticator, issue } = internalTokens(
      required(
        env,
        'ROLLCALL_INTERNAL_SECRET',
        'the secret shared by the gateway and the services, 32 characters or more',
      ),
    );
    const urls = new Map(asks.map((service) => [service, urlOf(env, service)]));
    const transport = transportFrom(env, `rollcall-${definition.name}`, log);
    const tracing = await tracingFrom(env, definition.name, { behindGateway: true });
    const kit = await openService(definition, env, transport, log, tracing);
    return runProcess({
      kits: [kit],
      transport,
      authenticator,
      port: Number(env['PORT'] ?? 3000),
      metrics: metricsAddress(env),
      behindGateway: true,
      neighbours: neighbours((service) => urls.get(service), issue),
      publicUrl: publicUrl(env),
      proxies: proxiesIn(env),
      tracing,
      log,
    } satisfies ProcessOptions);
  });
}

/** Starts a process, says where it listens, and stops it in order at SIGTERM or SIGINT. What keeps it from starting is told in one sentence. */
export async function untilStopped(
  log: Log,
  start: () => Promise<RunningProcess>,
  after: () => Promise<void> = async () => undefined,
): Promise<RunningProcess> {
  try {
    requireNode();
    const running = await start();
    log.info(`Listening on ${running.url}`);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info('Stopping');
        void running
          .stop()
          .then(after)
          .then(() => process.exit(0));
      });
    }
    return running;
  } catch (error) {
    log.fatal({ err: error }, error instanceof Error ? error.message : 'The process could not start');
    await after();
    process.exit(1);
  }
}
