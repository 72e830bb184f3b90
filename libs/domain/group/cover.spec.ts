import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { type OrganisationOverrides, resolvePolicy } from '../policy/policy.js';
import {
  coverEnding,
  coverLacks,
  coverWarnings,
  kindRefusal,
  loadWarnings,
  type Moderator,
  needsOf,
  textLacks,
} from './cover.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string, own: OrganisationOverrides = {}) =>
  resolvePolicy(profiles.get(profile)!, groupType, own);
const parents = policyOf('parent-carer-charity', 'users');
const forum = policyOf('parent-carer-charity', 'forum-steering');
const party = policyOf('political-party', 'party-group');
const emergency = policyOf('district-councils', 'emergency-response', { '*': { retention_period: 'P2Y' } });
const representative = policyOf('students-union', 'representative');

const anna: Moderator = { personId: 'anna', kind: 'staff', isActive: true, isStaff: true };
const volunteer: Moderator = { ...anna, personId: 'vera', kind: 'trusted_volunteer', isStaff: false };
const lacks = (...args: Parameters<typeof coverLacks>) => coverLacks(...args).map(({ parameter }) => parameter);

describe('moderation cover', () => {
  it('[AMZ-032] [HSU-19] [AMZ-075] needs a staff moderator whose role counts', () => {
    for (const policy of [parents, representative, forum]) {
      expect(lacks(policy, [anna], 5)).toEqual([]);
      expect(lacks(policy, [{ ...anna, kind: 'admin' }], 5)).toEqual([]);
      for (const moderators of [[], [{ ...anna, isActive: false }], [{ ...anna, isStaff: false }]])
        expect(lacks(policy, moderators, 5)).toEqual(['staff_moderators_min']);
    }
  });

  it('[AMZ-034] [AMZ-055] [AMZ-076] never counts a co-moderator towards the staff', () => {
    expect(lacks(parents, [volunteer, { ...volunteer, isStaff: true }], 5)).toEqual(['staff_moderators_min']);
    expect(lacks(forum, [{ ...anna, kind: 'named_member' }], 5)).toEqual(['staff_moderators_min']);
  });

  it('[AMZ-032] asks for more as a group grows, where the organisation says how many', () => {
    const own = { users: { staff_moderators_min: { min: 1, per_members: 50 } } };
    const growing = policyOf('parent-carer-charity', 'users', own);
    const sizes = [0, 50, 51, 100, 101].map((size) => lacks(growing, [anna], size).length);
    expect(sizes).toEqual([0, 0, 1, 1, 1]);
    expect(lacks(growing, [anna, { ...anna, personId: 'ben' }], 100)).toEqual([]);
  });

  it('[AMZ-032] [AMZ-054] ends with the departure that leaves too few on the staff, and not before', () => {
    const ben = { ...anna, personId: 'ben' };
    const leaves = (personId: string, leavesAt: string) => ({ personId, leavesAt });
    const [may, june] = ['2026-05-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'];
    expect(coverEnding(parents, [anna], 5, [])).toBeUndefined();
    expect(coverEnding(parents, [anna, ben], 5, [leaves('anna', may)])).toBeUndefined();
    expect(coverEnding(parents, [anna, ben], 5, [leaves('ben', june), leaves('anna', may)])).toMatchObject({
      endsAt: june,
      lacks: [{ parameter: 'staff_moderators_min' }],
    });
    expect(coverEnding(parents, [volunteer], 5, [leaves('anna', may)])).toBeUndefined();
  });

  it('[BR-62] needs a named officer and the partner, and says so of each', () => {
    const officer = { ...anna, kind: 'named_officer' };
    const partner = { ...volunteer, kind: 'partner_staff' };
    expect(lacks(emergency, [officer, partner], 5)).toEqual([]);
    expect(lacks(emergency, [officer, officer], 5)).toEqual(['admin_count']);
    expect(lacks(emergency, [officer], 5)).toEqual(['admin_count', 'admin_count']);
  });

  it('[AMZ-056] [LD-26] asks nothing of staff alone, and only warns of a party’s admins', () => {
    expect(lacks(policyOf('parent-carer-charity', 'staff-only'), [], 5)).toEqual([]);
    expect(lacks(party, [], 5)).toEqual([]);
    const admins = (count: number) => Array.from({ length: count }, () => ({ ...volunteer, kind: 'organiser' }));
    const codes = [1, 2, 3, 4].map((count) => coverWarnings(party, admins(count)).map(({ code }) => code));
    expect(codes).toEqual([['TooFewAdmins'], [], [], ['TooManyAdmins']]);
  });

  it('[LD-25] warns of admins who are neither organisers nor leaders', () => {
    const unnamed = { ...volunteer, kind: 'admin' };
    expect(coverWarnings(party, [unnamed, unnamed])).toMatchObject([
      { code: 'KindNotNamed', parameter: 'co_moderators' },
    ]);
  });
});

describe('load', () => {
  const codes = (...args: Parameters<typeof loadWarnings>) => loadWarnings(...args).map(({ code }) => code);

  it('[LD-47] warns of somebody in more groups than the policy thinks good', () => {
    expect(codes(party, { groups: 10, members: 500 })).toEqual([]);
    expect(codes(party, { groups: 11, members: 500 })).toEqual(['ManyGroups']);
  });

  it('[AMZ-088] warns of a group that needs a plan for its moderation', () => {
    expect(codes(parents, { groups: 99, members: 49 })).toEqual([]);
    expect(codes(parents, { groups: 1, members: 50 })).toEqual(['LargeGroup']);
  });
});

describe('texts', () => {
  it('[LD-28] [AMZ-101] are there before anybody comes in, where the policy asks for them', () => {
    const asks = (...args: Parameters<typeof textLacks>) => textLacks(...args).map(({ parameter }) => parameter);
    expect(asks(parents, false)).toEqual(['description_items', 'agreement_topics']);
    expect(asks(party, false)).toEqual(['agreement_topics']);
    expect([asks(parents, true), asks(emergency, false)]).toEqual([[], []]);
  });
});

describe('who may run a group', () => {
  it.each([
    ['[LD-25] organisers and leaders of a party', party, 'organiser', 'trusted_volunteer'],
    ['[AMZ-033] [AMZ-034] partners and trusted volunteers of a charity', parents, 'partner_staff', 'organiser'],
    ['[AMZ-076] named members of a forum', forum, 'named_member', 'trusted_volunteer'],
    ['[BR-62] named officers and the partner', emergency, 'named_officer', 'trusted_volunteer'],
  ] as const)('%s', (_, policy, allowed, refused) => {
    expect(kindRefusal(policy, allowed, false)).toBeUndefined();
    expect(kindRefusal(policy, refused, false)).toMatch(/^[A-Z].+\.$/);
    expect(kindRefusal(policy, 'staff', true)).toBeUndefined();
    expect(kindRefusal(policy, 'staff', false)).toMatch(/^[A-Z].+\.$/);
  });

  it('[AMZ-084] [AMZ-098] asks more of those who are not on the staff', () => {
    const all = parents.parameters.moderator_prereqs.value;
    expect(needsOf(parents, volunteer)).toEqual(all);
    expect(needsOf(parents, anna)).toEqual(all.filter((need) => need !== 'urgent_contacts'));
    expect(needsOf(party, volunteer)).toEqual([]);
  });
});
