import { describe, expect, it } from '@jest/globals';
import { loadProfiles } from '../../../policies/load.js';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { resolvePolicy } from '../policy/policy.js';
import { admitted, asked, later, otherSnapshot, rule, taskId, who } from './campaign.fixture.js';
import { type ConductVerdict, conductVerdict } from './conduct.js';
import { participation } from './participation.js';

const { given } = specify(participation);
const profiles = loadProfiles();
const policyOf = (profile: string, groupType: string) => resolvePolicy(profiles.get(profile)!, groupType);
const parents = policyOf('parent-carer-charity', 'users');
const society = policyOf('students-union', 'society');
const party = policyOf('political-party', 'party-group');

const now = '2026-06-04T09:00:00.000Z';
const until = '2026-06-10T09:00:00.000Z';
const asks = { now, isAgreedByStaff: false };

describe('a removal for conduct', () => {
  it.each([
    ['[AMZ-095] for good needs the staff', parents, asks, 'StaffModeratorMustAgree'],
    ['[AMZ-095] for good bars for good once the staff agrees', parents, { ...asks, isAgreedByStaff: true }, {}],
    ['[AMZ-094] for a while bars until the date, by any moderator', parents, { ...asks, until }, { until }],
    ['[AMZ-094] for a while needs a date to come', parents, { ...asks, until: now }, 'BarEndPassed'],
    ['[HSU-27] [HSU-28] bars for good by any leader', society, asks, {}],
    ['[HSU-28] bars for good even where a date is named', society, { ...asks, until }, {}],
    ['[LD-42] bars nobody in a party', party, asks, undefined],
  ] as const)('%s', (_, policy, facts, expected) => {
    const verdict = conductVerdict(policy, facts);
    expect(verdict.agreed ? verdict.bar : verdict.code).toEqual(expected);
  });
});

const order = { ...who, taskId, owners: [], dueAt: later, rules: [] };
const rules = [rule('rejoin_after_removal', 'HSU-28')];
const forGood: ConductVerdict = { agreed: true, bar: {}, rules };
const remove = (verdict: ConductVerdict, more: object = {}) =>
  ({ name: 'RemoveForConduct', data: { ...order, verdict, ...more } }) as const;
const barred = record('MemberBarred', who);
const decided = record('ConductRemovalDecided', { ...who, permanent: true });
const out = record('MemberRemoved', { ...who, evidence: 'admin_confirmed' as const, lateBySeconds: 0 });
const seen = {
  name: 'FoundInRoster',
  data: { ...who, snapshotId: otherSnapshot, takenAt: later, isEntitled: true, rules: [] },
} as const;

describe('the decision in a participation', () => {
  it('[HSU-28] is kept with its bar and its order, once', () => {
    const opened = { ...who, taskId, trigger: 'conduct' as const, owners: [], dueAt: later, alreadyOverdue: false };
    given(admitted).when(remove(forGood)).expectEvents(decided, barred, record('RemovalTaskOpened', opened));
    given(admitted, decided, barred, record('RemovalTaskOpened', opened)).when(remove(forGood)).expectNothing();
  });

  it('[AMZ-095] is refused without the agreement it takes, and for somebody outside', () => {
    const objection = { agreed: false, code: 'StaffModeratorMustAgree', because: 'No.', rule: rules[0]! } as const;
    given(admitted).when(remove(objection)).expectRefused('StaffModeratorMustAgree');
    given().when(remove(forGood)).expectRefused('NotInGroup');
  });

  it('[AMZ-094] bars for longer when it is decided again, and never for less', () => {
    const forAWhile: ConductVerdict = { agreed: true, bar: { until }, rules };
    const short = record('MemberBarred', { ...who, until });
    const asOrdered = record('RemovalTaskOpened', {
      ...who,
      taskId,
      trigger: 'conduct' as const,
      owners: [],
      dueAt: later,
      alreadyOverdue: false,
    });
    given(admitted, short, asOrdered).when(remove(forGood)).expectEvents(decided, barred);
    given(admitted, barred, asOrdered).when(remove(forAWhile, { until })).expectNothing();
  });

  it('[HSU-28] a roster that shows somebody barred lets nobody in, and outlasts leaving alone', () => {
    given(admitted, barred, record('MemberLeftByThemselves', who))
      .when(seen)
      .expectEvents(
        record('ReadmissionBlocked', { ...who, snapshotId: otherSnapshot }),
        record('MemberFoundInGroup', { ...who, snapshotId: otherSnapshot }),
      );
    given(admitted, barred, out)
      .when(seen)
      .expectEvents(
        record('RemovalContradicted', { ...who, snapshotId: otherSnapshot }),
        record('ReadmissionBlocked', { ...who, snapshotId: otherSnapshot }),
        record('MemberFoundInGroup', { ...who, snapshotId: otherSnapshot }),
      );
  });

  it('[AMZ-094] a bar that is over lets a roster admit again', () => {
    const over = record('MemberBarred', { ...who, until: '2020-01-01T00:00:00.000Z' });
    given(admitted, over, record('MemberLeftByThemselves', who))
      .when(seen)
      .expectEvents(
        record('MemberAdded', {
          ...who,
          capacity: 'member' as const,
          route: 'roster' as const,
          snapshotId: otherSnapshot,
        }),
      );
  });
});

describe('a proposal', () => {
  const by = { proposedBy: taskId, isOpen: true, byMember: true, rules: [] };
  const propose = (more: object = {}) => ({ name: 'Propose', data: { ...who, ...by, ...more } }) as const;
  const proposed = record('MemberProposed', { ...who, proposedBy: taskId });

  it('[AMZ-115] is queued once, lets nobody in, and is settled by an admission', () => {
    given().when(propose()).expectEvents(proposed);
    given(proposed).when(propose()).expectNothing();
    given(admitted).when(propose()).expectRefused('AlreadyInGroup');
    given(proposed, admitted, record('MemberLeftByThemselves', who)).when(propose()).expectEvents(proposed);
  });

  it('[AMZ-115] is refused where the policy has none, and from somebody outside', () => {
    given()
      .when(propose({ isOpen: false }))
      .expectRefused('ProposalsClosed');
    given()
      .when(propose({ byMember: false }))
      .expectRefused('ProposerNotInGroup');
  });

  it('may be declined while it is open', () => {
    const decline = { name: 'DeclineProposal', data: who } as const;
    const declined = record('MemberProposalDeclined', who);
    given(proposed).when(decline).expectEvents(declined);
    given(proposed, declined).when(decline).expectRefused('NotProposed');
    given(proposed, declined).when(propose()).expectEvents(proposed);
    given(admitted, asked).when(decline).expectRefused('NotProposed');
  });
});
