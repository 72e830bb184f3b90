import { afterEach, describe, expect, it } from '@jest/globals';
import { startReceiver, type ReceivedSpan, type Receiver } from '../../libs/testing/otlp.js';
import { connect, type Api } from './client.js';
import { startSystem, type Mode, type System } from './systems.js';

// Five processes and a broker have to start, on a machine that may be busy.
const PATIENCE = 600_000;
const CALLERS = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

let receiver: Receiver | undefined;
let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  await receiver?.close();
  [system, receiver] = [undefined, undefined];
});

/** A party's group with one member, who is called Canaria. */
async function settleIn(api: Api): Promise<void> {
  const must = (path: string, body: object) => api.must(path, body);
  const settle = async () => must('/v1/clock', { to: (await api.get('/v1/clock')).body['now'] });
  await must('/v1/profiles/political-party/activate', { overrides: { '*': { agreement_topics: [] } } });
  await settle();
  const person = (crmId: string, name: string) =>
    must('/v1/people', {
      links: [{ kind: 'crmId', value: crmId }],
      statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
      dateOfBirth: '1980-04-01',
      source: 'crm',
      name,
    });
  const { personId: admin } = await person('C-admin', 'Ben');
  const { personId } = await person('C-canary', 'Canaria Zwitscherling');
  const { groupId } = await must('/v1/groups', {
    name: 'Ward canaries',
    purpose: 'Campaigning',
    groupType: 'party-group',
    admins: [admin],
  });
  await settle();
  const about = { personId, groupId, noticeVersion: 'notice-1' };
  await must('/v1/consents/notices', { ...about, items: ['purpose', 'duration'] });
  await must('/v1/consents', { ...about, scope: ['membership'], purpose: 'campaign', method: 'verbal' });
  await settle();
  await must(`/v1/groups/${groupId as string}/members`, { personId });
  await settle();
}

/** The CRM reports that the member has left; its own trace goes with the request. */
async function reportLeaver({ url, key }: System): Promise<void> {
  const event = {
    specversion: '1.0',
    id: 'leaver-1',
    source: '/crm',
    type: 'rollcall.feeds.LeaverReported.v1',
    time: '2026-06-22T09:01:00.000Z',
    data: { subject: { kind: 'crmId', value: 'C-canary' }, category: 'member', leavesAt: '2026-06-22T08:00:00.000Z' },
  };
  const response = await fetch(`${url}/v1/feeds`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/cloudevents+json',
      traceparent: `00-${CALLERS.traceId}-${CALLERS.spanId}-01`,
    },
    body: JSON.stringify(event),
  });
  expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ accepted: 1 })]);
}

/** The spans from the first known ancestor of a span down to itself. */
function pathTo(span: ReceivedSpan, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const parent = spans.find(({ traceId, spanId }) => traceId === span.traceId && spanId === span.parentSpanId);
  return [...(parent ? pathTo(parent, spans) : []), span];
}

async function traceFromFeedToOrder(mode: Mode): Promise<string[]> {
  receiver = await startReceiver();
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
  system = await startSystem(mode, '2026-06-22T09:00:00.000Z', settings);
  const api = connect(system.url, system.key);
  await settleIn(api);
  await api.must('/v1/clock', { to: '2026-06-22T09:02:00.000Z' });
  await reportLeaver(system);
  const isOrder = ({ name }: ReceivedSpan) => name === 'handle RemovalTaskOpened in gateway.history';
  // Each process sends its spans at its own pace: the order's may come before those it follows from.
  await receiver.until((spans) => spans.some((span) => isOrder(span) && pathTo(span, spans)[0]!.parentSpanId === ''));
  expect(await api.rows('/v1/removal-orders')).toHaveLength(1);
  expect(receiver.text()).not.toMatch(/canari|zwitscherling|C-canary|C-admin/i);

  const order = receiver.spans.find(isOrder)!;
  const path = pathTo(order, receiver.spans);
  expect(path[0]!.links).toEqual([expect.objectContaining(CALLERS)]);
  const { items } = (await api.get('/v1/history?type=RemovalTaskOpened')).body as {
    items: { correlationId: string }[];
  };
  expect(items.map(({ correlationId }) => correlationId.replaceAll('-', ''))).toEqual([order.traceId]);
  return path.map(({ service, name }) => `${service.replace('rollcall-', '')}: ${name}`);
}

const inMembership = [
  'append LeaverDetected',
  'publish LeaverDetected',
  'handle LeaverDetected in membership.removals',
  'append RemovalTaskOpened',
  'publish RemovalTaskOpened',
];
const inHistory = 'handle RemovalTaskOpened in gateway.history';

describe('tracing', () => {
  it(
    'shows one trace from a feed’s request to the removal order in one process',
    async () => {
      expect(await traceFromFeedToOrder('standalone')).toEqual(
        ['POST /v1/feeds', ...inMembership, inHistory].map((name) => `standalone: ${name}`),
      );
    },
    PATIENCE,
  );

  it(
    'shows the same trace over four processes and Kafka',
    async () => {
      expect(await traceFromFeedToOrder('kafka')).toEqual([
        'gateway: POST handed on to membership',
        ...['POST /v1/feeds', ...inMembership].map((name) => `membership: ${name}`),
        `gateway: ${inHistory}`,
      ]);
    },
    PATIENCE,
  );
});
