import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { EventTooLarge, InvalidEvent, WrongExpectedVersion } from '#eventsourcing';
import { LIMIT, readingOf, showReadings } from './readings.js';
import { routeLabel } from './route-label.js';
import type { ServiceKit } from './service.js';

/** The numbers of one process, for Prometheus [R52]. Labels name services, processors, topics and routes; never an id or anybody's value. */
export interface Metrics {
  /** Everything as it is now, in Prometheus's text form. Does not reject because a database is away: that is what `rollcall_up` says. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Counts the requests that pass it; it must be the first to see them. */
  readonly countRequests: RequestHandler;
}

declare module 'express-serve-static-core' {
  interface Locals {
    /** The route label of a request that no route of this process answers, for example one handed on. */
    route?: string;
  }
}

/**
 * Opens the metrics of a process, which its services count into from then on. Each process object has a registry of its own.
 * A service that has not told its numbers within `limit` milliseconds counts as away in that scrape.
 */
export function openMetrics(kits: readonly ServiceKit[], limit = LIMIT): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  countAppends(registry, kits);
  countDenials(registry, kits);
  const show = showReadings(registry);
  const underWay = new Set<ServiceKit>();
  const scrape = async () => {
    show(await Promise.all(kits.map((kit) => readingOf(kit, underWay, limit))));
    return registry.metrics();
  };
  // Two scrapes at once share one: the readings of the one must not show up half-way in the other.
  let running: Promise<string> | undefined;
  return {
    text: () => (running ??= scrape().finally(() => (running = undefined))),
    contentType: registry.contentType,
    countRequests: requestCounter(registry),
  };
}

const FAILURES = ['conflict', 'too-large', 'invalid', 'fault'] as const;

/** Why an append failed: another writer was first, a client sent too much, an event does not fit its schema, or the database (or we) did not work. */
function failureOf(error: unknown): (typeof FAILURES)[number] {
  if (error instanceof WrongExpectedVersion) return 'conflict';
  if (error instanceof EventTooLarge) return 'too-large';
  return error instanceof InvalidEvent ? 'invalid' : 'fault';
}

/** Events that say that a limit set by law has passed with nothing done. */
const LEGAL_LIMITS: readonly string[] = ['RegulatorClockPassed', 'RequestOverdue'];

function countAppends(registry: Registry, kits: readonly ServiceKit[]): void {
  const registers = [registry];
  const appended = new Counter({
    name: 'rollcall_events_appended_total',
    help: 'Events this process has made durable since it started',
    labelNames: ['service'],
    registers,
  });
  const seconds = new Histogram({
    name: 'rollcall_append_seconds',
    help: 'From an append to its commit, with what else its transaction did in between',
    labelNames: ['service'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const failures = new Counter({
    name: 'rollcall_append_failures_total',
    help: 'Appends that failed: conflict (another writer was first), too-large, invalid (does not fit its schema), fault (the database, or a bug)',
    labelNames: ['service', 'reason'],
    registers,
  });
  const passed = new Counter({
    name: 'rollcall_legal_limits_passed_total',
    help: 'Limits set by law that passed with nothing done: RegulatorClockPassed (72 hours after a breach was known), RequestOverdue (what somebody asks by right)',
    labelNames: ['event'],
    registers,
  });
  for (const event of LEGAL_LIMITS) passed.inc({ event }, 0);
  for (const { name: service, store } of kits) {
    // Each series exists from the start: Prometheus sees no increase in one that begins at 1.
    appended.inc({ service }, 0);
    seconds.zero({ service });
    for (const reason of FAILURES) failures.inc({ service, reason }, 0);
    store.onAppend((outcome) => {
      if ('error' in outcome) return failures.inc({ service, reason: failureOf(outcome.error) });
      appended.inc({ service }, outcome.recorded.length);
      for (const { name: event } of outcome.recorded) if (LEGAL_LIMITS.includes(event)) passed.inc({ event });
      seconds.observe({ service }, outcome.seconds);
    });
  }
}

/** What the database refuses the service's own role is a bug or an attack: nothing we send should be refused. */
function countDenials(registry: Registry, kits: readonly ServiceKit[]): void {
  const denials = new Counter({
    name: 'rollcall_database_denials_total',
    help: 'Statements the database refused by row-level security or for want of a privilege (SQLSTATE 42501)',
    labelNames: ['service'],
    registers: [registry],
  });
  for (const { name: service, database } of kits) {
    denials.inc({ service }, 0);
    database.onDenied(() => denials.inc({ service }));
  }
}

/** Labels are the route's template, never its path: that holds ids. What no route answers is counted as `none`. */
function requestCounter(registry: Registry): RequestHandler {
  const registers = [registry];
  const requests = new Counter({
    name: 'rollcall_http_requests_total',
    help: 'Requests answered; status 499 where the client left before the answer was complete',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'rollcall_http_request_seconds',
    help: 'From a request to the end of its answer',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const faults = new Counter({
    name: 'rollcall_http_faults_total',
    help: 'Requests answered with a status of 500 or more',
    registers,
  });
  return (request, response, next) => {
    const stop = seconds.startTimer();
    response.on('close', () => {
      const route = routeLabel(request, response);
      const { method } = request;
      const status = response.writableFinished ? response.statusCode : 499;
      stop({ method, route });
      requests.inc({ method, route, status });
      if (status >= 500) faults.inc();
    });
    next();
  };
}

/** Where metrics are served: a port of their own, so that what faces the outside never shows them. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** `METRICS_PORT` and `METRICS_HOST` (loopback unless set); undefined without a port: no metrics then. Throws a sentence on a port that is none. */
export function metricsAddress(env: Readonly<Record<string, string | undefined>>): MetricsAddress | undefined {
  const text = env['METRICS_PORT'];
  if (!text) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error('METRICS_PORT is a port number, 0 to 65535');
  return { host: env['METRICS_HOST'] ?? '127.0.0.1', port };
}

/** Metrics that are being served. */
export interface ServedMetrics {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `GET /metrics` and nothing else. Rejects when the port is taken. */
export async function serveMetrics(metrics: Metrics, { host, port }: MetricsAddress): Promise<ServedMetrics> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics')
      return void response.writeHead(404).end();
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
