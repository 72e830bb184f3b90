import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, type NewEventOf } from '../decider.js';
import { breach, type BreachCommands } from './breach.js';
import { type BreachEvents, type BreachState, missingFrom } from './standing.js';

const breachId = '0192f0c1-0000-7000-8000-000000000071';
const [ann, bea] = ['0192f0c1-0000-7000-8000-000000000072', '0192f0c1-0000-7000-8000-000000000073'];
const holds = ['0192f0c1-0000-7000-8000-000000000074', '0192f0c1-0000-7000-8000-000000000075'];
const awareAt = '2026-03-27T18:00:00.000Z';
const steps = ['delete_messages', 'delete_media', 'tell_manager'];
const about = { breachId, category: 'other' as const, groupIds: [], personIds: [], itemIds: [] };

const person = fc.constantFrom(ann, bea);
const someHolds = fc.subarray(holds);
const command = fc.oneof(
  fc.constant({ name: 'Suggest', data: { ...about, basis: 'not_entitled', basedOn: ann } } as const),
  fc.constant({ name: 'Dismiss', data: { breachId, reason: 'known_already' } } as const),
  fc.boolean().map((inOrder) => {
    const data = { ...about, awareAt, steps: steps.map((step) => ({ step })), inOrder, rules: [] };
    return { name: 'Report', data } as const;
  }),
  fc.tuple(fc.constantFrom(...steps), someHolds, person).map(([step, holdIds, attestedBy]) => {
    const data = { breachId, step, outcome: 'done', attestedBy, holdIds, rules: [], holdRules: [] } as const;
    return { name: 'AttestStep', data } as const;
  }),
  someHolds.map((holdIds) => ({ name: 'KeepEvidence', data: { breachId, holdIds, keptBy: ann } }) as const),
  fc
    .tuple(fc.constantFrom('unlikely', 'likely', 'high'), fc.boolean(), fc.subarray([ann, bea]))
    .map(([risk, report, toTell]) => {
      return { name: 'DecideReporting', data: { breachId, risk, report, toTell, decidedBy: ann } } as const;
    }),
  fc.boolean().map((isDelayExplained) => {
    return { name: 'TellRegulator', data: { breachId, toldBy: ann, isDelayExplained } } as const;
  }),
  fc.subarray([ann, bea]).map((personIds) => {
    return { name: 'TellPeople', data: { breachId, personIds, channel: 'post', toldBy: ann } } as const;
  }),
  fc.constant({ name: 'Close', data: { breachId, outcome: 'contained', closedBy: ann } } as const),
);

/** Plays commands an hour apart; tells of each what it was put to and what came of it. */
function play(commands: readonly CommandOf<BreachCommands>[]) {
  let state: BreachState = breach.initial;
  return commands.map((one, hour) => {
    const now = new Date(Date.parse(awareAt) + hour * 3_600_000).toISOString();
    const rows = breach.decide as unknown as Record<
      string,
      (data: object, state: BreachState, moment: Moment) => Decision<BreachEvents>
    >;
    const before = state;
    const decision = rows[one.name]!(one.data, before, { occurredAt: now, now });
    const events: readonly NewEventOf<BreachEvents>[] = isRefusal(decision) ? decision.evidence : decision;
    const stored = events.map((event) => ({ ...event, data: { ...event.data }, id: '', occurredAt: now }));
    state = fold(breach, stored, before);
    return { one, before, events, after: state };
  });
}

describe('whatever comes, in whatever order', () => {
  it('[BR-43] a breach is closed only with nothing missing, and stays so', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        for (const { before, events, after } of play(commands)) {
          if (after.status === 'closed') expect(missingFrom(after)).toEqual([]);
          if (before.status === 'closed') expect({ events, after }).toEqual({ events: [], after: before });
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('[BR-40] [BR-61] no deletion counts under a hold that nobody has answered', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        for (const { one, before, events } of play(commands)) {
          if (one.name !== 'AttestStep' || events[0]?.name !== 'BreachStepAttested') continue;
          const answered = before.status === 'open' ? before.answeredHolds : new Set();
          const isDeletion = one.data.step.startsWith('delete_');
          expect(isDeletion && one.data.holdIds.some((id) => !answered.has(id))).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('[BR-38] the same command twice adds nothing', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), command, (commands, last) => {
        const twice = play([...commands, last, last]);
        const [first, second] = twice.slice(-2);
        const isTaken = first!.events.length > 0 && first!.events.every(({ name }) => name !== 'BreachStepRefused');
        if (isTaken) expect(second!.events).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
