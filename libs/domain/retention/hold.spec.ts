import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { covers, hold, type HoldScope } from './hold.js';

const holdId = '0192f0c1-0000-7000-8000-00000000000a';
const groupId = '0192f0c1-0000-7000-8000-00000000000b';
const reviewAt = '2026-08-20T09:00:00.000Z';
const later = '2026-11-20T09:00:00.000Z';
const rules = [{ profile: 'emergency@1', parameter: 'hold_on_inquiry', obligations: ['BR-61'] }];
const placed = record('HoldPlaced', { holdId, scope: { groupId }, reviewAt });
const placing = { name: 'PlaceHold', data: { ...placed.data, rules } } as const;
const demanding = { name: 'DemandReview', data: { holdId, dueAt: reviewAt } } as const;
const reviewing = { name: 'ReviewHold', data: { holdId, reviewAt: later } } as const;
const why = { holdId, reason: 'inquiry_ended' } as const;
const releasing = { name: 'ReleaseHold', data: why } as const;
const { given } = specify(hold);

describe('a hold', () => {
  it('[BR-61] is placed once, with a day on which somebody looks at it again', () => {
    given()
      .when(placing)
      .expectEvents({ ...placed, rules });
    given(placed).when(placing).expectNothing();
  });

  it('is not placed with a review in the past, and not again after its end', () => {
    given().when(placing, { now: reviewAt }).expectRefused('ReviewInThePast');
    given(placed, record('HoldReleased', { holdId })).when(placing).expectRefused('HoldReleased');
  });

  it('asks for a review on that day, once', () => {
    given(placed).when(demanding, { now: '2026-08-20T08:59:59.999Z' }).expectNothing();
    given(placed)
      .when(demanding, { now: reviewAt })
      .expectEvents(record('HoldReviewDue', { holdId, dueAt: reviewAt }));
    given(placed, record('HoldReviewDue', { holdId, dueAt: reviewAt }))
      .when(demanding, { now: later })
      .expectNothing();
  });

  it('goes on with another day when it is still needed', () => {
    const reviewed = record('HoldReviewed', { holdId, reviewAt: later });
    given(placed).when(reviewing).expectEvents(reviewed);
    given(placed, reviewed).when(demanding, { now: reviewAt }).expectNothing();
  });

  it('[BR-61] is released once, for a reason; one of before the reasons is over as well', () => {
    const released = record('HoldReleased', why);
    given(placed, record('HoldReleased', { holdId })).when(releasing).expectNothing();
    given(placed).when(releasing).expectEvents(released);
    given(placed, released).when(releasing).expectNothing();
    given().when(releasing).expectRefused('HoldUnknown');
    given(placed, released).when(reviewing).expectRefused('HoldReleased');
  });
});

describe('what a hold covers', () => {
  const ada = '0192f0c1-0000-7000-8000-00000000000c';
  const item = { groupId, people: [ada, null], incidentId: holdId, startsAt: '2024-02-29T14:05:00.000Z' };

  it.each<[string, HoldScope, boolean]>([
    ['its group', { groupId }, true],
    ['another group', { groupId: ada }, false],
    ['a person who owns it or whom it is about', { personId: ada }, true],
    ['somebody else', { personId: groupId }, false],
    ['its incident', { incidentId: holdId }, true],
    ['another incident', { incidentId: ada }, false],
    ['a time it lies in, to the millisecond', { from: item.startsAt, to: item.startsAt }, true],
    ['a time after it', { from: '2024-02-29T14:05:00.001Z' }, false],
    ['a time before it', { to: '2024-02-29T14:04:59.999Z' }, false],
  ])('[BR-61] %s', (_, scope, isCovered) => {
    expect(covers(scope, item)).toBe(isCovered);
  });

  it('[BR-61] covers only what every named part fits', () => {
    const parts = { groupId, personId: ada, incidentId: holdId, from: item.startsAt, to: item.startsAt };
    fc.assert(
      fc.property(fc.subarray(Object.keys(parts), { minLength: 1 }), fc.boolean(), (names, isSpoilt) => {
        const scope = Object.fromEntries(names.map((name) => [name, parts[name as keyof typeof parts]]));
        const spoilt = isSpoilt ? { ...scope, groupId: ada } : scope;
        expect(covers(spoilt, item)).toBe(!isSpoilt);
      }),
    );
  });
});
