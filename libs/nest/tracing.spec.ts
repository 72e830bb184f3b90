import { readdirSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import type { RecordedEvent } from '#events';
import { decode } from '../bus/cloudevents.js';
import { statement } from '../testing/delivery-messages.js';
import type { Span } from './trace-export.js';
import { placeIn, spanOf, traceOf } from './trace-place.js';
import { trace, tracingFrom, type Tracing } from './tracing.js';

const happened = (more: Partial<RecordedEvent> = {}): RecordedEvent => ({
  id: randomUUID(),
  type: 'rollcall.membership.MemberAdded.v1',
  name: 'MemberAdded',
  tenantId: randomUUID(),
  streamId: `participation-${randomUUID()}`,
  version: 1,
  occurredAt: '2026-01-01T00:00:00.000Z',
  recordedAt: '2026-01-01T00:00:00.000Z',
  actor: { kind: 'system', id: 'test' },
  correlationId: randomUUID(),
  data: {},
  ...more,
});

function open(options = { behindGateway: false }, keeps = true) {
  const spans: Span[] = [];
  const tracing = trace(
    { add: (span) => void spans.push(span), keeps: () => keeps, close: () => Promise.resolve() },
    options,
  );
  return { spans, tracing };
}

/** A request that runs `work` and is then answered; returns the headers as `work` saw them, and the answer's. */
async function ask(tracing: Tracing, headers: Record<string, string>, work: (response: Response) => void = () => {}) {
  const answered = new Map<string, unknown>();
  const request = { method: 'POST', headers: { ...headers }, id: 'r', route: { path: '/v1/things/:thingId' } };
  const response = Object.assign(new EventEmitter(), {
    statusCode: 201,
    headersSent: false,
    locals: {},
    setHeader: (name: string, value: unknown) => answered.set(name, value),
    getHeader: (name: string) => answered.get(name),
  }) as unknown as Response;
  await tracing.requests(request as unknown as Request, response, () => work(response));
  response.emit('close');
  return { onward: request.headers, answered };
}

const callers = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${callers.traceId}-${callers.spanId}-01`;

describe('tracing', () => {
  it('is off, with none of its libraries loaded, unless a receiver is named', async () => {
    expect(await tracingFrom({}, 'consent')).toBeUndefined();
    expect(await tracingFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }, 'c')).toBe(
      undefined,
    );
    const here = new URL('.', import.meta.url);
    const sources = readdirSync(here).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
    const loading = sources.filter((name) =>
      /^(import (?!type)|export ).*@opentelemetry/m.test(readFileSync(new URL(name, here), 'utf8')),
    );
    expect([sources.length > 10, loading]).toEqual([true, []]);
  });

  it('refuses a setting that cannot be, in a sentence that names it', async () => {
    const from = (env: Record<string, string>) => tracingFrom(env, 'consent');
    await expect(from({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' })).rejects.toThrow(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    );
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:9';
    await expect(from({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: 'half' })).rejects.toThrow('SAMPLER_ARG');
  });

  it('does no harm when the receiver is away', async () => {
    const tracing = (await tracingFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, 'consent'))!;
    tracing.appended('consent', [happened()], 0.001);
    await expect(tracing.close()).resolves.toBeUndefined();
  });

  it('gives a request the trace of the first case it leads to, and links the others', async () => {
    const { spans, tracing } = open();
    const [first, second] = [happened(), happened()];
    const { answered } = await ask(tracing, {}, () => tracing.appended('membership', [first, second], 0.01));
    const [one, two, request] = spans;
    expect(request!.place.traceId).toBe(traceOf(first));
    expect(one).toMatchObject({ parentId: request!.place.spanId, place: { spanId: spanOf(first.id, 'append') } });
    expect(two).toMatchObject({ parentId: undefined, links: [request!.place], place: { traceId: traceOf(second) } });
    expect(placeIn(answered.get('traceresponse'))).toEqual(request!.place);
    expect(request!.name).toBe('POST /v1/things/:thingId');
  });

  it('links a caller’s trace at the gateway and joins it to nothing, but belongs under the gateway’s behind it', async () => {
    const outside = open();
    const { onward } = await ask(outside.tracing, { traceparent, tracestate: 'secret=1' });
    const [atGateway] = outside.spans;
    expect(atGateway).toMatchObject({ links: [callers] });
    expect(atGateway!.place.traceId).not.toBe(callers.traceId);
    expect(placeIn(onward['traceparent'])).toEqual(atGateway!.place);
    expect(onward).not.toHaveProperty('tracestate');

    const inside = open({ behindGateway: true });
    await ask(inside.tracing, { traceparent: onward['traceparent']! });
    expect(inside.spans[0]).toMatchObject({
      parentId: atGateway!.place.spanId,
      place: { traceId: atGateway!.place.traceId },
    });
  });

  it('lets the gateway’s span follow the service into the case it answers with', async () => {
    const { spans, tracing } = open();
    await ask(tracing, {}, (response) => void response.setHeader('traceresponse', traceparent));
    expect(spans[0]!.place.traceId).toBe(callers.traceId);
  });

  it('puts what a handler appends under the handler, and tells each try with the name of what failed', async () => {
    const { spans, tracing } = open();
    const event = happened();
    const caused = happened({ correlationId: event.correlationId, causationId: event.id });
    const failing = tracing.handling('consent.removals', [event], () => Promise.reject(new TypeError('Canaria')));
    await expect(failing).rejects.toThrow('Canaria');
    await tracing.handling('consent.removals', [event], async () => tracing.appended('consent', [caused], 0));
    const [failed, appended, handled] = spans;
    expect(failed).toMatchObject({ failure: 'TypeError', parentId: spanOf(event.id, 'publish') });
    expect(JSON.stringify(spans)).not.toContain('Canaria');
    expect(appended!.parentId).toBe(handled!.place.spanId);
    expect(handled!.place.spanId).not.toBe(failed!.place.spanId);
  });

  it('links a statement from the feeds topic to the trace its source was in, and lets its case begin with it', async () => {
    const { spans, tracing } = open();
    const { headers, ...rest } = statement(randomUUID(), '1');
    for (const header of [traceparent, 'Canaria']) {
      const message = { ...rest, headers: { ...headers, traceparent: header }, partition: 0, offset: '0' };
      const { event } = decode(message) as { event: RecordedEvent };
      await tracing.handling('membership.feeds', [event], async () => {});
    }
    const [linked, bare] = spans;
    expect(linked!.links).toEqual([callers]);
    expect(linked!.place.traceId).not.toBe(callers.traceId);
    expect([linked!.parentId, bare!.links]).toEqual([undefined, undefined]);
    expect(JSON.stringify(spans)).not.toContain('Canaria');
  });

  it('puts what a deadline led to under the event that set it', () => {
    const { spans, tracing } = open();
    const causationId = randomUUID();
    tracing.appended('retention', [happened({ causationId })], 0);
    expect(spans[0]!.parentId).toBe(spanOf(causationId, 'append'));
  });

  it('stamps a message with its place, and says whether the trace is kept', () => {
    const event = happened();
    const message = { topic: 't', key: 'k', headers: { ce_id: event.id }, value: Buffer.alloc(0) };
    for (const [keeps, flags] of [
      [true, '01'],
      [false, '00'],
    ] as const) {
      const { headers } = open(undefined, keeps).tracing.stamped(message, event);
      expect(headers).toEqual({
        ce_id: event.id,
        traceparent: `00-${traceOf(event)}-${spanOf(event.id, 'publish')}-${flags}`,
      });
    }
  });

  it.each(['', 'x', `ff-${callers.traceId}-${callers.spanId}-01`, `00-${'0'.repeat(32)}-${callers.spanId}-01`, 7])(
    'takes no place from the header %p',
    (header) => expect(placeIn(header)).toBeUndefined(),
  );
});
