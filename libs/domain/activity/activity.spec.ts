import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { fold, record } from '../decider.js';
import { activity, activityEnd, isOver } from './activity.js';

const activityId = '0192f0c1-0000-7000-8000-000000000001';
const startsAt = '2026-03-23T00:00:00.000Z';
const end = '2026-05-07T21:00:00.000Z';
const later = '2026-05-14T21:00:00.000Z';
const sixthOfMay = '2026-05-06T12:00:00.000Z';
const eighthOfMay = '2026-05-08T12:00:00.000Z';
const rules = [{ profile: 'political-party@1', parameter: 'guest_access', obligations: ['LD-04', 'LD-05'] }];
const { given } = specify(activity);

const started = record('ActivityStarted', { activityId, kind: 'campaign' as const, startsAt, endsAt: end });
const openEnded = record('ActivityStarted', { activityId, kind: 'role' as const, startsAt });
const extended = record('ActivityExtended', { activityId, endsAt: later, previously: end });
const ended = record('ActivityEnded', { activityId, endedAt: end });
const extend = (endsAt: string) => ({ name: 'Extend' as const, data: { activityId, endsAt, rules } });
const fallDue = { name: 'End', data: { activityId } } as const;
const endAt = (endedAt: string) => ({ name: 'End' as const, data: { activityId, endedAt } });

describe('activity', () => {
  it('is started once, and ends after it starts', () => {
    const start = { name: 'Start', data: started.data } as const;
    given().when(start).expectEvents(started);
    given(started).when(start).expectNothing();
    given()
      .when({ name: 'Start', data: { ...started.data, endsAt: startsAt } })
      .expectRefused('EndsBeforeItStarts');
  });

  it('[LD-04] is extended before its end', () => {
    given(started)
      .when(extend(later), { now: sixthOfMay })
      .expectEvents({ ...extended, rules });
    given(started, extended).when(extend(later), { now: sixthOfMay }).expectNothing();
    given(openEnded)
      .when(extend(later), { now: sixthOfMay })
      .expectEvents(record('ActivityExtended', { activityId, endsAt: later }));
  });

  it('[LD-04] is not extended after its end, whether the end was recorded yet or not', () => {
    const refused = { parameter: 'guest_access', obligations: ['LD-04'] };
    given(started, ended).when(extend(later), { now: eighthOfMay }).expectRefused('ActivityOver', refused);
    given(started).when(extend(later), { now: eighthOfMay }).expectRefused('ActivityOver', refused);
    given(started).when(extend(later), { now: end }).expectRefused('ActivityOver', refused);
  });

  it('refuses a new end that has passed or comes before the planned one', () => {
    given(openEnded).when(extend(end), { now: eighthOfMay }).expectRefused('EndIsInThePast');
    given(openEnded).when(extend(end), { now: end }).expectRefused('EndIsInThePast');
    given(started).when(extend('2026-05-07T20:00:00.000Z'), { now: sixthOfMay }).expectRefused('NotAnExtension');
  });

  it('[LD-05] ends at its planned end by the deadline, once', () => {
    given(started).when(fallDue, { now: eighthOfMay, occurredAt: end }).expectEvents(ended);
    given(started, ended).when(fallDue, { now: eighthOfMay }).expectNothing();
    expect(activity.deadlines!.ActivityStarted!(started.data)).toEqual([
      { schedule: 'end', dueAt: end, command: fallDue },
    ]);
    expect(activity.deadlines!.ActivityStarted!(openEnded.data)).toEqual([]);
  });

  it('[LD-04] is not ended early by the deadline of an end that was extended', () => {
    given(started, extended).when(fallDue, { now: eighthOfMay, occurredAt: end }).expectNothing();
    expect(activity.deadlines!.ActivityExtended!(extended.data)).toEqual([
      { schedule: 'end', dueAt: later, command: fallDue },
    ]);
  });

  it('[LD-05] ends when somebody says it ended, early or reported late, and the deadline goes', () => {
    given(started)
      .when(endAt(sixthOfMay), { now: sixthOfMay })
      .expectEvents(record('ActivityEnded', { activityId, endedAt: sixthOfMay }));
    given(openEnded).when(endAt(end), { now: eighthOfMay }).expectEvents(ended);
    given(started, ended).when(endAt(sixthOfMay), { now: eighthOfMay }).expectNothing();
    expect(activity.deadlines!.ActivityEnded!(ended.data)).toEqual([{ cancel: 'end' }]);
  });

  it('refuses an end that is to come, and one before its start', () => {
    given(started).when(endAt(end), { now: sixthOfMay }).expectRefused('EndIsInTheFuture');
    given(started).when(endAt('2026-03-22T23:59:59.000Z'), { now: sixthOfMay }).expectRefused('EndsBeforeItStarts');
    given(started)
      .when(endAt(startsAt), { now: sixthOfMay })
      .expectEvents(record('ActivityEnded', { activityId, endedAt: startsAt }));
  });

  it.each([extend(later), fallDue])('refuses $name for an activity nobody started', (command) => {
    given().when(command).expectRefused('ActivityUnknown');
  });

  it('[LD-04] knows its end and whether it is over', () => {
    const at = (...events: readonly { name: string; data: object }[]) =>
      fold(
        activity,
        events.map(({ name, data }) => ({ name, data: { ...data }, id: 'e', occurredAt: startsAt })),
      );
    expect([activityEnd(at()), isOver(at(), later)]).toEqual([undefined, false]);
    expect([activityEnd(at(started, extended)), isOver(at(started, extended), eighthOfMay)]).toEqual([later, false]);
    expect([isOver(at(started), end), isOver(at(started), sixthOfMay)]).toEqual([true, false]);
    const early = record('ActivityEnded', { activityId, endedAt: sixthOfMay });
    expect([activityEnd(at(started, early)), isOver(at(started, early), sixthOfMay)]).toEqual([sixthOfMay, true]);
  });
});
