import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import type { AddressInfo } from 'node:net';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { connectProcessor, type Transport } from '#bus';
import type { Answering } from './answering.js';
import { onBehalfOf, type Log } from './log.js';
import { HealthController, KITS } from './operations.js';
import { NEIGHBOURS, noNeighbours, type Neighbours } from './neighbours.js';
import { AccessGuard, AUTHENTICATOR, type Authenticator } from './principal.js';
import { HttpProblem, problem, ProblemFilter, sendProblem } from './problem.js';
import { PUBLIC_URL } from './public-url.js';
import { idsIn, routeLabel } from './route-label.js';
import { serviceModule, type ServiceKit } from './service.js';
import { limitRequests } from './limits.js';
import type { Tracing } from './tracing.js';
import { watchConsumers } from './consumers.js';
import { openMetrics, serveMetrics, type Metrics, type MetricsAddress, type ServedMetrics } from './metrics.js';

export interface ProcessOptions {
  readonly kits: readonly ServiceKit[];
  readonly transport: Transport;
  readonly authenticator: Authenticator;
  readonly port: number;
  readonly host?: string;
  readonly log: Log;
  /** Served before Nest's own routes: the documentation page, the proxy to other services. */
  readonly middleware?: (app: NestExpressApplication) => void;
  readonly providers?: readonly Provider[];
  /** Where metrics are served; nowhere when left out. */
  readonly metrics?: MetricsAddress;
  /** Requests come from the gateway alone: a request keeps the id it was given there. */
  readonly behindGateway?: boolean;
  /** How its services ask the others; nobody can be reached when left out. */
  readonly neighbours?: Neighbours;
  /** The address people reach the product by, where one is set. */
  readonly publicUrl?: string | undefined;
  /** How many reverse proxies of the organisation's own stand before the product: whose word on a caller's address is taken. */
  readonly proxies?: number;
  /** Is told of its requests; nobody is when left out. */
  readonly answering?: Answering;
  /** Tells of its requests; closed with the process. */
  readonly tracing?: Tracing;
}

export interface RunningProcess {
  readonly app: NestExpressApplication;
  readonly url: string;
  /** Where its metrics are, if they are served. */
  readonly metricsUrl: string | undefined;
  /** Stops intake, then processors, then relay and sweeper, and closes the pools last; within 10 s. */
  stop(): Promise<void>;
}

@Module({})
class RootModule {}

/** Builds the Nest application of a process without starting anything; the OpenAPI document is made from it. */
export async function createApp(
  {
    kits,
    authenticator,
    log,
    middleware,
    providers = [],
    behindGateway = false,
    neighbours = noNeighbours,
    publicUrl,
    proxies = 0,
    answering,
    tracing,
  }: Omit<ProcessOptions, 'port' | 'transport' | 'metrics'>,
  metrics?: Metrics,
): Promise<NestExpressApplication> {
  const root: DynamicModule = {
    module: RootModule,
    global: true, // what every service's module may ask for
    imports: kits.map(serviceModule),
    controllers: [HealthController as Type],
    providers: [
      { provide: KITS, useValue: kits },
      { provide: AUTHENTICATOR, useValue: authenticator },
      { provide: NEIGHBOURS, useValue: neighbours },
      { provide: PUBLIC_URL, useValue: publicUrl },
      { provide: APP_GUARD, useClass: AccessGuard },
      { provide: APP_FILTER, useValue: new ProblemFilter(log) },
      ...providers,
    ],
    exports: [KITS, AUTHENTICATOR, NEIGHBOURS, PUBLIC_URL, ...providers],
  };
  const app = await NestFactory.create<NestExpressApplication>(root, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.set('query parser', 'simple'); // no nested objects from a query string
  app.set('trust proxy', proxies + (behindGateway ? 1 : 0));
  if (answering) app.use(answering.requests);
  if (metrics) app.use(metrics.countRequests);
  app.use(observe(log, behindGateway));
  if (tracing) app.use(tracing.requests);
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          'script-src': ["'self'"],
          'style-src': ["'self'", "'unsafe-inline'"],
          'upgrade-insecure-requests': null,
        },
      },
    }),
  );
  middleware?.(app);
  app.use(limitRequests());
  for (const parser of bodyParsers()) app.use(parser);
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    sendProblem(request, response, error, log),
  );
  return app;
}

/** Starts the process: processors first, then relay and sweeper, HTTP last, so that nothing is taken in before it can be dealt with. */
export async function runProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { kits, transport, log, port, host = '0.0.0.0' } = options;
  const metrics = options.metrics && openMetrics(kits);
  const app = await createApp(options, metrics);
  for (const processor of kits.flatMap((kit) => kit.processors)) connectProcessor(app, processor);
  await app.startAllMicroservices();
  for (const kit of kits) await kit.start();
  const served = metrics && (await serveMetrics(metrics, options.metrics));
  await app.listen(port, host);
  const address = app.getHttpServer().address() as AddressInfo;
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= shutDown(app, options, served));
  const end = (error: Error) => {
    log.fatal({ err: error }, 'A consumer works no longer; the process ends so that it is started anew');
    void stop().finally(() => process.exit(1));
  };
  transport.onFatal(end);
  watchConsumers(
    kits.flatMap((kit) => kit.processors),
    () => transport.answers(),
    end,
  );
  return { app, url: `http://127.0.0.1:${address.port}`, metricsUrl: served?.url, stop };
}

async function shutDown(
  app: NestExpressApplication,
  { kits, transport, log, tracing }: ProcessOptions,
  served: ServedMetrics | undefined,
): Promise<void> {
  const limit = setTimeout(() => {
    log.error('Shutting down took longer than 10 s; what was not committed is done again at the next start');
    process.exit(1);
  }, 10_000);
  const server = app.getHttpServer();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection that was busy when the server closed is kept open by its client after the answer.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  setTimeout(() => server.closeAllConnections(), 5_000).unref();
  await closed;
  clearInterval(idle);
  await served?.close();
  await Promise.all(kits.flatMap((kit) => kit.processors.map((processor) => processor.close())));
  await Promise.all(kits.map((kit) => kit.stop()));
  await transport.close();
  await app.close();
  await tracing?.close();
  clearTimeout(limit);
}

/** Its handler reads the body itself, which may be larger than memory. */
const UPLOAD_PATH = '/v1/captures';
/** What follows it is a secret: the token of an invitation. */
const SECRET_PATH = '/i/';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Gives each request an id, the gateway's where it was handed on, and writes one line when it is answered: method, route, the ids
 * in its path, status, time. No path, query, body or header: what a caller writes there may name somebody.
 */
function observe(log: Log, behindGateway: boolean): RequestHandler {
  return (request, response, next) => {
    const given = behindGateway ? request.headers['x-request-id'] : undefined;
    request.id = typeof given === 'string' && UUID.test(given) ? given : randomUUID();
    response.setHeader('x-request-id', request.id);
    const began = performance.now();
    response.on('finish', () =>
      log.debug(
        {
          requestId: request.id, // the end of an answer may come outside of the request's own flow
          method: request.method,
          route: routeLabel(request, response),
          ids: request.path.startsWith(SECRET_PATH) ? [] : idsIn(request),
          status: response.statusCode,
          ms: Math.round(performance.now() - began),
          tenantId: request.principal?.tenantId,
          keyId: request.principal?.keyId,
        },
        'request',
      ),
    );
    onBehalfOf(request.id, next);
  };
}

const BODY_LIMIT = '1mb';
const CSV_LIMIT = '10mb';

function bodyParsers(): RequestHandler[] {
  const verify = (_request: unknown, _response: unknown, bytes: Buffer) => {
    if (!isUtf8(bytes)) throw new HttpProblem(problem(400, 'invalid-input', 'The body is not valid UTF-8.'));
  };
  return [
    express.json({ limit: BODY_LIMIT, strict: true, type: ['application/json', 'application/*+json'], verify }),
    express.text({ limit: CSV_LIMIT, type: 'text/csv', defaultCharset: 'utf-8', verify }),
    formParser(verify),
    (request, _response, next) => {
      const type = request.headers['content-type'];
      const hasBody = request.headers['content-length'] !== undefined && request.headers['content-length'] !== '0';
      if (request.body === undefined && hasBody && request.method === 'POST' && request.path !== UPLOAD_PATH) {
        return next(
          new HttpProblem(
            problem(
              415,
              'unsupported-type',
              `Send JSON (application/json) or CSV (text/csv)${type ? '' : ' and name it in Content-Type'}.`,
            ),
          ),
        );
      }
      return next(
        tooDeep(request.body)
          ? new HttpProblem(
              problem(
                400,
                'invalid-input',
                'The JSON is nested deeper than 20 levels or a list is longer than 10,000.',
              ),
            )
          : undefined,
      );
    },
  ];
}

const FORM_LIMIT = '16kb';

/** Forms, for the one page that people fill in. */
function formParser(verify: (request: unknown, response: unknown, bytes: Buffer) => void): RequestHandler {
  const parse = express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 20, verify });
  return (request, response, next) => (request.path.startsWith(SECRET_PATH) ? parse(request, response, next) : next());
}

function tooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > 20 || (Array.isArray(value) && value.length > 10_000)) return true;
  return Object.values(value).some((child) => tooDeep(child, depth + 1));
}
