import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import type { ParameterName } from './parameters.js';
import {
  type OrganisationOverrides,
  type PolicyProfile,
  resolvePolicy,
  ruleOf,
  unsetParameters,
  validateOverrides,
} from './policy.js';

const profiles = loadProfiles();
const profile = (id: string): PolicyProfile => {
  const found = profiles.get(id);
  if (!found) throw new Error(`no profile ${id}`);
  return found;
};
const party = profile('political-party');
const union = profile('students-union');
const charity = profile('parent-carer-charity');
const councils = profile('district-councils');
const contact = profile('council-citizen-contact');

const valueOf = (from: PolicyProfile, groupType: string, name: ParameterName, overrides?: OrganisationOverrides) =>
  resolvePolicy(from, groupType, overrides).parameters[name].value;

describe('what the five documents come to', () => {
  const rows: readonly (readonly [string, PolicyProfile, string, ParameterName, unknown])[] = [
    ['[LD-03] members and supporters', party, 'party-group', 'eligible_categories', ['member', 'registered_supporter']],
    ['[LD-04] guests for a limited time', party, 'party-group', 'guest_access', 'time_boxed'],
    ['[LD-08] nobody under eighteen', party, 'party-group', 'min_age', 18],
    [
      '[LD-09] [LD-10] [LD-12] consent first',
      party,
      'party-group',
      'consent_methods',
      ['verbal', 'written', 'link_opt_in'],
    ],
    ['[LD-11] purpose and duration', party, 'party-group', 'notice_items', ['purpose', 'duration']],
    ['[LD-06] a regular review', party, 'party-group', 'roster_review_every', 'P30D'],
    ['[LD-35] chats no longer used go', party, 'party-group', 'deletion_by', 'admin'],
    ['[HSU-03] [HSU-08] a society mails a link or code', union, 'society', 'join_routes', ['emailed_link', 'qr']],
    ['[HSU-22] staff send out the link', union, 'representative', 'join_routes', ['staff_issued_link', 'qr']],
    ['[HSU-04] numbers are never collected', union, 'society', 'phone_storage', 'never'],
    ['[HSU-19] the union watches', union, 'representative', 'staff_moderators_min', { min: 1, per_members: null }],
    ['[CN-16] no contact under thirteen', contact, 'citizen-conversation', 'min_age', 13],
    ['[CN-19] as the schedule says', contact, 'citizen-conversation', 'retention_period', 'schedule'],
    ['[CN-17] records must last', contact, 'citizen-conversation', 'disappearing_messages', 'incompatible'],
    ['[AMZ-129] young people may join theirs', charity, 'young-people', 'min_age', null],
    [
      '[AMZ-105] nothing after eight',
      charity,
      'young-people',
      'quiet_hours',
      { from: '20:00', to: '08:00', mode: 'rule' },
    ],
    ['[AMZ-032] staff moderate users', charity, 'users', 'staff_moderators_min', { min: 1, per_members: null }],
    ['[AMZ-056] staff alone need nobody', charity, 'staff-only', 'staff_moderators_min', { min: 0, per_members: null }],
    ['[AMZ-076] members share moderation', charity, 'forum-steering', 'co_moderators', ['named_member']],
    [
      '[AMZ-031] [AMZ-082] the agreement goes round yearly',
      charity,
      'wider-forum',
      'agreement_recirculate_every',
      'P1Y',
    ],
    [
      '[AMZ-073] a forum’s steering group follows the rules of staff and volunteers',
      charity,
      'forum-steering',
      'content_rules',
      valueOf(charity, 'staff-and-volunteers', 'content_rules'),
    ],
    ['[AMZ-070] members of unofficial groups decide', charity, 'unofficial', 'eligible_categories', null],
    ['[BR-64] a contacts directory', councils, 'emergency-response', 'phone_storage', 'contacts_directory'],
    ['keeps no numbers of a team chat', councils, 'team-chat', 'phone_storage', 'never'],
  ];

  it.each(rows)('%s', (_rule, from, groupType, name, value) => {
    expect(valueOf(from, groupType, name)).toEqual(value);
  });

  it('[BR-09] [BR-10] [BR-11] [BR-12] [BR-13] [BR-14] [BR-15] [BR-16] [BR-21] gives the verdict of each audience', () => {
    const care = { sensitive: 'never', non_sensitive: 'with_care', unknown: 'never' };
    const shut = { sensitive: 'never', non_sensitive: 'never', unknown: 'never' };
    expect(valueOf(councils, 'team-chat', 'audience_matrix')).toEqual({
      colleague: care,
      partner: care,
      customer: shut,
      public: { sensitive: 'never', non_sensitive: 'via_comms', unknown: 'never' },
      citizen: shut,
    });
  });

  it('[LD-05] [LD-39] states two removal deadlines and leaves the others to the default', () => {
    expect(valueOf(party, 'party-group', 'removal_sla')).toEqual({
      membership_ended: 'P2D',
      activity_ended: 'P2D',
      role_ended: 'P2D',
      on_request: 'PT1H',
      conduct: 'P2D',
      age: 'PT1H',
      not_entitled: 'P2D',
    });
  });
});

describe('resolution', () => {
  const own: OrganisationOverrides = {
    '*': { removal_sla: { membership_ended: 'P1D', conduct: 'P3D' }, min_age: 16 },
    society: { removal_sla: { conduct: 'P4D' } },
  };

  it('says which layer had the last word, and on what basis', () => {
    const { parameters } = resolvePolicy(union, 'society', own);
    expect(parameters.guest_access).toMatchObject({ value: 'none', from: 'default', basis: 'default' });
    expect(parameters.phone_storage).toMatchObject({ value: 'never', from: 'profile', basis: 'document' });
    expect(parameters.join_routes).toMatchObject({ from: 'group-type', basis: 'document' });
    expect(parameters.min_age).toMatchObject({ value: 16, from: 'organisation', basis: 'organisation' });
  });

  it('merges removal deadlines trigger by trigger, the group type last', () => {
    expect(valueOf(union, 'society', 'removal_sla', own)).toMatchObject({
      membership_ended: 'P1D',
      conduct: 'P4D',
      on_request: 'PT1H',
    });
    expect(valueOf(union, 'representative', 'removal_sla', own)).toMatchObject({
      membership_ended: 'P1D',
      conduct: 'P3D',
    });
  });

  it('replaces any other value whole', () => {
    const quiet = { from: '21:00', to: '06:00', mode: 'advise' } as const;
    expect(valueOf(union, 'society', 'quiet_hours', { '*': { quiet_hours: quiet } })).toEqual(quiet);
  });

  it('lets an organisation set null, which is a value', () => {
    expect(valueOf(party, 'party-group', 'idle_close_after', { '*': { idle_close_after: null } })).toBeNull();
  });

  it("keeps the obligations of a value an organisation replaces, and drops the document's note", () => {
    const before = resolvePolicy(union, 'society').parameters.removal_sla;
    const after = resolvePolicy(union, 'society', own).parameters.removal_sla;
    expect([before.note, after.note]).toEqual([expect.any(String), undefined]);
    expect(after.obligations).toEqual(['HSU-23']);
    expect(after.obligations).toEqual(before.obligations);
  });

  it("leaves other group types alone with one type's override", () => {
    expect(valueOf(union, 'representative', 'min_age', { society: { min_age: 17 } })).toBeNull();
  });

  it('leaves the profile as it was', () => {
    const before = JSON.stringify(union);
    resolvePolicy(union, 'society', own);
    expect(JSON.stringify(union)).toBe(before);
  });

  it.each(['club', 'constructor', '*'])('throws on a group type the profile lacks: %s', (groupType) => {
    expect(() => resolvePolicy(union, groupType)).toThrow(RangeError);
  });
});

describe('unsetParameters', () => {
  it('[BR-57] a profile with an unset retention period cannot be activated for emergency response', () => {
    expect(unsetParameters(councils)).toEqual([{ groupType: 'emergency-response', parameters: ['retention_period'] }]);
  });

  it('[BR-57] the organisation fills the blank, for that group type or for all', () => {
    expect(unsetParameters(councils, { 'emergency-response': { retention_period: 'P2Y' } })).toEqual([]);
    expect(unsetParameters(councils, { '*': { retention_period: 'P2Y' } })).toEqual([]);
    expect(unsetParameters(councils, { 'team-chat': { retention_period: 'P2Y' } })).toHaveLength(1);
  });

  it.each([party, union, contact, charity])('has nothing to say of a profile without a blank: $id', (complete) => {
    expect(unsetParameters(complete)).toEqual([]);
  });
});

describe('validateOverrides', () => {
  const check = (input: unknown) => validateOverrides(input, councils.groupTypes);

  it('returns what fits', () => {
    const overrides = { '*': { removal_sla: { age: 'PT30M' } }, 'emergency-response': { retention_period: 'P2Y' } };
    expect(check(overrides)).toEqual({ overrides });
    expect(check({})).toEqual({ overrides: {} });
  });

  it('[BR-57] refuses a blank set on purpose', () => {
    const faults = [{ field: '/emergency-response/retention_period', rule: 'not' }];
    expect(check({ 'emergency-response': { retention_period: 'UNSET' } })).toEqual({ faults });
  });

  it.each([
    [{ '*': { min_age: '18' } }, '/*/min_age', 'type'],
    [{ '*': { min_age: -1 } }, '/*/min_age', 'minimum'],
    [{ '*': { minimum_age: 18 } }, '/*/minimum_age', 'additionalProperties'],
    [{ '*': { removal_sla: { bored: 'P1D' } } }, '/*/removal_sla/bored', 'additionalProperties'],
    [{ '*': { removal_sla: { age: '1 hour' } } }, '/*/removal_sla/age', 'pattern'],
    [{ '*': { roster_review_every: 'P0D' } }, '/*/roster_review_every', 'pattern'],
    [{ '*': { retention_period: 'P100Y' } }, '/*/retention_period', 'pattern'],
    [{ '*': { quiet_hours: { from: '24:00', to: '08:00', mode: 'rule' } } }, '/*/quiet_hours/from', 'pattern'],
    [{ '*': { co_moderators: ['organiser', 'organiser'] } }, '/*/co_moderators', 'uniqueItems'],
    [{ '*': { audience_matrix: {} } }, '/*/audience_matrix', 'required'],
    [{ 'book-club': { min_age: 18 } }, '/book-club', 'groupType'],
    [[], '/', 'type'],
    ['P2D', '/', 'type'],
    [null, '/', 'type'],
  ])('names field and rule of %j', (input, field, rule) => {
    expect(check(input)).toMatchObject({ faults: expect.arrayContaining([{ field, rule }]) });
  });

  it('names each fault once, and no value', () => {
    const result = check({ '*': { min_age: 'Ada Lovelace', phone_storage: 'Ada Lovelace' } });
    expect(result).toMatchObject({ faults: expect.arrayContaining([{ field: '/*/phone_storage', rule: 'enum' }]) });
    const faults = 'faults' in result ? result.faults.map((fault) => JSON.stringify(fault)) : [];
    expect(new Set(faults).size).toBe(faults.length);
    expect(faults.join()).not.toContain('Ada');
  });
});

describe('ruleOf', () => {
  it('[LD-05] names profile with version, parameter and obligations', () => {
    expect(ruleOf(resolvePolicy(party, 'party-group'), 'guest_access')).toEqual({
      profile: 'political-party@1',
      parameter: 'guest_access',
      obligations: ['LD-04', 'LD-05'],
    });
  });
});
