import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { gapsOf, onDuty, rota, type RotaCommands, type Shift } from './rota.js';

const groupId = '0192f0c1-0000-7000-8000-000000000001';
const ada = '0192f0c1-0000-7000-8000-000000000002';
const ben = '0192f0c1-0000-7000-8000-000000000003';
const weekdays = [1, 2, 3, 4, 5];
const office: Shift = { personId: ada, days: weekdays, from: '09:00', to: '17:00' };
const nights: Shift = { personId: ben, days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '06:00' };
const settled = { groupId, shifts: [office], outOfHours: [{ personId: ben, does: 'rings' }], settledBy: [ada, ben] };
const settling = (more: Partial<RotaCommands['Settle']> = {}) =>
  ({ name: 'Settle', data: { ...settled, moderators: [ada, ben], rules: [], ...more } }) as const;
const unsettling = { name: 'Unsettle', data: { groupId, rules: [] } } as const;
const owed = record('RotaOwed', { groupId });
const done = record('RotaSettled', settled);
const knowing = (personId: string) => ({ name: 'Acknowledge', data: { groupId, personId } }) as const;
const { given } = specify(rota);

describe('a rota', () => {
  it('[AMZ-086] is owed when those who run the group change, until they have settled it', () => {
    given().when(unsettling).expectEvents(owed);
    given(owed).when(unsettling).expectNothing();
    given(owed).when(settling()).expectEvents(done);
    given(owed, done).when(unsettling).expectEvents(owed);
  });

  it('[AMZ-086] is settled between all of them, and gives a turn to nobody else', () => {
    given(owed)
      .when(settling({ settledBy: [ada] }))
      .expectRefused('NotSettledByAll');
    given(owed)
      .when(settling({ moderators: [ben], settledBy: [ben] }))
      .expectRefused('NotAModerator');
  });

  it('[AMZ-036] has each person who is counted on out of hours say that they know, once', () => {
    const known = record('OutOfHoursAcknowledged', { groupId, personId: ben });
    given(done).when(knowing(ben)).expectEvents(known);
    given(done, known).when(knowing(ben)).expectNothing();
    given(done).when(knowing(ada)).expectRefused('NotCountedOn');
    given(done, known, done).when(knowing(ben)).expectEvents(known);
  });
});

describe('turns', () => {
  it.each([
    ['2026-01-12T09:00:00.000Z', [ada], 'a Monday at nine'],
    ['2026-01-12T17:00:00.000Z', [], 'a Monday at five'],
    ['2026-01-17T12:00:00.000Z', [], 'a Saturday at noon'],
    ['2026-01-12T05:59:00.000Z', [ben], 'a Monday before six, by the shift that began on Sunday'],
    ['2026-06-15T08:00:00.000Z', [ada], 'a Monday at nine in summer'],
  ])('[LD-46] at %s have %j: %s', (at, people) => {
    expect(onDuty([office, nights], at, 'Europe/London')).toEqual(people);
  });

  it('[AMZ-086] show the gaps of the week', () => {
    expect(gapsOf([])).toEqual([{ fromDay: 1, from: '00:00', toDay: 7, to: '24:00' }]);
    expect(gapsOf([{ ...office, days: [1] }]).slice(0, 2)).toEqual([
      { fromDay: 1, from: '00:00', toDay: 1, to: '09:00' },
      { fromDay: 1, from: '17:00', toDay: 7, to: '24:00' },
    ]);
    const whole: Shift = { personId: ada, days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00' };
    expect(gapsOf([whole])).toEqual([]);
    expect(gapsOf([{ ...whole, from: '12:00', to: '12:00' }])).toEqual([]);
  });

  it('[AMZ-086] leave a gap exactly where nobody has the turn', () => {
    const clock = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '30'))
      .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${minute}`);
    const shift = fc.record({
      personId: fc.constant(ada),
      days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      from: clock,
      to: clock,
    });
    const minutes = (day: number, time: string) =>
      (day - 1) * 1440 + Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
    fc.assert(
      fc.property(fc.array(shift, { maxLength: 4 }), fc.integer({ min: 0, max: 7 * 1440 - 1 }), (shifts, minute) => {
        const at = new Date(Date.parse('2026-01-12T00:00:00.000Z') + minute * 60_000).toISOString();
        const isInGap = gapsOf(shifts).some(
          (gap) => minutes(gap.fromDay, gap.from) <= minute && minute < minutes(gap.toDay, gap.to),
        );
        expect(isInGap).toBe(onDuty(shifts, at, 'UTC').length === 0);
      }),
    );
  });
});
