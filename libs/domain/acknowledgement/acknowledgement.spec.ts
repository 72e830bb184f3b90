import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { acknowledgement, comprehension, dutiesOf, isOwed, ownDevice } from './acknowledgement.js';

const personId = '0192f0c1-0000-7000-8000-000000000001';
const checkId = '0192f0c1-0000-7000-8000-000000000009';
const rules = [{ profile: 'p@1', parameter: 'acknowledgements', obligations: ['CN-04'] }];
const said = { personId, document: 'risks', version: 'v1' };
const acknowledge = (version: string, currentVersion = 'v1') =>
  ({ name: 'Acknowledge', data: { ...said, version, currentVersion, rules } }) as const;
const { given } = specify(acknowledgement);

describe('acknowledging', () => {
  it('[CN-04] records who read which version', () => {
    given()
      .when(acknowledge('v1'))
      .expectEvents({ ...record('PolicyAcknowledged', said), rules });
  });

  it('[CN-04] refuses a version that does not hold any more, by its rule', () => {
    given()
      .when(acknowledge('v1', 'v2'))
      .expectRefused('DocumentChanged', { obligations: ['CN-04'] });
  });

  it('finds nothing new in the same word at the same time, and news in it said again', () => {
    const past = record('PolicyAcknowledged', said);
    given(past).when(acknowledge('v1')).expectNothing();
    given(past).when(acknowledge('v1'), { now: '2027-01-01T12:00:00.000Z' }).expectEvents(past);
  });
});

describe('what is owed', () => {
  const policy = (profile: string, groupType: string) => resolvePolicy(loadProfiles().get(profile)!, groupType);
  const owed = (profile: string, groupType: string) =>
    dutiesOf(policy(profile, groupType)).map(({ role, document }) => `${role}: ${document}`);

  it.each([
    [
      '[LD-02] [LD-44]',
      'political-party',
      'party-group',
      ['participant: guidance', 'participant: code_of_conduct', 'participant: capture_risk'],
    ],
    ['[HSU-01] [HSU-12]', 'students-union', 'society', ['participant: guidelines', 'leader: guidance']],
    ['[AMZ-084]', 'parent-carer-charity', 'users', ['moderator: policy', 'moderator: group_agreement']],
    [
      '[BR-03] [BR-06] [BR-31] [BR-48]',
      'district-councils',
      'team-chat',
      ['staff: guidance', 'staff: social_media_policy', 'staff: code_of_conduct', 'staff: own_device_risk'],
    ],
    [
      '[CN-04] [CN-29]',
      'council-citizen-contact',
      'citizen-conversation',
      [
        'staff: risks',
        'staff: data_protection_policy',
        'staff: freedom_of_information_policy',
        'staff: records_management_policy',
        'staff: it_acceptable_use_policy',
      ],
    ],
  ])('%s of %s in %s', (_, profile, groupType, expected) => {
    expect(owed(profile, groupType)).toEqual(expected);
  });

  const at = { currentVersion: 'v2', now: '2026-03-29T12:00:00.000Z', timeZone: 'Europe/London', usesOwnDevice: false };
  const old = { version: 'v1', at: '2025-03-29T12:00:00.000Z' };
  const duty = (cadence: string) => ({ role: 'staff', document: 'risks', cadence, isOfGroup: false, rule: rules[0]! });

  it.each([
    ['once, and not said', 'once', undefined, true],
    ['once, and said', 'once', old, false],
    ['for each version, and said of another', 'each_version', old, true],
    ['for each version, and said of this', 'each_version', { ...old, version: 'v2' }, false],
    ['every year, and the year is not over', 'P1Y', { ...old, at: '2025-03-29T13:30:00.000Z' }, false],
    [
      'every year, and it is over by the clocks of London, which went forward that day',
      'P1Y',
      { ...old, at: '2025-03-29T12:30:00.000Z' },
      true,
    ],
    ['every year, and it is over', 'P1Y', { ...old, at: '2025-03-29T11:00:00.000Z' }, true],
    ['on an own device, of somebody who uses none', 'on_own_device', undefined, false],
  ])('is open or not: %s', (_, cadence, last, expected) => {
    expect(isOwed(duty(cadence), last, at)).toBe(expected);
  });

  it('[BR-48] is open on an own device for somebody who uses one', () => {
    expect(isOwed(duty('on_own_device'), undefined, { ...at, usesOwnDevice: true })).toBe(true);
    specify(ownDevice)
      .given(record('OwnDeviceDeclared', { personId, isUsed: true }))
      .when({ name: 'Declare', data: { personId, isUsed: true } })
      .expectNothing();
  });
});

describe('a check of understanding', () => {
  it('[CN-27] records the outcome for a person once, and a corrected one', () => {
    const checked = { checkId, personId, outcome: 'understood' as const };
    const check = specify(comprehension);
    const command = { name: 'RecordOutcome', data: { ...checked, rules } } as const;
    check.given().when(command).expectEvents(record('ComprehensionChecked', checked));
    check.given(record('ComprehensionChecked', checked)).when(command).expectNothing();
    const wrong = record('ComprehensionChecked', { ...checked, outcome: 'declined' as const });
    check.given(wrong).when(command).expectEvents(record('ComprehensionChecked', checked));
  });
});
