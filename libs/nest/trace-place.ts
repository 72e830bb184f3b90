import { createHash, randomBytes } from 'node:crypto';
import type { RecordedEvent } from '#events';

/** A span by its two W3C ids: 32 and 16 lower-case hexadecimal digits. */
export interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

/** What of an event a span stands for. */
export type Step = 'append' | 'publish';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const NOTHING = /^0+$/;

/** The trace of a case: the 128 bits of its correlation id. Whoever holds an event can name it; nothing has to be stored or carried. */
export function traceOf({ correlationId }: Pick<RecordedEvent, 'correlationId'>): string {
  return correlationId.replaceAll('-', '').toLowerCase();
}

/** The span of one step of one event, the same in every process and after every restart. */
export function spanOf(eventId: string, step: Step): string {
  const id = createHash('sha256').update(`${step} ${eventId.toLowerCase()}`).digest('hex').slice(0, 16);
  return NOTHING.test(id) ? '0000000000000001' : id;
}

/** Ids for what has no event of its own. */
export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');

/** A place in the form of the W3C headers `traceparent` and `traceresponse`. */
export function inWords({ traceId, spanId }: Place, isSampled: boolean): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** The place a header names; undefined where it is missing or malformed, as W3C asks. Never throws. */
export function placeIn(header: unknown): Place | undefined {
  if (typeof header !== 'string' || header.startsWith('ff')) return undefined;
  const [, traceId = '', spanId = ''] = TRACEPARENT.exec(header) ?? [];
  return NOTHING.test(traceId) || NOTHING.test(spanId) || spanId === '' ? undefined : { traceId, spanId };
}
