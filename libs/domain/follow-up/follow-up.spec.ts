import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { followUp, followUpRule, removalNotices, type FollowUpCommands } from './follow-up.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string) => resolvePolicy(profiles.get(profile)!, groupType);
const followUpId = '0192f0c1-0000-7000-8000-000000000001';
const groupId = '0192f0c1-0000-7000-8000-000000000002';
const ada = '0192f0c1-0000-7000-8000-000000000003';
const ben = '0192f0c1-0000-7000-8000-000000000004';
const noon = '2026-01-12T12:00:00.000Z';
const tomorrow = '2026-01-13T12:00:00.000Z';
const about = { followUpId, groupId };
const open = (more: Partial<FollowUpCommands['Open']> = {}) => {
  const data = { ...about, trigger: 'work_information', channels: ['email'], within: 'P1D', timeZone: 'Europe/London' };
  return { name: 'Open', data: { ...data, rules: [], ...more } } as const;
};
const due = record('FollowUpDue', { ...about, trigger: 'work_information', channels: ['email'], dueAt: tomorrow });
const confirm = (more: object = {}) => ({ name: 'Confirm', data: { ...about, channel: 'email', ...more } }) as const;
const confirmed = (lateBySeconds = 0) => record('FollowUpConfirmed', { ...about, channel: 'email', lateBySeconds });
const overdue = { name: 'DeclareOverdue', data: { ...about, dueAt: tomorrow } } as const;
const { given } = specify(followUp);
const at = (occurredAt: string) => ({ occurredAt, now: occurredAt });

describe('something to be followed up', () => {
  it('is due so long after it happened, once', () => {
    given().when(open(), at(noon)).expectEvents(due);
    given(due).when(open(), at(noon)).expectNothing();
    given()
      .when(open({ within: null }), at(noon))
      .expectEvents(record('FollowUpDue', { ...about, trigger: 'work_information', channels: ['email'] }));
  });

  it('is done by a word of how and where, late or in time, once', () => {
    given(due).when(confirm(), at(noon)).expectEvents(confirmed());
    given(due).when(confirm(), at('2026-01-13T12:00:30.000Z')).expectEvents(confirmed(30));
    given(due, confirmed()).when(confirm(), at(noon)).expectNothing();
  });

  it('is not done by another channel, nor before it is there', () => {
    given(due)
      .when(confirm({ channel: 'phone' }))
      .expectRefused('WrongChannel');
    given().when(confirm()).expectRefused('FollowUpUnknown');
  });

  it('is overdue after its time unless it was done', () => {
    const late = record('FollowUpOverdue', { ...about, dueAt: tomorrow });
    given(due).when(overdue).expectEvents(late);
    given(due, confirmed()).when(overdue).expectNothing();
    given().when(overdue).expectNothing();
    given(due, late).when(confirm(), at('2026-01-13T12:01:00.000Z')).expectEvents(confirmed(60));
  });

  it('[AMZ-096] that somebody has to know is known by their own word alone', () => {
    const owned = record('FollowUpDue', { ...due.data, personId: ada, isOwnWord: true });
    given(owned).when(confirm()).expectRefused('NotTheirWord');
    given(owned)
      .when(confirm({ confirmedBy: ben }))
      .expectRefused('NotTheirWord');
    given(owned)
      .when(confirm({ confirmedBy: ada }), at(noon))
      .expectEvents(record('FollowUpConfirmed', { ...confirmed().data, confirmedBy: ada }));
  });
});

describe('what the policies want followed up', () => {
  it.each([
    ['AMZ-051', 'parent-carer-charity', 'staff-and-volunteers', 'work_information', ['email'], 'P1D'],
    ['AMZ-061', 'parent-carer-charity', 'staff-and-volunteers', 'exchange_grows', ['email', 'phone', 'meeting'], null],
    ['BR-52', 'district-councils', 'emergency-response', 'emergency_alert', ['phone'], 'PT1H'],
    ['CN-13', 'council-citizen-contact', 'citizen-conversation', 'contact', ['phone', 'meeting'], null],
  ])('[%s] in %s/%s after %s: by %j within %s', (id, profile, groupType, trigger, channels, within) => {
    const rule = followUpRule(policyOf(profile, groupType), trigger);
    expect(rule).toMatchObject({ channels, within, rules: [{ parameter: 'followup_rules', obligations: [id] }] });
  });

  it('is nothing after a trigger they do not name', () => {
    expect(followUpRule(policyOf('political-party', 'party-group'), 'work_information')).toBeUndefined();
  });

  it('[HSU-29] is a word to the union’s mailbox for the kind of group, a day after somebody was taken out for conduct', () => {
    for (const [groupType, mailbox] of [
      ['society', 'societies'],
      ['representative', 'reps'],
    ] as const) {
      const policy = policyOf('students-union', groupType);
      expect(removalNotices(policy, 'conduct_removal')).toMatchObject([
        { mailbox, within: 'P1D', rules: [{ parameter: 'removal_notify', obligations: ['HSU-29'] }] },
      ]);
      expect(removalNotices(policy, 'permanent_removal')).toEqual([]);
    }
  });

  it('[AMZ-096] is a word to the other moderators where somebody goes for good, not for a while', () => {
    const policy = policyOf('parent-carer-charity', 'users');
    const [notice, ...others] = removalNotices(policy, 'permanent_removal');
    expect(notice).toMatchObject({ within: null, rules: [{ obligations: ['AMZ-096'] }] });
    expect(notice).not.toHaveProperty('mailbox');
    expect(others).toEqual([]);
    expect(removalNotices(policy, 'conduct_removal')).toEqual([]);
  });
});
