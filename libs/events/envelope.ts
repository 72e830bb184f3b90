/** The rule a decision was made under: which profile version, which of its parameters, which obligations it answers. */
export interface Rule {
  /** `political-party@1`: profile and version. */
  readonly profile: string;
  readonly parameter: string;
  readonly obligations: readonly string[];
}

/** Who did it. Ids only: an API key's, a person's, or the name of one of our own processes. */
export interface Actor {
  readonly kind: 'key' | 'person' | 'feed' | 'system';
  readonly id: string;
  /** The person a system acted for, when it said so. */
  readonly onBehalfOf?: string;
}

/** What every event says besides its data; stored with the data in one text whose bytes never change. */
export interface EventContext {
  /** When it happened, by the source's own account. ISO 8601 UTC, milliseconds. */
  readonly occurredAt: string;
  /** When it was recorded, by the database's clock. ISO 8601 UTC, milliseconds. */
  readonly recordedAt: string;
  readonly actor: Actor;
  /** The case: shared by everything that one outside fact led to. */
  readonly correlationId: string;
  /** The event that led to this one; absent at the start of a case. */
  readonly causationId?: string;
  readonly rules?: readonly Rule[];
}

/** An event as it stands in the store and travels on the bus. */
export interface RecordedEvent<Name extends string = string, Data = Record<string, unknown>> extends EventContext {
  readonly id: string;
  /** Wire name, `rollcall.membership.LeaverDetected.v1`. */
  readonly type: string;
  /** Short name, `LeaverDetected`. */
  readonly name: Name;
  readonly tenantId: string;
  readonly streamId: string;
  /** Place in its stream, from 1. */
  readonly version: number;
  readonly data: Data;
}

/** The union of a payload map's events, told apart by `name`. */
export type EventsOf<Payloads> = { [N in keyof Payloads & string]: RecordedEvent<N, Payloads[N]> }[keyof Payloads &
  string];
