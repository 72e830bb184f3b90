import type { RecordedEvent, Rule } from '#events';

type Payloads = object;
type Names<P> = keyof P & string;

/** A new event as a decider returns it, before it is given an id, a version and times. */
export interface NewEvent<Name extends string = string, Data = object> {
  readonly name: Name;
  readonly data: Data;
  readonly rules?: readonly Rule[];
}

/** Any one of the new events of a payload map. */
export type NewEventOf<P> = { [N in Names<P>]: NewEvent<N, P[N]> }[Names<P>];

/** A rule said no: an expected answer, with the rule that said so and, where the refusal is evidence, the event that records it. */
export interface Refusal<P = Record<string, object>> {
  readonly refused: string;
  /** One plain sentence for the person who asked; names no person. */
  readonly because: string;
  readonly rules: readonly Rule[];
  readonly evidence: readonly NewEventOf<P>[];
}

export type Decision<P> = readonly NewEventOf<P>[] | Refusal<P>;

/** When the thing decided happened (the source's time) and the instant of recording; both ISO 8601 UTC. */
export interface Moment {
  readonly occurredAt: string;
  readonly now: string;
}

/** A change to the deadlines that comes with an event, written in the same transaction. */
export type DeadlineChange =
  | {
      readonly schedule: string;
      readonly dueAt: string;
      readonly command: { readonly name: string; readonly data: object };
    }
  | { readonly cancel: string };

/**
 * The rules of one kind of stream: pure tables from commands to events or a refusal, and from events to state.
 * `deadlines` says which events start or end which deadlines of the stream; firing one issues its command at `dueAt`.
 */
export interface Decider<State, Commands extends Payloads, Events extends Payloads> {
  /** Stream ids are `<category>-<uuid>`; no dash in a category. */
  readonly category: string;
  readonly initial: State;
  readonly decide: {
    readonly [N in Names<Commands>]: (data: Commands[N], state: State, moment: Moment) => Decision<Events>;
  };
  readonly evolve: {
    readonly [N in Names<Events>]: (
      state: State,
      data: Events[N],
      event: Pick<RecordedEvent, 'id' | 'occurredAt' | 'rules'>,
    ) => State;
  };
  readonly deadlines?: { readonly [N in Names<Events>]?: (data: Events[N]) => readonly DeadlineChange[] };
}

/** A command by name with its data. */
export type CommandOf<C> = { [N in Names<C>]: { readonly name: N; readonly data: C[N] } }[Names<C>];

/** Nothing to record: the fact is known already, or the wish is moot. */
export const nothing: readonly never[] = [];

/** One new event, stamped with the rules it was decided under. */
export function record<N extends string, D extends object>(name: N, data: D, ...rules: Rule[]): NewEvent<N, D> {
  return rules.length > 0 ? { name, data, rules } : { name, data };
}

/** Says no. `because` is one plain sentence without personal data; `evidence` is recorded although the wish was refused. */
export function refuse<P = never>(
  refused: string,
  because: string,
  rules: readonly Rule[] = [],
  evidence: readonly NewEventOf<P>[] = [],
): Refusal<P> {
  return { refused, because, rules, evidence };
}

/** True for a refusal, false for events. */
export function isRefusal<P>(decision: Decision<P>): decision is Refusal<P> {
  return !Array.isArray(decision);
}

/** The state after these events. Events a decider has no row for are a bug and throw. */
export function fold<S, C extends object, E extends object>(
  decider: Decider<S, C, E>,
  events: readonly Pick<RecordedEvent, 'name' | 'data' | 'id' | 'occurredAt' | 'rules'>[],
  from: S = decider.initial,
): S {
  const rows = decider.evolve as unknown as Record<
    string,
    (state: S, data: object, event: Pick<RecordedEvent, 'id' | 'occurredAt' | 'rules'>) => S
  >;
  return events.reduce((state, event) => {
    const row = rows[event.name];
    if (!row) throw new Error(`${decider.category} does not know the event ${event.name}`);
    return row(state, event.data, event);
  }, from);
}
