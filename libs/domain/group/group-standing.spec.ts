import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { expectationsOf, groupStanding, type GroupStanding, standingLost, standingRefusal } from './group-standing.js';

const charity = loadProfiles().get('parent-carer-charity')!;
const of = (groupType: string) => resolvePolicy(charity, groupType);
const groupId = '0192f0c1-0000-7000-8000-000000000061';
const ann = '0192f0c1-0000-7000-8000-000000000062';
const rules = [{ profile: 'charity@1', parameter: 'name_rule', obligations: ['AMZ-079'] }];
const about = { groupId, rules, before: 'official' as const };
const deciding = (standing: GroupStanding, more: object = {}) =>
  ({ name: 'Decide', data: { ...about, standing, decidedBy: ann, ...more } }) as const;
const following = { name: 'Follow', data: { ...about, standing: 'unofficial', because: 'no_staff' } } as const;
const decided = (standing: GroupStanding) =>
  record('GroupStandingSettled', { groupId, standing, because: 'decided' as const, decidedBy: ann }, ...rules);
const lost = record(
  'GroupStandingSettled',
  { groupId, standing: 'unofficial', because: 'no_staff' } as const,
  ...rules,
);
const { given } = specify(groupStanding);

describe('what a group counts as', () => {
  it('is decided once, and only anew where it is another', () => {
    given().when(deciding('official')).expectNothing();
    given().when(deciding('social')).expectEvents(decided('social'));
    given(decided('social')).when(deciding('social')).expectNothing();
    given(decided('social')).when(deciding('official')).expectEvents(decided('official'));
  });

  it('[AMZ-079] is no more official without staff, and stays so until somebody decides otherwise', () => {
    given().when(following).expectEvents(lost);
    given(lost).when(following).expectNothing();
    given(lost).when(deciding('official')).expectEvents(decided('official'));
    given()
      .when(deciding('official', { refusal: ['OfficialNeedsStaff', 'Nobody on the staff runs it.'] }))
      .expectRefused('OfficialNeedsStaff', { parameter: 'name_rule', obligations: ['AMZ-079'] });
  });
});

describe('what a policy lets a group count as', () => {
  it('[AMZ-079] a steering group as official with staff alone; a group of users keeps its standing without', () => {
    const [steering, users] = [of('forum-steering'), of('users')];
    expect(standingLost({ standing: 'official', hasStaff: true, policy: steering })).toBeUndefined();
    expect(standingLost({ standing: 'official', hasStaff: false, policy: steering })).toEqual({
      standing: 'unofficial',
      because: 'no_staff',
    });
    expect(standingLost({ standing: 'unofficial', hasStaff: false, policy: steering })).toBeUndefined();
    expect(standingLost({ standing: 'official', hasStaff: false, policy: users })).toBeUndefined();
    expect(standingRefusal('official', { hasStaff: false, policy: steering })![0]).toBe('OfficialNeedsStaff');
    expect(standingRefusal('social', { hasStaff: false, policy: steering })).toBeUndefined();
  });

  it('[AMZ-067] an informal group as unofficial or social, and never as official', () => {
    const policy = of('unofficial');
    for (const standing of ['unofficial', 'social'] as const)
      expect(standingRefusal(standing, { hasStaff: true, policy })).toBeUndefined();
    expect(standingRefusal('official', { hasStaff: true, policy })![0]).toBe('StandingNotAllowed');
    expect(standingLost({ standing: 'official', hasStaff: true, policy })).toMatchObject({ because: 'type' });
  });
});

describe('what is expected of a group', () => {
  const sentences = (groupType: string, standing: GroupStanding) =>
    expectationsOf(of(groupType), standing).map(({ expected }) => expected);

  it('[AMZ-002] is said in plain sentences, each with the parameter and the obligations it comes from', () => {
    expect(expectationsOf(of('young-people'), 'official')).toEqual([
      expect.objectContaining({ parameter: 'name_rule', expected: expect.stringContaining('Amaze') }),
      expect.objectContaining({ parameter: 'description_items' }),
      expect.objectContaining({ parameter: 'staff_moderators_min', obligations: expect.arrayContaining(['AMZ-032']) }),
      expect.objectContaining({ parameter: 'agreement_topics' }),
      expect.objectContaining({ parameter: 'eligible_categories', expected: 'It is for: project participant.' }),
      expect.objectContaining({ parameter: 'quiet_hours', expected: 'Nobody posts between 20:00 and 08:00.' }),
    ]);
  });

  it('[AMZ-002] [AMZ-067] of one that is not official is its name alone; the rest is left to those in it', () => {
    for (const [type, standing] of [
      ['unofficial', 'social'],
      ['forum-steering', 'unofficial'],
    ] as const) {
      expect(sentences(type, standing)).toHaveLength(4);
      expect(sentences(type, standing).at(-1)).toBe('Who is in it and how they behave is left to those in it.');
    }
  });
});
