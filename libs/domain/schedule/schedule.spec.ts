import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { schedule, type ScheduleRule, scheduleVersion } from './schedule.js';

const scheduleId = '0192f0c1-0000-7000-8000-000000000001';
const rule: ScheduleRule = {
  recordClass: 'message',
  groupType: '*',
  period: 'P2Y',
  trigger: 'sent',
  atEnd: 'delete',
  basis: 'explicit',
};
const minutes = { ...rule, recordClass: 'minutes', period: 'P7Y' };
const adopting = (...rules: ScheduleRule[]) => ({ name: 'AdoptSchedule', data: { scheduleId, rules } }) as const;
const adopted = (number: number, ...rules: ScheduleRule[]) =>
  record('ScheduleAdopted', { scheduleId, number, contentVersion: scheduleVersion(rules), rules });
const { given } = specify(schedule);

describe('a retention schedule', () => {
  it('[CN-19] is adopted whole, and each version has a number and the fingerprint of its rules', () => {
    given()
      .when(adopting(rule, minutes))
      .expectEvents(adopted(1, rule, minutes));
    given(adopted(1, rule, minutes))
      .when(adopting(minutes))
      .expectEvents(adopted(2, minutes));
  });

  it('is no new version where its rules are the same, in another order too', () => {
    given(adopted(1, rule, minutes))
      .when(adopting(minutes, rule))
      .expectNothing();
    given(adopted(1, rule), adopted(2, minutes)).when(adopting(rule)).expectEvents(adopted(3, rule));
  });

  it('begins with a rule; later it may have none', () => {
    given().when(adopting()).expectRefused('EmptySchedule');
    given(adopted(1, rule)).when(adopting()).expectEvents(adopted(2));
  });

  it('has another fingerprint whatever part of a rule is another', () => {
    const others: Partial<ScheduleRule>[] = [
      { recordClass: '*' },
      { groupType: 'users' },
      { period: 'P3Y' },
      { trigger: 'captured' },
      { atEnd: 'review' },
      { basis: 'implied' },
    ];
    const versions = [rule, ...others.map((other) => ({ ...rule, ...other }))].map((one) => scheduleVersion([one]));
    expect(new Set(versions).size).toBe(7);
    expect(versions[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});
