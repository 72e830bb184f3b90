import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { review, reviewsOf, type ReviewPlan } from './review.js';

const reviewId = '0192f0c1-0000-7000-8000-000000000061';
const ann = '0192f0c1-0000-7000-8000-000000000062';
const zone = { timeZone: 'Europe/London' };
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const profiles = loadProfiles();
const plansOf = (id: string, overrides = {}): ReviewPlan[] => {
  const profile = profiles.get(id)!;
  return reviewsOf(profile.groupTypes.map(({ id: groupType }) => resolvePolicy(profile, groupType, overrides)));
};
const party = plansOf('political-party')[0]!;
const council = plansOf('council-citizen-contact')[0]!;
const scheduling = (plan: ReviewPlan) => ({ name: 'Schedule', data: { ...plan, reviewId, ...zone } }) as const;
const scheduled = ({ rules, subject, profile, policyVersion, owner, every }: ReviewPlan, dueAt: string) => ({
  ...record('ReviewScheduled', {
    reviewId,
    subject,
    profile,
    policyVersion,
    every,
    ...zone,
    dueAt,
    ...(owner === undefined ? {} : { owner }),
  }),
  rules,
});
const inForce = '2026-03-01T10:00:00.000Z';
const dueAt = '2027-03-01T10:00:00.000Z';
const waiting = scheduled(party, dueAt);
const due = record('PolicyReviewDue', { reviewId, dueAt });
const declaring = (name: 'DeclareDue' | 'DeclareOverdue') => ({ name, data: { reviewId, dueAt } }) as const;
const reviewing = { name: 'RecordReview', data: { reviewId, outcome: 'stays', reviewedBy: ann } } as const;
const { given } = specify(review);

describe('what a profile asks to be looked at again', () => {
  it('[LD-51] a party’s rules by its compliance and data-protection team, every year', () => {
    expect(party).toMatchObject({
      subject: 'policy',
      owner: 'compliance_and_data_protection_team',
      every: 'P1Y',
      policyVersion: 1,
    });
    expect(party.rules[0]!.obligations).toEqual(['LD-51']);
  });

  it('its times to keep things, where it has any', () => {
    expect(plansOf('council-citizen-contact').map(({ subject }) => subject)).toEqual(['policy', 'schedule']);
    expect(plansOf('political-party').map(({ subject }) => subject)).toEqual(['policy']);
    expect(plansOf('students-union')).toEqual([]);
  });
});

describe('a review', () => {
  it('[LD-51] is due a year after the rules came into force, and begins anew with each version of them', () => {
    given().when(scheduling(party), at(inForce)).expectEvents(waiting);
    given(waiting).when(scheduling(party), at('2026-09-01T10:00:00.000Z')).expectNothing();
    const second = { ...party, policyVersion: 2 };
    given(waiting)
      .when(scheduling(second), at('2026-09-01T10:00:00.000Z'))
      .expectEvents(scheduled(second, '2027-09-01T10:00:00.000Z'));
  });

  it.each([
    ['2024-01-02T09:00:00.000Z', '2024-05-31T23:00:00.000Z'],
    ['2024-05-31T22:59:59.000Z', '2024-05-31T23:00:00.000Z'],
    ['2024-05-31T23:00:00.000Z', '2025-05-31T23:00:00.000Z'],
    ['2026-11-02T09:00:00.000Z', '2027-05-31T23:00:00.000Z'],
  ])('[CN-30] of a council’s rules in force since %s is due at the end of its next day in May, %s', (from, end) => {
    given().when(scheduling(council), at(from)).expectEvents(scheduled(council, end));
  });

  it('counts each of its days from the first one: a leap day comes back', () => {
    const leap = { ...council, firstDue: '2024-02-29', every: 'P1Y' };
    given()
      .when(scheduling(leap), at('2027-03-01T09:00:00.000Z'))
      .expectEvents(scheduled(leap, '2028-03-01T00:00:00.000Z'));
    const hourly = { ...council, firstDue: '2024-02-29', every: 'PT1H' };
    given().when(scheduling(hourly), at(inForce)).expectEvents(scheduled(hourly, '2026-03-01T11:00:00.000Z'));
  });

  it('[LD-51] [CN-30] falls due once, and is overdue four weeks later, once', () => {
    given(waiting).when(declaring('DeclareDue'), at('2027-03-01T09:59:59.999Z')).expectNothing();
    given(waiting).when(declaring('DeclareDue'), at(dueAt)).expectEvents(due);
    given(waiting, due).when(declaring('DeclareDue'), at(dueAt)).expectNothing();
    const overdue = record('PolicyReviewOverdue', { reviewId, dueAt });
    given(waiting, due).when(declaring('DeclareOverdue'), at('2027-03-29T08:59:59.999Z')).expectNothing();
    given(waiting, due).when(declaring('DeclareOverdue'), at('2027-03-29T09:00:00.000Z')).expectEvents(overdue);
    given(waiting, due, overdue).when(declaring('DeclareOverdue'), at('2027-04-29T09:00:00.000Z')).expectNothing();
  });

  it('[LD-51] names version and owner, and sets the next one a year on', () => {
    const reviewed = record('PolicyReviewed', {
      ...reviewing.data,
      owner: 'compliance_and_data_protection_team',
      policyVersion: 1,
      dueAt: '2028-03-01T10:00:05.000Z',
      lateBySeconds: 5,
    });
    given(waiting, due).when(reviewing, at('2027-03-01T10:00:05.000Z')).expectEvents(reviewed);
    const past = { ...waiting, occurredAt: inForce };
    given(past).when(reviewing, at('2026-03-01T09:59:59.999Z')).expectRefused('BeforeInForce');
    const looked = { ...reviewed, occurredAt: '2027-03-01T10:00:05.000Z' };
    given(past, looked).when(reviewing, at('2027-03-01T10:00:04.999Z')).expectRefused('BeforeLastReview');
    given(waiting, due, reviewed).when(declaring('DeclareOverdue'), at('2027-12-01T09:00:00.000Z')).expectNothing();
    const handedOn = { ...reviewing.data, owner: 'legal_team' };
    given(waiting, due)
      .when({ name: 'RecordReview', data: handedOn }, at(dueAt))
      .expectEvents(
        record('PolicyReviewed', {
          ...handedOn,
          policyVersion: 1,
          dueAt: '2028-03-01T10:00:00.000Z',
          lateBySeconds: 0,
        }),
      );
    given().when(reviewing).expectRefused('ReviewUnknown');
  });

  it('goes when no policy asks for it any more, and comes back with one that does', () => {
    const dropped = record('ReviewDropped', { reviewId });
    given(waiting).when({ name: 'Drop', data: { reviewId } }).expectEvents(dropped);
    given().when({ name: 'Drop', data: { reviewId } }).expectNothing();
    given(waiting, dropped).when(declaring('DeclareDue'), at(dueAt)).expectNothing();
    given(waiting, dropped).when(scheduling(party), at(inForce)).expectEvents(waiting);
  });
});
