import type { IncomingHttpHeaders } from 'node:http';
import { CloudEvent, HTTP } from 'cloudevents';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { statementId } from '#bus';
import { parseInstant } from '#domain';
import { eventType, typeOf, type EventType, type FeedPayloads } from '#events';
import type { Fault, Statement } from './statements.js';

/** A fault with the CloudEvent's own id, where it has one. */
export type Rejection = Fault & { readonly id?: string };

const Attributes = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1, maxLength: 200 }),
  source: Type.String({ minLength: 1, maxLength: 300 }),
  type: Type.String({ minLength: 1, maxLength: 200 }),
  time: Type.String({ maxLength: 64 }),
});
const attributesForm = Compile(Attributes);

/** How far a source's clock may be ahead of ours, in milliseconds; a time further on would silence every later statement. */
export const AHEAD = 5 * 60_000;

/** True for a CloudEvent in HTTP binary mode: attributes in headers, the body is its data. */
export const isBinary = (headers: IncomingHttpHeaders): boolean => headers['ce-specversion'] !== undefined;

/** The same CloudEvent in its structured form; what is missing stays missing, for `readStatement` to name. */
export function fromBinary(headers: IncomingHttpHeaders, body: unknown): unknown {
  const attribute = (name: string) => headers[`ce-${name}`];
  const [id, time] = [attribute('id'), attribute('time')];
  const bare = {
    specversion: attribute('specversion'),
    id,
    source: attribute('source'),
    type: attribute('type'),
    time,
  };
  if (id === undefined || time === undefined) return bare; // the library would make them up
  try {
    return { ...(HTTP.toEvent({ headers, body }) as CloudEvent<unknown>).toJSON(), time };
  } catch {
    return bare;
  }
}

/**
 * Reads one CloudEvent 1.0 as a statement, as of `now` (house form): attributes, type and data are checked, unknown fields in the
 * data refused. The statement's `source` is the CloudEvent's; the caller makes a plain word of it.
 */
export function readStatement(item: unknown, now: string): Statement | Rejection {
  if (!attributesForm.Check(item)) {
    const fault = attributesForm.Errors(item)[0]!;
    const missing = (fault.params as { requiredProperties?: string[] }).requiredProperties?.[0];
    return {
      ...idOf(item),
      field: missing ?? (fault.instancePath.slice(1) || 'event'),
      rule: missing ? 'must be given' : fault.message,
    };
  }
  const { id, source, type } = item;
  const refuse = (field: string, rule: string): Rejection => ({ id, field, rule });
  const time = parseInstant(item.time);
  if (time === null) return refuse('time', 'must be an RFC 3339 date-time between 1900 and 2200');
  if (Date.parse(time) > Date.parse(now) + AHEAD) return refuse('time', 'must not be in the future');
  const known = eventType(type);
  if (known?.service !== 'feeds') return refuse('type', 'must be a type of statement that feeds may make');
  const { data } = item as { data?: unknown };
  const fault = faultOf(known, data);
  if (fault) return { id, ...fault };
  if (!isCloudEvent(item)) return refuse('event', 'must be a CloudEvent 1.0 with plain attributes in lower case');
  return { id: statementId(source, id), name: known.name, source, time, data } as Statement;
}

function faultOf(type: EventType, data: unknown): Fault | undefined {
  const [fault] = type.faults(data);
  if (!fault) return undefined;
  const space = fault.indexOf(' ');
  const [pointer, rule] = [fault.slice(0, space), fault.slice(space + 1)];
  return {
    field: `data${pointer === '/' ? '' : pointer}`,
    rule: rule === 'schema is false' ? 'is not a field we know' : rule,
  };
}

function idOf(item: unknown): { id?: string } {
  const { id } = (item ?? {}) as { id?: unknown };
  return typeof id === 'string' && id.length <= 200 ? { id } : {};
}

/** What the library accepts for certain; it takes longer over one event than all else that is done to read it. */
const PLAIN = new Set(['specversion', 'id', 'source', 'type', 'time', 'data', 'datacontenttype']);
const PLAIN_SOURCE = /^\/?[A-Za-z0-9_.~-]+(?:\/[A-Za-z0-9_.~-]+)*$/;
const PLAIN_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:[0-5]\d(?:\.\d+)?Z$/;

/** Exported to be proven against the library. */
export function isPlain(item: { source: string; time: string; datacontenttype?: unknown }): boolean {
  const { source, time, datacontenttype = 'application/json' } = item;
  return (
    Object.keys(item).every((name) => PLAIN.has(name)) &&
    datacontenttype === 'application/json' &&
    PLAIN_SOURCE.test(source) &&
    PLAIN_TIME.test(time)
  );
}

function isCloudEvent(item: { source: string; time: string }): boolean {
  if (isPlain(item)) return true;
  try {
    return new CloudEvent(item).validate();
  } catch {
    return false;
  }
}

/** Reads one change of a CRM delta, `{link, category, status, from}`, as the data of a status statement. */
export function readStatus(change: unknown): FeedPayloads['StatusReported'] | Fault {
  const { link, ...rest } = (change ?? {}) as { link?: unknown };
  const data = { subject: link, ...rest };
  return faultOf(eventType(typeOf('feeds', 'StatusReported'))!, data) ?? (data as FeedPayloads['StatusReported']);
}
