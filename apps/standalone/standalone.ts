import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { inProcessTransport } from '#bus';
import { startEmbeddedPostgres } from '#eventsourcing/embedded';
import {
  Answering,
  localControl,
  metricsAddress,
  neighbours,
  publicUrl,
  runProcess,
  ServiceKit,
  tracingFrom,
  type Log,
  type RunningProcess,
} from '#nest';
import { internalTokens, proxiesIn } from '#nest/distributed';
import { keyAuthenticator, tokensOrKeys } from '../gateway/access/authenticator.js';
import { firstOrganisation } from '../gateway/access/first-start.js';
import { CONTROLS } from '../gateway/clock/clock.slice.js';
import { serveDocumentation } from '../gateway/documentation/documentation.js';
import { consent } from '../consent/consent.service.js';
import { gateway } from '../gateway/gateway.service.js';
import { membership } from '../membership/membership.service.js';
import { retention } from '../retention/retention.service.js';

export interface Standalone extends RunningProcess {
  /** The first key, at the very first start on a folder. */
  readonly first: { organisationId: string; key: string } | undefined;
  readonly folder: string;
}

/** A database for the four services, and where the keys that encrypt it are kept. */
export interface Ground {
  readonly ownerUrl: string;
  readonly urlFor: (user: string) => string;
  readonly keys: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

/** Starts the four services in this process on a database, with the bus in process. */
export async function startServices({
  ownerUrl,
  urlFor,
  keys,
  env,
  log,
}: Ground): Promise<RunningProcess & Pick<Standalone, 'first'>> {
  const answering = new Answering();
  const transport = inProcessTransport({ pause: () => answering.quiet() });
  const tracing = await tracingFrom(env, 'standalone');
  const kits = await Promise.all(
    [gateway, membership, consent, retention].map((definition) =>
      ServiceKit.open(definition, {
        url: urlFor(`rollcall_${definition.name}`),
        ownerUrl,
        folder: keys,
        env,
        transport,
        log,
        tracing,
      }),
    ),
  );
  // The services ask each other over HTTP here too, so that both modes run the same code; the secret lives as long as the process.
  const tokens = internalTokens(randomBytes(32).toString('hex'));
  let ownUrl: string | undefined;
  const running = await runProcess({
    kits,
    transport,
    authenticator: tokensOrKeys(tokens.authenticator, keyAuthenticator(kits[0]!)),
    neighbours: neighbours(() => ownUrl, tokens.issue),
    publicUrl: publicUrl(env),
    proxies: proxiesIn(env),
    port: Number(env['PORT'] ?? 3000),
    metrics: metricsAddress(env),
    answering,
    tracing,
    log,
    providers: [{ provide: CONTROLS, useValue: kits.map(localControl) }],
    middleware: serveDocumentation,
  });
  ownUrl = running.url;
  return { ...running, first: await firstOrganisation(kits[0]!, env) };
}

/** Rollcall on a folder of its own: embedded Postgres, the four services, nothing else needed. */
export async function startStandalone(
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<Standalone> {
  const folder = resolve(env['ROLLCALL_DATA'] ?? './data');
  const postgres = await startEmbeddedPostgres(folder);
  try {
    const running = await startServices({
      ownerUrl: postgres.ownerUrl,
      urlFor: postgres.urlFor,
      keys: join(folder, 'keys'),
      env,
      log,
    });
    const stop = () => running.stop().then(() => postgres.stop());
    return { ...running, stop, folder };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
