import { describe, expect, it } from '@jest/globals';
import { type MembershipPayloads } from '#events';
import { specify } from '../../testing/specs.js';
import { fold, record } from '../decider.js';
import { hasLeft, leaverTrigger, liveCategories, person, type PersonCategory } from './person.js';

const personId = '0192f0c1-0000-7000-8000-000000000001';
const may = (day: number, hour = 0) =>
  `2026-05-${String(day).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00.000Z`;
const about = { personId, category: 'staff' as PersonCategory, source: 'hr' };
const { given } = specify(person);

const registered = record('PersonRegistered', { personId, source: 'hr' });
const status = (is: 'active' | 'ended', reportedAt: string, from: string, source = 'hr') => ({
  ...about,
  source,
  status: is,
  from,
  reportedAt,
});
const synced = (...of: Parameters<typeof status>) => record('PersonStatusSynced', status(...of));
const sync = (...of: Parameters<typeof status>) => ({ name: 'SyncStatus' as const, data: status(...of) });
const leaver = (reportedAt: string, leavesAt: string, source = 'hr') => ({ ...about, source, reportedAt, leavesAt });
const announced = (...of: Parameters<typeof leaver>) => record('LeaverAnnounced', leaver(...of));
const report = (...of: Parameters<typeof leaver>) => ({ name: 'ReportLeaver' as const, data: leaver(...of) });
const detected = (reportedAt: string, leftAt: string, source = 'hr') =>
  record('LeaverDetected', { ...about, source, reportedAt, leftAt, trigger: 'role_ended' as const });
const rescinded = (reportedAt: string, source = 'hr') => record('LeaverRescinded', { ...about, source, reportedAt });
const rescind = (reportedAt: string, source = 'hr') => ({
  name: 'RescindLeaver' as const,
  data: { ...about, source, reportedAt },
});
const restored = (restoredAt: string, source = 'hr') => record('EligibilityRestored', { ...about, source, restoredAt });
const fallDue = { name: 'DeclareLeft', data: { personId, category: 'staff' } } as const;
const active = synced('active', may(1), may(1));

const stateOf = (...events: readonly { name: string; data: object }[]) =>
  fold(
    person,
    events.map(({ name, data }) => ({ name, data: { ...data }, id: 'e', occurredAt: may(1) })),
  );

describe('a person becomes known', () => {
  it('is registered once', () => {
    const register = { name: 'Register', data: registered.data } as const;
    given().when(register).expectEvents(registered);
    given(registered).when(register).expectNothing();
  });

  it.each([
    sync('active', may(1), may(1)),
    report(may(1), may(2)),
    rescind(may(1)),
    { name: 'Link', data: { personId, kind: 'hrId', commitment: 'x', source: 'hr', confidence: 'stated' } } as const,
    { name: 'CorrectDateOfBirth', data: { personId, source: 'hr', reportedAt: may(1) } } as const,
    {
      name: 'CorrectDetails' as const,
      data: { personId, fields: ['name' as const], source: 'hr', reportedAt: may(1) },
    },
  ])('refuses $name for nobody registered', (command) => {
    given().when(command).expectRefused('PersonUnknown');
  });

  it('is linked to an outside identifier once, and again only on firmer ground', () => {
    const link = { personId, kind: 'hrId', commitment: 'x', source: 'hr', confidence: 'matched' } as const;
    const linked = record('PersonLinked', link);
    const stated = { ...link, confidence: 'stated' as const };
    given(registered).when({ name: 'Link', data: link }).expectEvents(linked);
    given(registered, linked).when({ name: 'Link', data: link }).expectNothing();
    given(registered, linked).when({ name: 'Link', data: stated }).expectEvents(record('PersonLinked', stated));
    given(registered, record('PersonLinked', stated)).when({ name: 'Link', data: link }).expectNothing();
  });

  it('records which kinds of values were corrected', () => {
    const data = { personId, fields: ['name' as const, 'phone' as const], source: 'hr', reportedAt: may(3) };
    given(registered).when({ name: 'CorrectDetails', data }).expectEvents(record('PersonalDataCorrected', data));
  });

  it('[LD-08] records a corrected date of birth, and not an older statement of it', () => {
    const correction = { personId, source: 'crm', reportedAt: may(3) };
    const corrected = record('DateOfBirthCorrected', correction);
    given(registered).when({ name: 'CorrectDateOfBirth', data: correction }).expectEvents(corrected);
    given(registered, corrected).when({ name: 'CorrectDateOfBirth', data: correction }).expectNothing();
    given(registered, corrected)
      .when({ name: 'CorrectDateOfBirth', data: { ...correction, source: 'hr', reportedAt: may(2) } })
      .expectNothing();
  });
});

describe('a status is stated', () => {
  it('[AMZ-046] records an active status', () => {
    given(registered)
      .when(sync('active', may(1), may(1)), { now: may(2) })
      .expectEvents(active);
  });

  it('changes nothing by the same statement twice, or by an older one', () => {
    given(registered, active)
      .when(sync('active', may(1), may(1)), { now: may(2) })
      .expectNothing();
    given(registered, active)
      .when(sync('ended', '2026-04-30T00:00:00.000Z', may(1)), { now: may(2) })
      .expectNothing();
  });

  it('[BR-33] detects a leaver by a status that has ended', () => {
    given(registered, active)
      .when(sync('ended', may(5), may(4)), { now: may(5) })
      .expectEvents(synced('ended', may(5), may(4)), detected(may(5), may(4)));
  });

  it('announces the leaver of a status that will end', () => {
    given(registered, active)
      .when(sync('ended', may(5), may(9)), { now: may(5) })
      .expectEvents(synced('ended', may(5), may(9)), announced(may(5), may(9)));
  });

  it('[BR-63] detects one end once, whichever source is first', () => {
    given(registered, active, detected(may(5), may(4)))
      .when(sync('ended', may(6), may(4), 'crm'), { now: may(6) })
      .expectEvents(synced('ended', may(6), may(4), 'crm'));
    given(registered, active, synced('ended', may(5), may(4)), detected(may(5), may(4)))
      .when(report(may(6), may(4)), { now: may(6) })
      .expectEvents(synced('ended', may(6), may(4)));
    given(registered, active, detected(may(5), may(4)))
      .when(report(may(6), may(6)), { now: may(6) })
      .expectEvents(synced('ended', may(6), may(6)));
  });

  it('restores whoever is active again after having left', () => {
    given(registered, active, detected(may(5), may(4)))
      .when(sync('active', may(20), may(18)), { now: may(20) })
      .expectEvents(synced('active', may(20), may(18)), restored(may(18)));
    given(registered, active, detected(may(5), may(4)))
      .when(sync('active', may(18), may(18)), { now: may(18) })
      .expectEvents(synced('active', may(18), may(18)), restored(may(18)));
    given(registered, active, detected(may(2), may(4)))
      .when(sync('active', may(4), may(1)), { now: may(4) })
      .expectEvents(synced('active', may(4), may(1)), restored(may(4)));
  });

  it('does not restore anybody by a list that was made before the leave', () => {
    given(registered, active, detected(may(2), may(10)))
      .when(sync('active', may(9), may(1)), { now: may(11) })
      .expectEvents(synced('active', may(9), may(1)));
  });

  it('does not restore anybody before the new start', () => {
    given(registered, active, detected(may(5), may(4)))
      .when(sync('active', may(20), may(25)), { now: may(20) })
      .expectEvents(synced('active', may(20), may(25)));
  });

  it('lets the leaver count where another source says active at the same instant', () => {
    given(registered, active, detected(may(5), may(4)))
      .when(sync('active', may(5), may(1), 'crm'), { now: may(6) })
      .expectEvents(synced('active', may(5), may(1), 'crm'));
    given(registered, synced('active', may(5), may(1), 'crm'))
      .when(report(may(5), may(4)), { now: may(6) })
      .expectEvents(detected(may(5), may(4)));
  });

  it('lets the later of two sources count where they disagree', () => {
    given(registered, synced('active', may(8), may(1), 'crm'))
      .when(sync('ended', may(6), may(5)), { now: may(9) })
      .expectEvents(synced('ended', may(6), may(5)));
  });
});

describe('a leaver is reported', () => {
  it('[LD-37] is detected at once when the time has come, also for a category the person was never seen in', () => {
    given(registered)
      .when(report(may(5), may(5)), { now: may(5) })
      .expectEvents(detected(may(5), may(5)));
  });

  it('[LD-37] is detected three weeks late rather than never', () => {
    given(registered, active)
      .when(report(may(26), may(5)), { now: may(26) })
      .expectEvents(detected(may(26), may(5)));
  });

  it('is announced while the time is to come, with a deadline at that time', () => {
    given(registered, active)
      .when(report(may(5), may(9)), { now: may(5) })
      .expectEvents(announced(may(5), may(9)));
    expect(person.deadlines!.LeaverAnnounced!(leaver(may(5), may(9)))).toEqual([
      { schedule: 'leave:staff', dueAt: may(9), command: fallDue },
    ]);
  });

  it('[AMZ-046] is detected by the deadline, as of the announced time', () => {
    given(registered, active, announced(may(5), may(9)))
      .when(fallDue, { now: may(12), occurredAt: may(9) })
      .expectEvents(detected(may(5), may(9)));
    given(registered, active, announced(may(5), may(9)))
      .when(fallDue, { now: may(9) })
      .expectEvents(detected(may(5), may(9)));
  });

  it('is not detected by a deadline that fires early, twice, or after all was taken back', () => {
    given(registered, announced(may(5), may(9)))
      .when(fallDue, { now: may(8) })
      .expectNothing();
    given(registered, announced(may(5), may(9)), detected(may(5), may(9)))
      .when(fallDue, { now: may(9) })
      .expectNothing();
    given(registered, announced(may(5), may(9)), rescinded(may(6)))
      .when(fallDue, { now: may(9) })
      .expectNothing();
  });

  it('moves the announced time by a later report only', () => {
    given(registered, announced(may(5), may(9)))
      .when(report(may(5), may(9)), { now: may(6) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(report(may(4), may(7)), { now: may(6) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(report(may(4), may(7), 'crm'), { now: may(6) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(report(may(6), may(14)), { now: may(6) })
      .expectEvents(announced(may(6), may(14)));
    given(registered, announced(may(5), may(9)))
      .when(report(may(6), may(3)), { now: may(6) })
      .expectEvents(detected(may(6), may(3)));
  });

  it('does not lose a delayed report to a nightly list that could not yet know', () => {
    given(registered, synced('active', may(6), may(1)))
      .when(report(may(5), may(20)), { now: may(7) })
      .expectEvents(announced(may(5), may(20)));
  });

  it('changes nothing once the source has said, after the leave, that the person is active', () => {
    given(registered, synced('active', may(6), may(1)))
      .when(report(may(4), may(5)), { now: may(7) })
      .expectNothing();
    given(registered, synced('active', may(6), may(1)))
      .when(report(may(4), may(6)), { now: may(7) })
      .expectNothing();
  });

  it('takes the leave back when a later report moves it into the future', () => {
    given(registered, active, detected(may(5), may(4)))
      .when(report(may(6), may(31)), { now: may(6) })
      .expectEvents(rescinded(may(6)), restored(may(6)), announced(may(6), may(31)));
  });

  it.each([
    ['member', 'membership_ended'],
    ['society_member', 'membership_ended'],
    ['service_user', 'membership_ended'],
    ['staff', 'role_ended'],
    ['volunteer', 'role_ended'],
    ['partner_staff', 'role_ended'],
  ] as const)('[LD-37][LD-38] a %s leaves because %s', (category, trigger) => {
    expect(leaverTrigger(category)).toBe(trigger);
  });
});

describe('a leaver report is taken back', () => {
  it('ends the announcement and its deadline before the time', () => {
    given(registered, active, announced(may(5), may(9)))
      .when(rescind(may(6)), { now: may(6) })
      .expectEvents(rescinded(may(6)));
    expect(person.deadlines!.LeaverRescinded!(rescinded(may(6)).data)).toEqual([{ cancel: 'leave:staff' }]);
    expect(person.deadlines!.LeaverDetected!(detected(may(5), may(4)).data)).toEqual([{ cancel: 'leave:staff' }]);
  });

  it('restores the person after the time', () => {
    given(registered, active, detected(may(5), may(9)))
      .when(rescind(may(12)), { now: may(12) })
      .expectEvents(rescinded(may(12)), restored(may(12)));
  });

  it('changes nothing twice, or when it is older than the report', () => {
    given(registered, announced(may(5), may(9)), rescinded(may(6)))
      .when(rescind(may(6)), { now: may(7) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(rescind(may(4)), { now: may(7) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(rescind(may(4), 'crm'), { now: may(7) })
      .expectNothing();
    given(registered, announced(may(5), may(9)))
      .when(rescind(may(5), 'crm'), { now: may(7) })
      .expectNothing();
  });

  it('counts although it overtakes the report it takes back', () => {
    given(registered)
      .when(rescind(may(6)), { now: may(7) })
      .expectEvents(rescinded(may(6)));
    given(registered, rescinded(may(6)))
      .when(report(may(5), may(5)), { now: may(7) })
      .expectNothing();
  });
});

describe('the categories a person is in', () => {
  const cases: readonly [string, readonly { name: string; data: object }[], string, boolean][] = [
    ['from the start of the status', [active], may(1), true],
    ['not before it', [active], '2026-04-30T23:59:59.999Z', false],
    ['up to the announced end', [active, announced(may(5), may(9))], may(8), true],
    ['[AMZ-046] not from the announced end on', [active, announced(may(5), may(9))], may(9), false],
    ['[LD-37] not after having left', [active, detected(may(5), may(4))], may(6), false],
    [
      '[LD-37] not by an earlier statement of a start at the very end',
      [active, detected(may(5), may(1))],
      may(6),
      false,
    ],
    ['again once restored', [active, detected(may(5), may(4)), restored(may(6))], may(6), true],
    ['again when rescinded although never seen', [detected(may(5), may(4)), restored(may(6))], may(6), true],
    ['not by an ended status', [synced('ended', may(5), may(4))], may(6), false],
    ['by the later of two sources', [active, synced('ended', '2026-04-01T00:00:00.000Z', may(1), 'crm')], may(6), true],
    [
      'from a new start announced after the leave',
      [active, detected(may(5), may(4)), synced('active', may(6), may(10))],
      may(10),
      true,
    ],
  ];

  it.each(cases)('%s', (_, events, at, isLive) => {
    expect(liveCategories(stateOf(registered, ...events), at)).toEqual(isLive ? ['staff'] : []);
  });

  it('tells leavers from people no source has spoken of', () => {
    expect(hasLeft(stateOf(registered, active))).toBe(false);
    expect(hasLeft(stateOf(registered, active, detected(may(5), may(4))))).toBe(true);
    expect(hasLeft(stateOf(registered, detected(may(5), may(4)), restored(may(6))))).toBe(false);
  });

  it('keeps categories apart', () => {
    const volunteer: MembershipPayloads['PersonStatusSynced'] = { ...active.data, category: 'volunteer' };
    const state = stateOf(registered, active, record('PersonStatusSynced', volunteer), detected(may(5), may(4)));
    expect(liveCategories(state, may(6))).toEqual(['volunteer']);
  });
});
