import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { fold, record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import {
  activityId,
  admitted,
  asGuest,
  end,
  expired,
  found,
  granted,
  later,
  opened,
  removed,
} from './campaign.fixture.js';
import { snapshotId, taskId, who } from './campaign.fixture.js';
import { participation } from './participation.js';
import type { LeavingReason } from './presence.js';
import { mayStay, removalFor, type RemovalCause, type RemovalCauses, type RemovalFacts } from './removal.process.js';

const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string) => resolvePolicy(profiles.get(profile)!, groupType);
const party = policyOf('political-party', 'party-group');
const parents = policyOf('parent-carer-charity', 'users');
const forum = policyOf('parent-carer-charity', 'wider-forum');
const team = policyOf('district-councils', 'team-chat');

type Told = { name: string; data: object; occurredAt?: string };
const told = (...events: readonly Told[]) =>
  fold(
    participation,
    events.map(({ name, data, occurredAt = end }) => ({ name, data: { ...data }, id: 'e', occurredAt })),
  );
const member: RemovalFacts = {
  ...who,
  participation: told(admitted),
  policy: party,
  timeZone: 'Europe/London',
  owners: [activityId],
  isModerator: false,
  liveCategories: ['member'],
  age: { known: true, years: 40 },
  hasLiveConsent: true,
  taskId,
};
const gone: RemovalFacts = { ...member, liveCategories: [] };
const helper: RemovalFacts = { ...gone, participation: told(asGuest, granted) };

/** 14 May 2026 at 21:40 in London, as in scenario S2. */
const evening = '2026-05-14T20:40:00.000Z';
const cause = <N extends keyof RemovalCauses>(name: N, data: RemovalCauses[N], occurredAt = evening): RemovalCause =>
  ({ name, data, occurredAt }) as RemovalCause;
const { personId } = who;
const report = { personId, source: 'crm', reportedAt: evening };
const left = (
  category: RemovalCauses['LeaverDetected']['category'],
  leftAt = evening,
  trigger: LeavingReason = 'membership_ended',
) => cause('LeaverDetected', { ...report, category, leftAt, trigger });
const corrected = cause('DateOfBirthCorrected', report);
const asked = cause('RemovalRequestedByMember', who);
const withdrawn = (reason: RemovalCauses['ConsentWithdrawn']['reason']) =>
  cause('ConsentWithdrawn', { ...who, reason });
const given = cause('ConsentGiven', {
  ...who,
  scope: ['group'],
  purpose: 'campaign',
  method: 'verbal',
  noticeVersion: 'v1',
  recordedBy: personId,
});
const synced = (status: 'active' | 'ended') =>
  cause('PersonStatusSynced', { ...report, category: 'member', status, from: evening });
const shown = cause('MemberFoundInGroup', { ...who, snapshotId });
const contradicted = (trigger?: LeavingReason) =>
  cause('RemovalContradicted', { ...who, snapshotId, ...(trigger ? { trigger } : {}) });

/** Trigger and limit of the order that follows; undefined where none does. */
function orderFor(event: RemovalCause, facts: RemovalFacts) {
  const command = removalFor(event, facts)?.command;
  return command?.name === 'RequireRemoval' ? [command.data.trigger, command.data.dueAt] : command;
}
const cancelledFor = (event: RemovalCause, facts: RemovalFacts) => {
  const command = removalFor(event, facts)?.command;
  return command?.name === 'CancelRemoval' ? command.data.reason : command;
};

describe('a leave', () => {
  it('[LD-37] orders the person out of a group for that category, in two days of the local clock', () => {
    expect(removalFor(left('member', '2026-03-28T12:00:00.000Z'), gone)).toEqual({
      occurredAt: evening,
      command: {
        name: 'RequireRemoval',
        data: {
          ...who,
          taskId,
          trigger: 'membership_ended',
          owners: [activityId],
          dueAt: '2026-03-30T11:00:00.000Z',
          remindAt: '2026-03-29T23:15:00.000Z',
          rules: [
            {
              profile: 'political-party@1',
              parameter: 'removal_sla',
              obligations: party.parameters.removal_sla.obligations,
            },
            { profile: 'political-party@1', parameter: 'eligible_categories', obligations: ['LD-03'] },
          ],
        },
      },
    });
  });

  it('[BR-33] names the ending of a role', () => {
    const colleague = { ...gone, policy: team };
    expect(orderFor(left('staff', evening, 'role_ended'), colleague)).toEqual([
      'role_ended',
      '2026-05-16T20:40:00.000Z',
    ]);
  });

  it('[LD-37] lets a person stay who is in by another category', () => {
    expect(removalFor(left('registered_supporter'), member)).toBeUndefined();
  });

  it('does not concern a group for other categories, nor one where nobody checks', () => {
    expect(removalFor(left('volunteer'), gone)).toBeUndefined();
    expect(
      removalFor(left('staff'), { ...gone, policy: policyOf('parent-carer-charity', 'unofficial') }),
    ).toBeUndefined();
  });

  it('[LD-04] leaves a guest in time in peace', () => {
    expect(removalFor(left('member'), helper)).toBeUndefined();
  });

  it('does not concern somebody outside', () => {
    expect(removalFor(left('member'), { ...gone, participation: told() })).toBeUndefined();
    expect(removalFor(left('member'), { ...gone, participation: told(admitted, removed()) })).toBeUndefined();
  });

  it('[AMZ-032] orders a moderator out whose last category ended, and no other moderator', () => {
    const moderator = { ...gone, isModerator: true };
    const leaving = left('staff', evening, 'role_ended');
    expect(orderFor(leaving, { ...moderator, policy: parents })).toEqual(['role_ended', '2026-05-16T20:40:00.000Z']);
    expect(orderFor(leaving, { ...moderator, policy: forum })).toEqual(['role_ended', '2026-05-16T20:40:00.000Z']);
    expect(removalFor(left('volunteer'), { ...moderator, policy: forum, liveCategories: ['staff'] })).toBeUndefined();
  });
});

describe('eligibility comes back', () => {
  const restored = cause('EligibilityRestored', { personId, category: 'member', restoredAt: evening, source: 'crm' });
  const rescinded = cause('LeaverRescinded', { ...report, category: 'member' });

  it('[LD-37] cancels the order of whoever may stay again', () => {
    expect(cancelledFor(restored, member)).toBe('eligibility_restored');
    expect(cancelledFor(synced('active'), member)).toBe('eligibility_restored');
    expect(cancelledFor(rescinded, member)).toBe('rescinded');
  });

  it('[LD-37] cancels nothing for whoever is eligible elsewhere only', () => {
    for (const event of [restored, synced('active'), rescinded])
      expect(removalFor(event, { ...gone, liveCategories: ['staff'] })).toBeUndefined();
    expect(removalFor(synced('ended'), member)).toBeUndefined();
  });
});

describe('age', () => {
  const child: RemovalFacts = { ...member, age: { known: true, years: 16 } };

  it('[LD-08] orders a person out within the hour who turns out to be too young', () => {
    expect(orderFor(corrected, child)).toEqual(['age', '2026-05-14T21:40:00.000Z']);
  });

  it('[LD-08] orders a person out whom a roster shows to be in and too young', () => {
    const entry = { ...who, capacity: 'member', route: 'roster', snapshotId } as const;
    expect(orderFor(cause('MemberAdded', entry), child)).toEqual(['age', '2026-05-14T21:40:00.000Z']);
    expect(removalFor(cause('MemberAdded', entry), member)).toBeUndefined();
    expect(removalFor(cause('MemberAdded', { ...entry, route: 'admin_add' }), child)).toBeUndefined();
    expect(orderFor(shown, child)).toEqual(['age', '2026-05-14T21:40:00.000Z']);
  });

  it('[LD-08] orders nobody out whose age is unknown, or where no minimum is set', () => {
    expect(removalFor(corrected, { ...child, age: { known: false } })).toBeUndefined();
    expect(removalFor(corrected, { ...child, policy: parents })).toBeUndefined();
  });

  it('[LD-08] takes the order back when the date was wrong, and no other order', () => {
    const suspect = told(admitted, opened({ trigger: 'age' }));
    const grown: RemovalFacts = { ...member, age: { known: true, years: 18 }, participation: suspect };
    expect(cancelledFor(corrected, grown)).toBe('rescinded');
    expect(removalFor(corrected, { ...grown, age: { known: false } })).toBeUndefined();
    const leaver = told(admitted, opened({ trigger: 'membership_ended' }));
    expect(removalFor(corrected, { ...member, participation: leaver })).toBeUndefined();
  });
});

describe('the end of a limited time', () => {
  const over = cause('GuestAccessExpired', { ...who, until: end }, '2026-05-08T12:00:00.000Z');
  const after: RemovalFacts = { ...helper, participation: told(asGuest, granted, expired) };

  it('[LD-05] orders the helper out in two days from that end, however late it is noticed', () => {
    expect(orderFor(over, after)).toEqual(['activity_ended', '2026-05-09T21:00:00.000Z']);
  });

  it('[LD-05] lets a helper stay who has joined meanwhile, or was prolonged', () => {
    expect(removalFor(over, { ...after, liveCategories: ['member'] })).toBeUndefined();
    const prolonged = told(asGuest, granted, expired, record('GuestAccessExtended', { ...who, until: later }));
    expect(removalFor(over, { ...after, participation: prolonged })).toBeUndefined();
  });

  it('[LD-05] comes for the guests of an activity with the activity, and not for its members', () => {
    const ended = cause('ActivityEnded', { activityId, endedAt: end }, end);
    const command = { name: 'ExpireGuest', data: { ...who, ended: { activityId, endedAt: end } } };
    expect(removalFor(ended, helper)).toEqual({ command, occurredAt: end });
    expect(removalFor(ended, member)).toBeUndefined();
    expect(removalFor(cause('ActivityEnded', { activityId: taskId, endedAt: end }), helper)).toBeUndefined();
  });

  it('[LD-04] moves with the activity’s, where it was the same', () => {
    const extended = (previously?: string) => cause('ActivityExtended', { activityId, endsAt: later, previously });
    const rules = [{ profile: 'political-party@1', parameter: 'guest_access', obligations: ['LD-04', 'LD-05'] }];
    const command = { name: 'ExtendGuest', data: { ...who, until: later, rules } };
    expect(removalFor(extended(end), helper)).toEqual({ command, occurredAt: evening });
    expect(removalFor(extended(evening), helper)).toBeUndefined();
    expect(removalFor(extended(), helper)).toBeUndefined();
    expect(removalFor(extended(), member)).toBeUndefined();
  });
});

describe('the person’s own wish', () => {
  it('[LD-39] to be taken out is an order for within the hour, without a reminder', () => {
    const { command } = removalFor(asked, member)!;
    expect(orderFor(asked, member)).toEqual(['on_request', '2026-05-14T21:40:00.000Z']);
    expect(command.data).not.toHaveProperty('remindAt');
  });

  it('[LD-39] said as a withdrawal of consent is as urgent', () => {
    expect(orderFor(withdrawn('asked'), member)).toEqual(['consent_withdrawn', '2026-05-14T21:40:00.000Z']);
  });

  it('[LD-09] orders nothing by a withdrawal that only follows a removal', () => {
    expect(removalFor(withdrawn('removed'), member)).toBeUndefined();
    expect(removalFor(withdrawn('left'), member)).toBeUndefined();
  });

  it('[LD-09] [LD-05] orders out, in the time of an activity’s end, whoever has let a consent run out', () => {
    const ranOut = cause('ConsentExpired', { ...who, because: 'stated_end', expiredAt: evening });
    const lapsed = { ...member, hasLiveConsent: false };
    expect(orderFor(ranOut, lapsed)).toEqual(['consent_expired', '2026-05-16T20:40:00.000Z']);
    expect(removalFor(ranOut, { ...member, hasLiveConsent: true })).toBeUndefined();
    expect(removalFor(ranOut, { ...lapsed, policy: team })).toBeUndefined();
  });

  it('[LD-09] is undone by a new consent', () => {
    expect(cancelledFor(given, member)).toBe('consent_given');
  });

  it('[LD-03] [LD-37] a new consent does not make up for a membership that ended meanwhile', () => {
    expect(removalFor(given, gone)).toBeUndefined();
  });

  it('[LD-08] [LD-37] nor does a date of birth that turns out to be old enough', () => {
    const order = record('RemovalTaskOpened', {
      ...who,
      taskId,
      trigger: 'age' as const,
      owners: [],
      dueAt: end,
      alreadyOverdue: false,
    });
    const correctedLater = cause('DateOfBirthCorrected', { personId, source: 'crm', reportedAt: evening });
    const inside = { participation: told(admitted, order) };
    expect(cancelledFor(correctedLater, { ...member, ...inside })).toBe('rescinded');
    expect(removalFor(correctedLater, { ...gone, ...inside })).toBeUndefined();
  });

  it('[LD-38] standing down takes out whoever was in by the office alone', () => {
    const stoodDown = cause('ModeratorStoodDown', who);
    expect(orderFor(stoodDown, gone)).toEqual(['role_ended', '2026-05-16T20:40:00.000Z']);
    expect(removalFor(stoodDown, member)).toBeUndefined();
    expect(removalFor(stoodDown, { ...gone, isModerator: true })).toBeUndefined();
  });
});

describe('what a roster shows', () => {
  it('[HSU-28] [AMZ-094] is an order at once against whoever is barred, entitled or not', () => {
    const barred = { ...member, participation: told(admitted, record('MemberBarred', who)) };
    for (const event of [shown, contradicted('conduct'), contradicted('on_request')])
      expect(orderFor(event, barred)).toEqual(['conduct', '2026-05-14T21:40:00.000Z']);
    const over = record('MemberBarred', { ...who, until: '2026-05-14T20:40:00.000Z' });
    expect(removalFor(shown, { ...member, participation: told(admitted, over) })).toBeUndefined();
  });

  it('[HSU-07][LD-03] is an order against whoever has no right to be there', () => {
    expect(orderFor(shown, gone)).toEqual(['not_entitled', '2026-05-16T20:40:00.000Z']);
    expect(removalFor(shown, member)).toBeUndefined();
  });

  it.each(['conduct', 'age'] as const)('orders anew for %s where the removal did not happen', (trigger) => {
    expect(orderFor(contradicted(trigger), member)).toEqual([trigger, expect.any(String)]);
  });

  it('[LD-39] orders anew what the person asked for, unless there is a new consent', () => {
    const facts = { ...member, hasLiveConsent: false };
    expect(orderFor(contradicted('on_request'), facts)).toEqual(['on_request', '2026-05-14T21:40:00.000Z']);
    expect(removalFor(contradicted('on_request'), member)).toBeUndefined();
  });

  it('leaves to the category what was a matter of category', () => {
    expect(removalFor(contradicted('membership_ended'), gone)).toBeUndefined();
    expect(removalFor(contradicted(), gone)).toBeUndefined();
  });
});

it('[LD-35] a group that closes lets its orders go', () => {
  expect(cancelledFor(cause('GroupClosed', { groupId: who.groupId }), member)).toBe('group_closed');
});

describe('who may stay', () => {
  it.each([
    ['[LD-03] by category', member, true],
    ['[LD-04] as a guest in time', helper, true],
    ['[LD-05] not as a guest whose time is over', { ...helper, participation: told(asGuest, granted, expired) }, false],
    ['as a moderator', { ...gone, isModerator: true }, true],
    ['[HSU-07] not by having been found', { ...gone, participation: told(found) }, false],
  ] as const)('%s', (_, facts, stays) => {
    expect(mayStay(facts)).toBe(stays);
  });
});
