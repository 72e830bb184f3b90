import { expect } from '@jest/globals';
import { fold, isRefusal, type CommandOf, type Decider, type Decision, type Moment, type NewEventOf } from '#domain';

/** What a decider answered, to be compared with what the rule says. Each expectation fails the test when it does not hold. */
export interface Answer<Events> {
  /** Exactly these events, in this order. Rules are compared only for the events that name them here. */
  readonly expectEvents: (...events: NewEventOf<Events>[]) => void;
  /** Nothing to record, and no refusal. */
  readonly expectNothing: () => void;
  /** A refusal with this code; by this parameter; answering at least these obligations; recording exactly this evidence. */
  readonly expectRefused: (code: string, by?: RefusedBy<Events>) => void;
}

export interface RefusedBy<Events> {
  readonly parameter?: string;
  readonly obligations?: readonly string[];
  readonly evidence?: readonly NewEventOf<Events>[];
}

/** An event of the past: as a decider returns it, with its id and its own time where the rule looks at them. */
export type Past<Events> = NewEventOf<Events> & { readonly id?: string; readonly occurredAt?: string };

export interface Situation<Commands, Events> {
  /** Decides the command on what is given. `occurredAt` is `now` when left out; both ISO 8601 UTC. */
  readonly when: (command: CommandOf<Commands>, moment?: Partial<Moment>) => Answer<Events>;
}

const NOON = '2026-01-01T12:00:00.000Z';

/** Given these events, when this command comes, expect that: the tests of a decider as sentences. Needs no database and no clock. */
export function specify<State, Commands extends object, Events extends object>(
  decider: Decider<State, Commands, Events>,
): { readonly given: (...events: Past<Events>[]) => Situation<Commands, Events> } {
  return {
    given: (...events) => ({
      when: (command, { now = NOON, occurredAt = now } = {}) => {
        const rows = decider.decide as unknown as Record<
          string,
          (data: object, state: State, moment: Moment) => Decision<Events>
        >;
        const state = fold(decider, events.map(asStored));
        return answer(rows[command.name]!(command.data as object, state, { now, occurredAt }));
      },
    }),
  };
}

function asStored<Events>(event: Past<Events>, index: number) {
  const { name, data, id = `given-${index + 1}`, occurredAt = NOON, rules = [] } = event;
  return { name, data: data as Record<string, unknown>, id, occurredAt, rules };
}

function answer<Events>(decision: Decision<Events>): Answer<Events> {
  const eventsOf = () => (isRefusal(decision) ? { refused: decision.refused } : decision);
  return {
    expectEvents: (...events) => expect(eventsOf()).toEqual(withoutUnnamedRules(decision, events)),
    expectNothing: () => expect(eventsOf()).toEqual([]),
    expectRefused: (code, { parameter, obligations = [], evidence } = {}) => {
      if (!isRefusal(decision)) return expect(decision).toEqual({ refused: code });
      expect(decision.refused).toBe(code);
      if (parameter !== undefined) expect(decision.rules.map((rule) => rule.parameter)).toContain(parameter);
      expect(decision.rules.flatMap((rule) => rule.obligations)).toEqual(expect.arrayContaining([...obligations]));
      if (evidence) expect(decision.evidence).toEqual(withoutUnnamedRules(decision.evidence, evidence));
    },
  };
}

/** The expected events, with the actual rules filled in where the test names none. */
function withoutUnnamedRules<Events>(decision: Decision<Events>, expected: readonly NewEventOf<Events>[]) {
  const actual = isRefusal(decision) ? [] : decision;
  return expected.map((event, index) => {
    const rules = event.rules ?? actual[index]?.rules;
    return rules ? { ...event, rules } : event;
  });
}
