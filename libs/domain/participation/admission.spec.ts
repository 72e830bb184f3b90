import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { type ResolvedPolicy, resolvePolicy } from '../policy/policy.js';
import { type AdmissionFacts, admissionVerdict, isEntitled } from './admission.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string): ResolvedPolicy =>
  resolvePolicy(profiles.get(profile)!, groupType);
const party = policyOf('political-party', 'party-group');
const society = policyOf('students-union', 'society');
const young = policyOf('parent-carer-charity', 'young-people');
const team = policyOf('district-councils', 'team-chat');
const staffAndVolunteers = policyOf('parent-carer-charity', 'staff-and-volunteers');

const now = '2026-04-01T09:00:00.000Z';
const end = '2026-05-07T21:00:00.000Z';
const member: AdmissionFacts = {
  now,
  capacity: 'member',
  liveCategories: ['member'],
  hasLeft: false,
  isModerator: false,
  age: { known: true, years: 40 },
  hasLiveConsent: true,
};
const guest: AdmissionFacts = { ...member, capacity: 'guest', liveCategories: [], guestUntil: end };

/** The gates that stay shut, each with the parameter that shut it. */
function shut(policy: ResolvedPolicy, facts: AdmissionFacts): string[] {
  const verdict = admissionVerdict(policy, facts);
  return verdict.admitted ? [] : verdict.reasons.map(({ code, rule }) => `${code} by ${rule.parameter}`);
}
const obligations = (policy: ResolvedPolicy, facts: AdmissionFacts) => {
  const verdict = admissionVerdict(policy, facts);
  return verdict.admitted ? [] : verdict.reasons.flatMap(({ rule }) => rule.obligations);
};

describe('category', () => {
  const cases: readonly [string, ResolvedPolicy, Partial<AdmissionFacts>, string[]][] = [
    ['[LD-03] admits a member', party, {}, []],
    ['[LD-03] admits a registered supporter', party, { liveCategories: ['registered_supporter'] }, []],
    ['[LD-03] refuses somebody of neither', party, { liveCategories: ['staff'] }, ['CategoryNotEligible']],
    ['[HSU-07] admits who has bought the membership', society, { liveCategories: ['society_member'] }, []],
    ['[HSU-07] refuses who has not', society, { liveCategories: ['student_group_member'] }, ['CategoryNotEligible']],
    ['[AMZ-046] admits a serving volunteer', staffAndVolunteers, { liveCategories: ['volunteer'] }, []],
    ['[AMZ-129] admits a current project participant', young, { liveCategories: ['project_participant'] }, []],
    ['[AMZ-129] refuses a young person who is not enrolled', young, { liveCategories: [] }, ['CategoryNotEligible']],
    ['[BR-33] says so of a leaver', team, { liveCategories: [], hasLeft: true }, ['CategoryNotEligible', 'HasLeft']],
    ['[BR-33] admits who left one role and holds another', team, { liveCategories: ['staff'], hasLeft: true }, []],
    ['admits a moderator by the appointment', society, { liveCategories: ['staff'], isModerator: true }, []],
  ];

  it.each(cases)('%s', (_, policy, facts, gates) => {
    expect(shut(policy, { ...member, ...facts })).toEqual(gates.map((gate) => `${gate} by eligible_categories`));
  });

  it('is unchecked where a group type says so, and open to nobody where none is named', () => {
    expect(shut(policyOf('parent-carer-charity', 'unofficial'), { ...member, liveCategories: [] })).toEqual([]);
    expect(isEntitled(['member'], [])).toBe(false);
    expect(isEntitled([], null)).toBe(true);
  });
});

describe('age', () => {
  it.each([
    ['[LD-08] admits on the eighteenth birthday', { known: true, years: 18 }, []],
    ['[LD-08] refuses a person below eighteen', { known: true, years: 17 }, ['TooYoung by min_age']],
    ['[LD-08] refuses a person whose date of birth nobody knows', { known: false }, ['AgeUnknown by min_age']],
  ] as const)('%s', (_, age, gates) => {
    expect(shut(party, { ...member, age })).toEqual(gates);
    expect(shut(party, { ...guest, age })).toEqual(gates);
  });

  it('[AMZ-129] does not ask where no minimum is set', () => {
    const child = { ...member, liveCategories: ['project_participant'] as const, age: { known: false } as const };
    expect(shut(young, child)).toEqual([]);
  });
});

describe('guests', () => {
  const over = { isOver: true, endsAt: end };
  const running = { isOver: false, endsAt: end };
  const cases: readonly [string, ResolvedPolicy, Partial<AdmissionFacts>, string[]][] = [
    ['[LD-04] admits an outsider until a stated end', party, {}, []],
    ['[LD-04] admits an outsider until the end of an activity', party, { activity: running }, []],
    ['[LD-04] refuses a guest without an end', party, { guestUntil: undefined }, ['GuestEndMissing']],
    ['[LD-04] refuses a guest whose end has come', party, { guestUntil: now }, ['GuestEndPassed']],
    ['[LD-04] refuses a guest of an activity that is over', party, { activity: over }, ['ActivityOver']],
    [
      '[LD-04] refuses a guest beyond the activity',
      party,
      { activity: running, guestUntil: '2026-05-07T21:00:00.001Z' },
      ['GuestEndAfterActivity'],
    ],
    ['refuses a guest where a group takes none', team, {}, ['GuestsNotAllowed']],
  ];

  it.each(cases)('%s', (_, policy, facts, gates) => {
    expect(shut(policy, { ...guest, ...facts })).toEqual(gates.map((gate) => `${gate} by guest_access`));
  });
});

describe('consent', () => {
  it('[LD-09] refuses a person without live consent', () => {
    expect(shut(party, { ...member, hasLiveConsent: false })).toEqual(['ConsentMissing by consent_methods']);
    expect(obligations(party, { ...member, hasLiveConsent: false })).toContain('LD-09');
  });

  it('does not ask for consent where a profile does not', () => {
    expect(shut(team, { ...member, liveCategories: ['staff'], hasLiveConsent: false })).toEqual([]);
  });
});

describe('the verdict', () => {
  const facts = { ...member, liveCategories: [], age: { known: false } as const, hasLiveConsent: false };

  it('[LD-03][LD-08][LD-09] names every gate that stays shut, with its obligations', () => {
    expect(shut(party, facts)).toEqual([
      'CategoryNotEligible by eligible_categories',
      'AgeUnknown by min_age',
      'ConsentMissing by consent_methods',
    ]);
    expect(obligations(party, facts)).toEqual(expect.arrayContaining(['LD-03', 'LD-08', 'LD-09']));
  });

  it('says why in one sentence a reason, under the profile’s version', () => {
    const verdict = admissionVerdict(party, facts);
    for (const { because, rule } of verdict.admitted ? [] : verdict.reasons) {
      expect(because).toMatch(/^[A-Z][^.]+\.$/);
      expect(rule.profile).toBe('political-party@1');
    }
    expect.assertions(6);
  });
});
