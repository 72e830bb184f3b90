import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ServiceKit, type Progress } from '#nest';
import { evaluate, metricNames, parseScrape, type Sample, type Scrapes } from '../../libs/testing/prometheus.js';
import { openApp, type TestApp } from './testing.js';

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: { readonly summary?: string; readonly action?: string };
}
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const file = (name: string) => readFileSync(new URL(`../../ops/${name}`, import.meta.url), 'utf8');
const rules = (parse(file('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(file('dashboard.json')) as { schemaVersion: number; panels: Panel[] };

let app: TestApp;
let quiet: Sample[];
beforeAll(async () => {
  app = await openApp({ env: { METRICS_PORT: '0' } });
  await app.post('/v1/profiles/political-party/activate', {});
  await app.settle();
  quiet = await scrape();
});
afterAll(() => app.close());

async function scrapeText(): Promise<string> {
  const response = await fetch(app.metricsUrl!);
  expect(response.status).toBe(200);
  return response.text();
}
const scrape = async () => parseScrape(await scrapeText());

/** What Prometheus would have after the recording rules. */
function withRecorded(samples: readonly Sample[]): Sample[] {
  const recorded = rules.flatMap(({ record, expr }) =>
    record
      ? evaluate(expr, { before: samples, now: samples }).map((sample): Sample => ({ ...sample, name: record }))
      : [],
  );
  return [...samples, ...recorded];
}

/** The names of all alerts that were ever on. */
const everOn = new Set<string>();

/** The alerts that are on, with the service each is about; how long they must stay so is Prometheus's to count. */
function firing(before: readonly Sample[], now: readonly Sample[]): string[] {
  const scrapes: Scrapes = { before: withRecorded(before), now: withRecorded(now) };
  return rules
    .flatMap(({ alert, expr }) => {
      const on = alert ? evaluate(expr, scrapes) : [];
      if (alert && on.length > 0) everOn.add(alert);
      return on.map(({ labels }) => `${alert} ${labels['service'] ?? labels['processor'] ?? ''}`.trim());
    })
    .sort();
}

/** Alerts beyond those that a quiet installation on a manual clock has. */
async function fires(since = quiet): Promise<string[]> {
  const manual = firing(quiet, quiet);
  return firing(since, await scrape()).filter((alert) => !manual.includes(alert));
}

/** Waits for what the machinery does in its own time. */
async function until<T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const value = (samples: readonly Sample[], name: string, labels: Sample['labels']) =>
  samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([label, of]) => sample.labels[label] === of),
  )?.value;

const somebody = () => ({ links: [{ kind: 'hrId', value: randomUUID() }], name: 'Canaria Ada', source: 'crm' });

async function addPerson(): Promise<string> {
  const { status, body } = await app.post('/v1/people', somebody());
  expect(status).toBe(201);
  return body['personId'] as string;
}

describe('the metrics of a process', () => {
  it('[R52] count events, their publishing and their handling, service by service', async () => {
    const before = await scrape();
    await addPerson();
    await app.settle();
    const after = await scrape();
    const rise = (name: string, labels: Sample['labels']) => value(after, name, labels)! - value(before, name, labels)!;
    const appended = rise('rollcall_events_appended_total', { service: 'membership' });
    expect(appended).toBeGreaterThan(0);
    expect(rise('rollcall_append_seconds_count', { service: 'membership' })).toBeGreaterThan(0);
    expect(rise('rollcall_events_numbered_total', { topic: 'rollcall.membership' })).toBe(appended);
    expect(rise('rollcall_events_published_total', { topic: 'rollcall.membership' })).toBe(appended);
    const handled = after.filter(({ name }) => name === 'rollcall_events_handled_total');
    expect(handled.length).toBeGreaterThan(5);
    for (const { labels, value: n } of handled.filter(({ labels: { topic } }) => topic !== 'rollcall.feeds'))
      expect(n).toBe(value(after, 'rollcall_events_numbered_total', { topic: labels['topic']! }));
  });

  it('[R52] name requests by the template of their route, and what no route answers by nothing', async () => {
    const personId = await addPerson();
    await app.get(`/v1/people/${personId}`);
    await app.get('/v1/nowhere/Canaria');
    const text = await scrapeText();
    const samples = parseScrape(text);
    const requests = (labels: Sample['labels']) => value(samples, 'rollcall_http_requests_total', labels);
    expect(requests({ method: 'GET', route: '/v1/people/:personId', status: '200' })).toBe(1);
    expect(requests({ method: 'GET', route: 'none', status: '404' })).toBe(1);
    expect(value(samples, 'rollcall_http_request_seconds_count', { route: '/v1/people/:personId' })).toBe(1);
    expect(text).not.toContain('Canaria');
  });

  it('[R52] [R58] hold no id and no label but those that name parts of the product', async () => {
    const text = await scrapeText();
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/i);
    const ours = parseScrape(text).filter(({ name }) => name.startsWith('rollcall_'));
    expect(new Set(ours.flatMap(({ labels }) => Object.keys(labels)))).toEqual(
      new Set(['service', 'topic', 'processor', 'reason', 'method', 'route', 'status', 'event', 'le']),
    );
  });

  it('are served on a port of their own and not where the API is', async () => {
    expect((await app.get('/metrics')).status).toBe(404);
    expect(new URL(app.metricsUrl!).port).not.toBe(new URL(app.url).port);
    expect((await fetch(new URL('/', app.metricsUrl))).status).toBe(404);
    expect((await fetch(app.metricsUrl!, { method: 'POST' })).status).toBe(404);
    expect(new URL(app.metricsUrl!).hostname).toBe('127.0.0.1');
  });

  it('are one answer for scrapes that come together', async () => {
    const [one, other] = await Promise.all([scrapeText(), scrapeText()]);
    expect(value(parseScrape(one), 'rollcall_up', { service: 'consent' })).toBe(1);
    expect(other).toContain('rollcall_up{service="retention"} 1');
  });
});

describe('ops/alerts.yml', () => {
  it('[R52] names only metrics that a process exports, and tells what is wrong and what to do', async () => {
    const exported = metricNames(await scrapeText());
    for (const { record } of rules) if (record) exported.add(record);
    for (const { alert, expr, annotations } of rules) {
      expect(namesIn(expr).filter((name) => !exported.has(name))).toEqual([]);
      if (alert) expect([annotations?.summary, annotations?.action]).toEqual([expect.any(String), expect.any(String)]);
    }
  });

  it('[R52] is silent where all is well, but for the manual clock', () => {
    expect(firing(quiet, quiet)).toEqual(
      ['consent', 'gateway', 'membership', 'retention'].map((service) => `RollcallManualClock ${service}`),
    );
  });

  it('[R52] misses a service that no process speaks for', () => {
    const without = quiet.filter(({ labels }) => labels['service'] !== 'consent');
    expect(firing(quiet, without)).toContain('RollcallServiceMissing consent');
  });

  it('[R52] fires when nothing is numbered, and is silent when it goes on', async () => {
    const before = await scrape();
    await whileHeld('select 1 from membership.sequencer for update', async () => {
      await addPerson();
      await moveAlone('membership', minutesAhead((await progressOf('membership')).now, 1));
      expect(value(await scrape(), 'rollcall_events_pending', { service: 'membership' })).toBeGreaterThan(0);
      expect(await fires(before)).toEqual(['RollcallRelayBehind membership']);
    });
    await app.settle();
    expect(await fires(await scrape())).toEqual([]);
  });

  it('[R52] fires when a processor takes nothing, in one process for the publisher too', async () => {
    await whileHeld('lock table retention.inbox in access exclusive mode', async () => {
      await addPerson();
      const before = await until(scrape, (seen) => fallenBehind(seen));
      await moveAlone('membership', minutesAhead((await progressOf('membership')).now, 1));
      const alerts = await fires(before);
      expect(alerts).toContain('RollcallRelayBehind membership');
      expect(alerts.filter((alert) => alert.startsWith('RollcallConsumerBehind retention.')).length).toBeGreaterThan(0);
    });
    await app.settle();
    expect(await fires(await scrape())).toEqual([]);
  });

  it('[R52] fires for a deadline a minute late, and is silent when it has fired', async () => {
    const reference = { recordClass: 'minutes', reference: 'shelf-9', period: 'P1Y', ownerId: await addPerson() };
    const { status } = await app.post('/v1/retention-items', { ...reference, startsAt: '2025-12-01T00:00:00.000Z' });
    expect(status).toBe(201);
    await app.settle();
    const nextDue = (await progressOf('retention')).nextDue!;
    await whileHeld('select 1 from retention.deadlines for update', async () => {
      await moveAlone('retention', minutesAhead(nextDue, 2));
      const late = await scrape();
      expect(value(late, 'rollcall_deadline_lateness_seconds', { service: 'retention' })).toBe(120);
      expect(value(late, 'rollcall_deadlines_due', { service: 'retention' })).toBeGreaterThan(0);
      expect(await fires(late)).toEqual(['RollcallDeadlinesLate retention']);
    });
    await app.moveClock(minutesAhead(nextDue, 2));
    expect(await fires(await scrape())).toEqual([]);
  });

  it('[R52] fires for a limit of the law that passed: a breach nobody told the regulator of, a request nobody answered', async () => {
    const before = await scrape();
    const breach = { category: 'other', awareAt: '2025-12-28T09:00:00Z', description: 'A list was lost' };
    expect((await app.post('/v1/breaches', breach)).status).toBe(201);
    await app.settle();
    expect(await fires(before)).toEqual(['RollcallRegulatorClockPassed']);
    const between = await scrape();
    const request = { kind: 'complaint', identity: 'confirmed', occurredAt: '2025-11-01T09:00:00Z' };
    expect((await app.post('/v1/rights-requests', request)).status).toBe(201);
    await app.settle();
    expect(await fires(between)).toEqual(['RollcallRequestOverdue']);
    expect(await fires(await scrape())).toEqual([]);
  });

  it('[R52] fires when the database refuses an append: for the events, the refusal and the request', async () => {
    const before = await scrape();
    const [role] = await app.asOwner<{ name: string }>(
      "select quote_ident('rollcall_membership_' || current_database()) as name",
    );
    await app.asOwner(`revoke insert on membership.events from ${role!.name}`);
    expect((await app.post('/v1/people', somebody())).status).toBe(500);
    await app.asOwner(`grant insert on membership.events to ${role!.name}`);
    expect(await fires(before)).toEqual([
      'RollcallAppendErrors membership',
      'RollcallDatabaseDenials membership',
      'RollcallRequestsFail',
    ]);
    expect(value(await scrape(), 'rollcall_append_failures_total', { service: 'membership', reason: 'fault' })).toBe(1);
  });

  it('[R52] a scrape goes on when one service’s database is away, and says which', async () => {
    const [role] = await app.asOwner<{ name: string; plain: string }>(
      "select quote_ident('rollcall_consent_' || current_database()) as name, 'rollcall_consent_' || current_database() as plain",
    );
    await app.asOwner(`alter role ${role!.name} nologin`);
    await app.asOwner('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role!.plain]);
    const away = await scrape();
    await app.asOwner(`alter role ${role!.name} login`);
    expect(firing(away, away).filter((alert) => alert.endsWith(' consent'))).toEqual([
      'RollcallDatabaseAway consent',
      'RollcallNotReady consent',
    ]);
    expect(value(away, 'rollcall_deadlines_open', { service: 'consent' })).toBeUndefined();
    expect(value(away, 'rollcall_up', { service: 'membership' })).toBe(1);
    await until(scrape, (seen) => value(seen, 'rollcall_ready', { service: 'consent' }) === 1);
  });

  // Last: what is parked stays so.
  it('[R9] [R52] fires for a parked message', async () => {
    const { transport } = app.nest.get(ServiceKit, { strict: false });
    await transport.publish([
      { topic: 'rollcall.membership', key: 'person-1', headers: {}, value: Buffer.from('not an event') },
    ]);
    expect(await fires(await scrape())).toContain('RollcallMessagesParked retention');
  });

  it('[R52] has no rule that no test above has seen fire', () => {
    expect(rules.flatMap(({ alert }) => alert ?? []).filter((alert) => !everOn.has(alert))).toEqual([]);
  });
});

describe('ops/dashboard.json', () => {
  it('[R52] shows only metrics that a process exports, a title over each', async () => {
    const exported = metricNames(await scrapeText());
    const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr)));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter((name) => !exported.has(name))).toEqual([]);
    expect(dashboard.panels.filter(({ title }) => !title)).toEqual([]);
  });

  it('[R52] shows every metric of ours', async () => {
    const ours = [...metricNames(await scrapeText())].filter((name) => name.startsWith('rollcall_'));
    const shown = new Set(dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr))));
    expect(ours.filter((name) => !shown.has(name) && !/_(sum|count)$/.test(name))).toEqual([]);
  });
});

/** The metrics an expression names. */
function namesIn(expression: string): string[] {
  return expression.match(/\b(?:rollcall|process|nodejs)[_:][\w:]+/g) ?? [];
}

const progressOf = async (service: string) =>
  (await app.get(`/v1/services/${service}/progress`)).body as unknown as Progress;
const minutesAhead = (instant: string, minutes: number) =>
  new Date(Date.parse(instant) + minutes * 60_000).toISOString();

/** Does something while a lock is held that keeps the machinery from its work. */
async function whileHeld(lock: string, work: () => Promise<void>): Promise<void> {
  await app.asOwner('begin');
  try {
    await app.asOwner(lock);
    await work();
  } finally {
    await app.asOwner('rollback');
  }
}

/** Moves the clock of one service without waiting for anything to settle. */
async function moveAlone(service: string, to: string): Promise<void> {
  expect((await app.post(`/v1/services/${service}/clock`, { to })).status).toBe(200);
}

/** Whether retention has yet to handle an event of membership. */
function fallenBehind(samples: readonly Sample[]): boolean {
  const head = value(samples, 'rollcall_events_numbered_total', { service: 'membership' })!;
  return samples.some(
    ({ name, labels, value: n }) =>
      name === 'rollcall_events_handled_total' &&
      labels['service'] === 'retention' &&
      labels['topic'] === 'rollcall.membership' &&
      n < head,
  );
}
