import type { Attributes, Tracer } from '@opentelemetry/api';
import { newSpanId, newTraceId, type Place } from './trace-place.js';

/** A span that is over. Times are milliseconds since 1970, UTC; attributes hold names, routes, counts and ids, nothing of a person. */
export interface Span {
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'producer' | 'consumer';
  readonly place: Place;
  /** The span it belongs under, in the same trace. */
  readonly parentId?: string;
  readonly links?: readonly Place[];
  readonly began: number;
  readonly ended: number;
  readonly attributes: Attributes;
  /** The name of what went wrong, without a message: those may quote values. */
  readonly failure?: string;
}

/** Where spans go. */
export interface SpanExport {
  /** Hands a span over; never waits and never throws. One that does not fit the queue is dropped. */
  add(span: Span): void;
  /** Whether the spans of a trace are kept. Decided by the trace's id, so that every process decides alike. */
  keeps(traceId: string): boolean;
  /** Sends what is left, for at most two seconds. */
  close(): Promise<void>;
}

const CLOSING = 2_000; // milliseconds

/** Ids are settled before a span begins: the trace is the case's, and other processes name the span without having seen it. */
class SettledIds {
  next: Place = { traceId: newTraceId(), spanId: newSpanId() };
  generateTraceId = () => this.next.traceId;
  generateSpanId = () => this.next.spanId;
}

/**
 * Sends spans to an OTLP receiver over HTTP, in batches. The libraries are loaded only here: without an endpoint no process has them.
 * `url` is the receiver's whole address; `ratio`, 0 to 1, is the share of traces that is kept. Other `OTEL_EXPORTER_OTLP_*` and
 * `OTEL_BSP_*` settings are read by the libraries themselves.
 */
export async function openExport(service: string, url: string, ratio: number): Promise<SpanExport> {
  const [api, sdk, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const ids = new SettledIds();
  const sampler = new sdk.TraceIdRatioBasedSampler(ratio);
  const provider = new sdk.NodeTracerProvider({
    idGenerator: ids,
    sampler,
    resource: resourceOf(service),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer('rollcall');
  return {
    keeps: (traceId) =>
      sampler.shouldSample(api.ROOT_CONTEXT, traceId).decision === sdk.SamplingDecision.RECORD_AND_SAMPLED,
    add: (span) => {
      ids.next = span.place;
      record(api, tracer, span);
    },
    close: async () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, CLOSING).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), limit]);
    },
  };
}

const KINDS = { server: 'SERVER', internal: 'INTERNAL', producer: 'PRODUCER', consumer: 'CONSUMER' } as const;

function record(api: typeof import('@opentelemetry/api'), tracer: Tracer, span: Span): void {
  const contextOf = ({ traceId, spanId }: Place) => ({ traceId, spanId, traceFlags: api.TraceFlags.SAMPLED });
  const { parentId, place, links = [] } = span;
  const parent = parentId && contextOf({ traceId: place.traceId, spanId: parentId });
  const under = parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT;
  const started = tracer.startSpan(
    span.name,
    {
      kind: api.SpanKind[KINDS[span.kind]],
      startTime: span.began,
      attributes: span.attributes,
      links: links.map((link) => ({ context: contextOf(link) })),
    },
    under,
  );
  if (span.failure) {
    started.setAttribute('error.type', span.failure);
    started.setStatus({ code: api.SpanStatusCode.ERROR });
  }
  started.end(span.ended);
}

/** The process as the receiver shows it. */
function resourceOf(service: string) {
  const attributes = { 'service.name': `rollcall-${service}`, 'service.namespace': 'rollcall' };
  const resource = {
    attributes,
    merge: () => resource,
    getRawAttributes: () => Object.entries(attributes),
  };
  return resource;
}
