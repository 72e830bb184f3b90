import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { type ResolvedPolicy, resolvePolicy } from '../policy/policy.js';
import type { PersonCategory } from '../person/person.js';
import { type AddingRole, type AdmissionFacts, admissionVerdict, isEntitled } from './admission.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string): ResolvedPolicy =>
  resolvePolicy(profiles.get(profile)!, groupType);
const party = policyOf('political-party', 'party-group');
const society = policyOf('students-union', 'society');
const representative = policyOf('students-union', 'representative');
const citizens = policyOf('council-citizen-contact', 'citizen-conversation');
const young = policyOf('parent-carer-charity', 'young-people');
const team = policyOf('district-councils', 'team-chat');
const users = policyOf('parent-carer-charity', 'users');
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
  route: 'emailed_link',
  adder: { is: 'organisation' },
  lacks: [],
};
const guest: AdmissionFacts = { ...member, capacity: 'guest', liveCategories: [], guestUntil: end };

/** The gates that stay shut, each with the parameter that shut it; the way in is one the policy allows unless said otherwise. */
function shut(policy: ResolvedPolicy, facts: AdmissionFacts, route?: AdmissionFacts['route']): string[] {
  const allowed = policy.parameters.join_routes.value[0] ?? facts.route;
  const verdict = admissionVerdict(policy, { ...facts, route: route ?? allowed });
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
    ['[AMZ-038] lets a colleague in for work', users, { liveCategories: ['staff'], joinedFor: 'work' }, []],
    ['[AMZ-038] lets a colleague in privately', users, { liveCategories: ['staff'], joinedFor: 'private' }, []],
    [
      '[AMZ-038] work needs a role',
      users,
      { liveCategories: ['service_user'], joinedFor: 'work' },
      ['CategoryNotEligible'],
    ],
    [
      '[AMZ-038] of a moderator too',
      users,
      { liveCategories: [], isModerator: true, joinedFor: 'work' },
      ['CategoryNotEligible'],
    ],
    [
      '[AMZ-038] any role will do for a moderator',
      users,
      { liveCategories: ['committee'], isModerator: true, joinedFor: 'work' },
      [],
    ],
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

describe('the way in', () => {
  const cases: readonly [string, ResolvedPolicy, PersonCategory, readonly AdmissionFacts['route'][]][] = [
    [
      '[LD-12] by an admin, an invitation or an emailed link',
      party,
      'member',
      ['admin_add', 'personal_invite', 'emailed_link'],
    ],
    ['[HSU-03] [HSU-08] by an emailed link or a code only', society, 'society_member', ['emailed_link', 'qr']],
    [
      '[HSU-22] by a link of the staff or a code only',
      representative,
      'student_group_member',
      ['staff_issued_link', 'qr'],
    ],
    ['[AMZ-116] by an admin only', young, 'project_participant', ['admin_add']],
    ['[CN-05] there is none', citizens, 'citizen', []],
  ];
  it.each(cases)('%s', (_, policy, category, routes) => {
    for (const route of ['admin_add', 'personal_invite', 'emailed_link', 'qr', 'staff_issued_link'] as const)
      expect(shut(policy, { ...member, liveCategories: [category] }, route)).toEqual(
        routes.includes(route) ? [] : ['RouteNotAllowed by join_routes'],
      );
  });
});

describe('who lets somebody in', () => {
  const by = (...roles: readonly AddingRole[]) => ({ is: 'person', roles, isJoining: false }) as const;
  const child = { ...member, liveCategories: ['project_participant'] } as const;
  const student = { ...member, liveCategories: ['society_member'] } as const;

  it('[AMZ-116] only an admin of the group', () => {
    expect(shut(young, { ...child, adder: by('group_admin') })).toEqual([]);
    expect(shut(young, { ...child, adder: by() })).toEqual(['NotAllowedToAdd by add_authority']);
    expect(shut(young, { ...child, adder: by('staff') })).toEqual(['NotAllowedToAdd by add_authority']);
  });

  it('[HSU-08] [HSU-22] only the committee of a society, and only the staff for representatives', () => {
    expect(shut(society, { ...student, adder: by('committee') })).toEqual([]);
    expect(shut(society, { ...student, adder: by('group_admin') })).toEqual(['NotAllowedToAdd by add_authority']);
    const rep = { ...member, liveCategories: ['student_group_member'] } as const;
    expect(shut(representative, { ...rep, adder: by('staff') })).toEqual([]);
    expect(shut(representative, { ...rep, adder: by('committee') })).toEqual(['NotAllowedToAdd by add_authority']);
  });

  it('whoever follows a link lets themselves in, and nobody adds themselves without one', () => {
    const themselves = { is: 'person', roles: [], isJoining: true } as const;
    expect(shut(society, { ...student, adder: themselves }, 'qr')).toEqual([]);
    expect(shut(young, { ...child, adder: themselves })).toEqual(['NotAllowedToAdd by add_authority']);
  });

  it('a key that speaks for nobody lets nobody in', () => {
    expect(shut(young, { ...child, adder: { is: 'unnamed' } })).toEqual(['NotAllowedToAdd by add_authority']);
  });
});

describe('a bar', () => {
  it('[HSU-28] [AMZ-094] keeps somebody out, entitled or not', () => {
    const student = { ...member, liveCategories: ['society_member'] } as const;
    expect(shut(society, { ...student, bar: {} })).toEqual(['Barred by rejoin_after_removal']);
    expect(obligations(society, { ...student, bar: {} })).toContain('HSU-28');
    expect(shut(young, { ...member, liveCategories: ['project_participant'], bar: { until: end } })).toEqual([
      'Barred by rejoin_after_removal',
    ]);
  });
});

describe('what the group lacks', () => {
  const cover = { code: 'ModerationNotCovered', because: 'No staff.', parameter: 'staff_moderators_min' } as const;
  const texts = { code: 'TextsMissing', because: 'No agreement.', parameter: 'agreement_topics' } as const;
  const child = { ...member, liveCategories: ['project_participant'] } as const;

  it('[AMZ-032] keeps everybody out but those who are to run it', () => {
    expect(shut(young, { ...child, lacks: [cover] })).toEqual(['ModerationNotCovered by staff_moderators_min']);
    expect(shut(young, { ...child, lacks: [cover], isModerator: true })).toEqual([]);
  });

  it('keeps everybody out while texts are missing', () => {
    expect(shut(young, { ...child, lacks: [texts], isModerator: true })).toEqual(['TextsMissing by agreement_topics']);
  });
});

describe('the verdict', () => {
  const facts = {
    ...member,
    route: 'qr' as const,
    adder: { is: 'unnamed' as const },
    bar: {},
    liveCategories: [],
    age: { known: false } as const,
    hasLiveConsent: false,
  };

  it('[LD-03][LD-08][LD-09] names every gate that stays shut, with its obligations', () => {
    expect(shut(party, facts, 'qr')).toEqual([
      'NotAllowedToAdd by add_authority',
      'RouteNotAllowed by join_routes',
      'Barred by rejoin_after_removal',
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
    expect.assertions(12);
  });
});
