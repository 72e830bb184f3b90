import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, RequestHandler, Response } from 'express';
import { traceparentOf, type BusMessage } from '#bus';
import type { RecordedEvent } from '#events';
import { routeLabel } from './route-label.js';
import { openExport, type Span, type SpanExport } from './trace-export.js';
import { inWords, newSpanId, newTraceId, placeIn, spanOf, traceOf, type Place } from './trace-place.js';

/**
 * The spans of one process: requests, appends, publications, handled events. A case is one trace (docs/adr/0011): the trace id is the
 * correlation id, and an event's spans have ids made from the event's, so nothing is stored and a trace goes on over restarts,
 * deadlines and replays. Nothing here ever holds up or fails the work it tells of.
 */
export interface Tracing {
  /** Traces the requests that pass it; it must come before whatever appends or hands on. Its trace becomes that of the first case it leads to. */
  readonly requests: RequestHandler;
  /** Tells of events that have become durable, `seconds` after their append began. */
  appended(service: string, recorded: readonly RecordedEvent[], seconds: number): void;
  /** Runs the publishing of events and tells of each. Rejects as the work does. */
  publishing(events: readonly RecordedEvent[], work: () => Promise<void>): Promise<void>;
  /** The message with the W3C header `traceparent`, for whoever else listens to the topic. */
  stamped(message: BusMessage, event: RecordedEvent): BusMessage;
  /** Runs a processor's handler over events and tells of each. Rejects as the work does. */
  handling(processor: string, events: readonly RecordedEvent[], work: () => Promise<void>): Promise<void>;
  /** Sends what is left, for at most two seconds. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Requests come from the gateway alone: a request belongs under the span it was given there. Else a caller's trace is linked, not joined. */
  readonly behindGateway: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Tracing as the environment asks for it: to the OTLP receiver `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT`
 * with `/v1/traces`; `OTEL_TRACES_SAMPLER_ARG` is the share of cases to keep, 1 unless set. Undefined without an endpoint: nothing is loaded.
 * Throws a sentence on a setting that cannot be.
 */
export async function tracingFrom(
  env: Environment,
  process: string,
  options: TracingOptions = { behindGateway: false },
): Promise<Tracing | undefined> {
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const url = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || (base && `${base.replace(/\/+$/, '')}/v1/traces`);
  if (!url || env['OTEL_SDK_DISABLED'] === 'true') return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is the http(s) address of an OTLP receiver, such as http://localhost:4318',
    );
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  if (!(ratio >= 0 && ratio <= 1))
    throw new Error('OTEL_TRACES_SAMPLER_ARG is the share of cases to trace, from 0 to 1');
  return trace(await openExport(process, url, ratio), options);
}

/** What is being done at the moment in this asynchronous flow. A request's trace is open until it leads to a case. */
interface Doing {
  readonly spanId: string;
  traceId: string | undefined;
  /** Called when the trace is settled. */
  settled?: () => void;
}

/** Tells spans to `spans`. */
export function trace(spans: SpanExport, { behindGateway }: TracingOptions): Tracing {
  const current = new AsyncLocalStorage<Doing>();
  return {
    requests: traceRequests(spans, current, behindGateway),
    appended: (service, recorded, seconds) => {
      const doing = current.getStore();
      for (const event of recorded) spans.add(appendSpan(service, event, seconds, doing));
    },
    publishing: (events, work) =>
      timed(work, (times) => events.forEach((event) => spans.add({ ...publishSpan(event), ...times }))),
    stamped: (message, event) => {
      const traceId = traceOf(event);
      const place = { traceId, spanId: spanOf(event.id, 'publish') };
      return { ...message, headers: { ...message.headers, traceparent: inWords(place, spans.keeps(traceId)) } };
    },
    handling: (processor, events, work) => {
      const handled = events.map((event) => handleSpan(processor, event));
      const [only, ...others] = handled;
      // What a handler of whole pages appends belongs to no event of the page in particular.
      const run = () => (only && others.length === 0 ? current.run({ ...only.place }, work) : work());
      return timed(run, (times) => handled.forEach((span) => spans.add({ ...span, ...times })));
    },
    close: () => spans.close(),
  };
}

/** Milliseconds since 1970, with the fractions that `Date` has not. */
const now = () => performance.timeOrigin + performance.now();
/** Numbers and names only: a message may quote a value. */
const failureOf = (error: unknown) => (error instanceof Error ? error.name : 'unknown');

type Times = Pick<Span, 'began' | 'ended' | 'failure'>;

async function timed(work: () => Promise<void>, tell: (times: Times) => void): Promise<void> {
  const began = now();
  try {
    await work();
    tell({ began, ended: now() });
  } catch (error) {
    tell({ began, ended: now(), failure: failureOf(error) });
    throw error;
  }
}

const topicOf = ({ type }: RecordedEvent) => type.split('.').slice(0, 2).join('.');

function appendSpan(service: string, event: RecordedEvent, seconds: number, doing: Doing | undefined): Span {
  const traceId = traceOf(event);
  if (doing && doing.traceId === undefined) {
    doing.traceId = traceId;
    doing.settled?.();
  }
  const isOurs = doing?.traceId === traceId;
  // Without a flow of its own, such as a deadline's, an event follows from the one that caused it.
  const cause = !doing && event.causationId ? spanOf(event.causationId, 'append') : undefined;
  const ended = now();
  return {
    name: `append ${event.name}`,
    kind: 'internal',
    place: { traceId, spanId: spanOf(event.id, 'append') },
    parentId: isOurs ? doing.spanId : cause,
    links: doing?.traceId && !isOurs ? [{ traceId: doing.traceId, spanId: doing.spanId }] : [],
    began: ended - seconds * 1000,
    ended,
    attributes: { ...eventAttributes(event), 'rollcall.service': service },
  };
}

type Begun = Omit<Span, 'began' | 'ended'>;

function publishSpan(event: RecordedEvent): Begun {
  return {
    name: `publish ${event.name}`,
    kind: 'producer',
    place: { traceId: traceOf(event), spanId: spanOf(event.id, 'publish') },
    parentId: spanOf(event.id, 'append'),
    attributes: { ...eventAttributes(event), 'messaging.destination.name': topicOf(event) },
  };
}

/**
 * Another try of the same event is another span. A statement from the feeds topic was published by its source: its case begins here, with a
 * link to the trace that the source was in.
 */
function handleSpan(processor: string, event: RecordedEvent): Begun {
  const parentId = topicOf(event) === 'rollcall.feeds' ? undefined : spanOf(event.id, 'publish');
  const source = placeIn(traceparentOf(event));
  return {
    name: `handle ${event.name} in ${processor}`,
    kind: 'consumer',
    place: { traceId: traceOf(event), spanId: newSpanId() },
    ...(parentId ? { parentId } : {}),
    ...(source ? { links: [source] } : {}),
    attributes: {
      ...eventAttributes(event),
      'messaging.destination.name': topicOf(event),
      'messaging.consumer.group.name': processor,
    },
  };
}

/** Ids and names: events hold nothing personal, and no field of theirs is told. */
function eventAttributes({ id, type, tenantId }: RecordedEvent) {
  return { 'rollcall.event.id': id, 'rollcall.event.type': type, 'rollcall.organisation.id': tenantId };
}

function traceRequests(spans: SpanExport, current: AsyncLocalStorage<Doing>, behindGateway: boolean): RequestHandler {
  return (request, response, next) => {
    const given = placeIn(request.headers['traceparent']);
    const fallback = (behindGateway && given?.traceId) || newTraceId();
    const doing: Doing = { spanId: newSpanId(), traceId: undefined };
    const here = (): Place => ({ traceId: doing.traceId ?? fallback, spanId: doing.spanId });
    const answer = () => {
      if (!response.headersSent) response.setHeader('traceresponse', inWords(here(), spans.keeps(here().traceId)));
    };
    doing.settled = answer;
    answer();
    // What this process hands on, it hands on under its own span; the caller's is known by the link.
    request.headers['traceparent'] = inWords(here(), spans.keeps(fallback));
    delete request.headers['tracestate'];
    const began = now();
    response.on('close', () => {
      // A service that this request was handed on to has said which case it became.
      doing.traceId ??= placeIn(response.getHeader('traceresponse'))?.traceId;
      const origin: Partial<Span> = behindGateway ? { parentId: given?.spanId } : { links: given ? [given] : [] };
      spans.add({ ...requestSpan(request, response), ...origin, place: here(), began, ended: now() });
    });
    current.run(doing, next);
  };
}

/** Named by the route's template, never by the path: that holds ids. */
function requestSpan(request: Request, response: Response): Omit<Begun, 'place'> {
  const route = routeLabel(request, response);
  const status = response.statusCode;
  return {
    name: `${request.method} ${route}`,
    kind: 'server',
    attributes: {
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': status,
      'rollcall.request.id': request.id,
    },
    ...(status >= 500 ? { failure: String(status) } : {}),
  };
}
