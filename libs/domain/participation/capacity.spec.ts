import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { fold } from '../decider.js';
import type { PersonCategory } from '../person/person.js';
import { resolvePolicy } from '../policy/policy.js';
import { admit, admitted, asked, found, later, opened, removed, taskId, who } from './campaign.fixture.js';
import { joinedForOf } from './capacity.js';
import { participation } from './participation.js';
import type { JoinedFor } from './presence.js';
import { mayStay, removalFor, type RemovalFacts } from './removal.process.js';
import { specify } from '../../testing/specs.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string) => resolvePolicy(profiles.get(profile)!, groupType);
const users = policyOf('parent-carer-charity', 'users');
const colleagues = policyOf('parent-carer-charity', 'staff-and-volunteers');

type Told = { name: string; data: object; occurredAt?: string };
const told = (...events: readonly Told[]) =>
  fold(
    participation,
    events.map(({ name, data, occurredAt = '2026-06-01T09:00:00.000Z' }) => ({
      name,
      data,
      id: 'e',
      occurredAt,
    })) as never,
  );
const admittedFor = (joinedFor: JoinedFor) => ({ ...admitted, data: { ...admitted.data, joinedFor } });
const of = (liveCategories: PersonCategory[], stated?: JoinedFor, state = told(), policy = users) =>
  joinedForOf({ participation: state, policy, liveCategories }, stated);

describe('whether somebody is in a group for work or privately', () => {
  it('[AMZ-038] follows from the category where nobody says, and is left open where the person is of both kinds', () => {
    expect(of(['staff'])).toBe('work');
    expect(of(['volunteer'])).toBe('work');
    expect(of(['service_user'])).toBe('private');
    expect(of(['staff', 'service_user'])).toBeUndefined();
    expect(of(['staff', 'member'])).toBe('work'); // the group is not for members
    expect(of([])).toBeUndefined();
  });

  it('[AMZ-038] is what was said, whatever the categories are', () => {
    expect(of(['staff', 'service_user'], 'private')).toBe('private');
    expect(of(['staff'], 'private', told(admittedFor('work')))).toBe('private');
  });

  it('[AMZ-038] is not asked in a group that is for one kind of people only', () => {
    expect(of(['staff'], undefined, told(), colleagues)).toBeUndefined();
    expect(of(['member'], undefined, told(), policyOf('political-party', 'party-group'))).toBeUndefined();
  });

  it('[AMZ-038] stays as it is when somebody inside is let in again', () => {
    expect(of(['staff'], undefined, told(admittedFor('private')))).toBe('private');
    expect(of(['staff'], undefined, told(admitted))).toBeUndefined();
  });

  it('[AMZ-038] is asked anew of somebody who was to leave, or whom only a roster shows', () => {
    expect(of(['service_user'], undefined, told(admittedFor('work'), opened()))).toBe('private');
    expect(of(['service_user'], undefined, told(admittedFor('work'), removed(), found))).toBe('private');
  });
});

const { personId } = who;
const working: RemovalFacts = {
  ...who,
  participation: told(admittedFor('work')),
  policy: users,
  timeZone: 'Europe/London',
  owners: [],
  isModerator: false,
  liveCategories: ['service_user'],
  age: { known: false },
  hasLiveConsent: true,
  taskId,
};
const privately: RemovalFacts = { ...working, participation: told(admittedFor('private')) };
const report = { personId, source: 'hr', reportedAt: later };
const leftStaff = {
  name: 'LeaverDetected',
  data: { ...report, category: 'staff', trigger: 'role_ended', leftAt: later },
  occurredAt: later,
} as const;
const syncedAsUser = {
  name: 'PersonStatusSynced',
  data: { ...report, category: 'service_user', status: 'active', from: later },
  occurredAt: later,
} as const;
const commandFor = (...terms: Parameters<typeof removalFor>) => removalFor(...terms)?.command.name;

describe('the end of a role', () => {
  it('[AMZ-038] takes out who is there for work, and leaves who is there privately or for whom it is not on record', () => {
    expect(commandFor(leftStaff, working)).toBe('RequireRemoval');
    expect(commandFor(leftStaff, privately)).toBeUndefined();
    expect(commandFor(leftStaff, { ...working, participation: told(admitted) })).toBeUndefined();
  });

  it('[AMZ-038] leaves who has another role that the group is for', () => {
    expect(commandFor(leftStaff, { ...working, liveCategories: ['volunteer', 'service_user'] })).toBeUndefined();
  });

  it('[AMZ-038] takes out a moderator who was one for work', () => {
    expect(commandFor(leftStaff, { ...working, isModerator: true })).toBe('RequireRemoval');
    expect(commandFor(leftStaff, { ...privately, isModerator: true })).toBeUndefined();
  });

  it('[AMZ-038] is not undone by what the person is besides', () => {
    for (const isModerator of [false, true]) {
      const facts = { ...working, participation: told(admittedFor('work'), opened()), isModerator };
      expect(commandFor(syncedAsUser, facts)).toBeUndefined();
      expect(commandFor(syncedAsUser, { ...facts, liveCategories: ['staff'] })).toBe('CancelRemoval');
    }
  });

  it('[AMZ-038] holds for somebody whom a roster shows after the removal', () => {
    expect(mayStay({ ...working, participation: told(admittedFor('work'), removed()) })).toBe(false);
    expect(mayStay({ ...working, participation: told(admittedFor('work'), removed(), found) })).toBe(false);
  });
});

describe('letting somebody in again for something else', () => {
  const { given } = specify(participation);
  const again = (joinedFor: JoinedFor) => admit({ joinedFor });

  it('[AMZ-038] is recorded, once', () => {
    const { data } = admittedFor('private');
    given(admittedFor('work')).when(again('private')).expectEvents({ name: 'MemberAdded', data });
    given(admittedFor('work')).when(again('work')).expectEvents();
  });

  it('[LD-39] [AMZ-038] does not undo a request to be taken out', () => {
    given(admittedFor('work'), asked).when(again('private')).expectRefused('RemovalOpen');
  });
});
