import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { DeadlineChange, Decider, NewEvent } from '#domain';
import { eventType, typeOf, type Actor, type RecordedEvent, type Rule, type Service } from '#events';
import { integerArray, textArray, uuidArray } from './binary-array.js';
import { EventTooLarge, InvalidEvent } from './errors.js';
import type { Append, Cause } from './store.js';

export type AnyDecider = Pick<Decider<unknown, object, object>, 'category' | 'deadlines'>;
export type Deadlines = ReadonlyMap<string, AnyDecider['deadlines']>;

/** The deadlines that events end, and those that they start or move, by the names of their columns. */
interface DeadlineChanges {
  readonly ended: readonly { readonly stream_id: string; readonly name: string }[];
  readonly started: readonly {
    readonly stream_id: string;
    readonly name: string;
    readonly due_at: string;
    readonly command: string;
    readonly correlation_id: string;
    readonly causation_id: string;
  }[];
}

/** An event that is not stored yet: checked against its schema, its bytes final but for the two instants they begin with. */
export interface Draft {
  readonly streamId: string;
  /** The stream's version before its append; null for whatever it is. */
  readonly base: number | null;
  /** Counts the events of one append to one stream, from 1. */
  readonly nth: number;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** By the source's account; left out where it is the instant of the record. */
  readonly occurredAt: string | undefined;
  readonly context: Context;
  readonly data: Record<string, unknown>;
  /** The body's JSON text after the instants. */
  readonly rest: string;
}

interface Context {
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly rules?: readonly Rule[];
}

const MAX_BODY_BYTES = 262_144;
// The instant of the record is always written in so many characters.
const INSTANTS = Buffer.byteLength('{"occurredAt":,"recordedAt":"2026-01-01T00:00:00.000Z",');
const INSTANT = Buffer.byteLength('"2026-01-01T00:00:00.000Z"');

/**
 * The drafts of one append, whose cause names its case, in order. Throws InvalidEvent when an event does not fit its schema, EventTooLarge
 * over 256 KiB.
 */
export function draftsOf(
  service: Service,
  newId: () => string,
  cause: Cause & { readonly correlationId: string },
  { streamId, expectedVersion, events, occurredAt }: Append,
): Draft[] {
  const base = expectedVersion === 'any' ? null : expectedVersion === 'none' ? 0 : expectedVersion;
  return events.map((event, index) => {
    const { name } = event;
    const type = typeOf(service, name);
    const faults = eventType(type)!.faults(event.data);
    if (faults.length > 0) throw new InvalidEvent(type, faults);
    const context = contextOf(cause, event);
    const data = event.data as Record<string, unknown>;
    const rest = JSON.stringify({ ...context, data }).slice(1);
    if (isTooLarge(rest, occurredAt)) throw new EventTooLarge(type);
    return { streamId, base, nth: index + 1, id: newId(), type, name, occurredAt, context, data, rest };
  });
}

function contextOf({ actor, correlationId, causationId }: Cause & { readonly correlationId: string }, event: NewEvent) {
  const context: { -readonly [K in keyof Context]: Context[K] } = { actor, correlationId };
  if (causationId) context.causationId = causationId;
  if (event.rules && event.rules.length > 0) context.rules = event.rules;
  return context;
}

function isTooLarge(rest: string, occurredAt: string | undefined): boolean {
  const room = MAX_BODY_BYTES - INSTANTS - (occurredAt === undefined ? INSTANT : JSON.stringify(occurredAt).length);
  // A character takes three bytes at most; bytes are counted only where they might not fit.
  return rest.length * 3 > room && Buffer.byteLength(rest) > room;
}

/** The event as recorded at this instant under this version. */
export function recordedAs(draft: Draft, tenantId: string, recordedAt: string, version: number): RecordedEvent {
  const { id, type, name, streamId, occurredAt, context, data } = draft;
  return {
    occurredAt: occurredAt ?? recordedAt,
    recordedAt,
    ...context,
    id,
    type,
    name,
    tenantId,
    streamId,
    version,
    data,
  };
}

/** What `append_events` takes after the organisation and the instant. */
export function parametersOf(drafts: readonly Draft[], { ended, started }: DeadlineChanges): unknown[] {
  const column = <T>(pick: (draft: Draft) => T) => drafts.map(pick);
  return [
    textArray(column(({ streamId }) => streamId)),
    integerArray(column(({ base }) => base)),
    integerArray(column(({ nth }) => nth)),
    uuidArray(column(({ id }) => id)),
    textArray(column(({ type }) => type)),
    textArray(column(({ occurredAt }) => (occurredAt === undefined ? null : JSON.stringify(occurredAt)))),
    textArray(column(({ rest }) => rest)),
    ended.length > 0 ? JSON.stringify(ended) : null,
    ...(started.length > 0 ? columnsOf(started) : NOTHING_STARTED),
  ];
}

const NOTHING_STARTED = [null, null, null, null, null, null];

function columnsOf(started: DeadlineChanges['started']): Buffer[] {
  const column = (name: keyof DeadlineChanges['started'][number]) => started.map((row) => row[name]);
  const texts = (['stream_id', 'name', 'due_at', 'command', 'correlation_id'] as const).map((name) =>
    textArray(column(name)),
  );
  return [...texts, uuidArray(column('causation_id'))];
}

/** What these events do to deadlines; of several changes to one deadline, the last. */
export function deadlineChanges(drafts: readonly Draft[], deadlines: Deadlines): DeadlineChanges {
  const changes = new Map<string, { draft: Draft; change: DeadlineChange }>();
  for (const draft of drafts) {
    const { streamId, name, data } = draft;
    const rows = deadlines.get(streamId.slice(0, streamId.indexOf('-'))) as
      | Record<string, ((data: object) => readonly DeadlineChange[]) | undefined>
      | undefined;
    for (const change of rows?.[name]?.(data) ?? []) {
      const deadline = 'schedule' in change ? change.schedule : change.cancel;
      changes.set(`${streamId}\n${deadline}`, { draft, change });
    }
  }
  const ended: DeadlineChanges['ended'][number][] = [];
  const started: DeadlineChanges['started'][number][] = [];
  for (const { draft, change } of changes.values()) {
    const { streamId, id, context } = draft;
    if ('cancel' in change) ended.push({ stream_id: streamId, name: change.cancel });
    else
      started.push({
        stream_id: streamId,
        name: change.schedule,
        due_at: change.dueAt,
        command: JSON.stringify(change.command),
        correlation_id: context.correlationId,
        causation_id: id,
      });
  }
  return { ended, started };
}

const random = Buffer.alloc(16 * 256);
let used = random.length;
let [msecs, seq] = [0, 0];

/**
 * An id of version 7, later than every one this process gave before: events of one instant keep their order by id. Randomness is drawn for
 * many ids at once, because drawing it costs more than the rest of an id.
 */
export function newEventId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, (used += 16));
  const now = Date.now();
  if (now > msecs) [msecs, seq] = [now, bytes.readUInt32BE(0) >>> 1];
  else if (++seq > 0xffff_ffff) [msecs, seq] = [msecs + 1, 0];
  return v7({ random: bytes, msecs, seq });
}
