import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { eventType, type RecordedEvent, typeOf } from '#events';
import { activity, type ActivityCommands } from '../activity/activity.js';
import { type CommandOf, type Decider, type Decision, fold, isRefusal, type Moment } from '../decider.js';
import { group, type GroupCommands } from '../group/group.js';
import { liveCategories, person, type PersonCommands } from '../person/person.js';
import { openEntries, roster, type RosterCommands } from '../roster/roster.js';
import type { AdmissionVerdict } from './admission.js';
import { participation, type ParticipationCommands } from './participation.js';
import { isInside, openOrder } from './presence.js';

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;
type Wish<C> = readonly [CommandOf<C>, number];

/** What these wishes leave behind when each comes on its day of January; refused ones leave their evidence. */
function historyOf<S, C extends object, E extends object>(
  decider: Decider<S, C, E>,
  wishes: readonly Wish<C>[],
): Past[] {
  const rows = decider.decide as unknown as Record<string, (data: object, state: S, moment: Moment) => Decision<E>>;
  return wishes.reduce<Past[]>((history, [{ name, data }, date]) => {
    const occurredAt = day(date);
    const decision = rows[name]!(data as object, fold(decider, history), { occurredAt, now: occurredAt });
    const events = (isRefusal(decision) ? decision.evidence : decision) as readonly { name: string; data: object }[];
    return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt }))];
  }, []);
}

const day = (date: number) => `2026-01-${String(date).padStart(2, '0')}T12:00:00.000Z`;
const id = (n: number) => `0192f0c1-0000-7000-8000-00000000000${n}`;
const date = fc.integer({ min: 1, max: 28 });
const instant = date.map(day);
const anyId = fc.constantFrom(id(3), id(4));
const who = fc.record({ groupId: fc.constant(id(1)), personId: fc.constant(id(2)) });
const rules = fc.constant([]);
const of = <N extends string, D>(name: N, data: fc.Arbitrary<D>): fc.Arbitrary<{ name: N; data: D }> =>
  data.map((value) => ({ name, data: value }));
const joined = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([x, y]) => ({ ...x, ...y }));
const wishesOf = <C>(command: fc.Arbitrary<CommandOf<C>>) => fc.array(fc.tuple(command, date), { maxLength: 30 });
const fits = (history: readonly Past[]) => {
  for (const { name, data } of history) expect(eventType(typeOf('membership', name))!.faults(data)).toEqual([]);
};

const verdict: fc.Arbitrary<AdmissionVerdict> = fc.constantFrom(
  { admitted: true },
  {
    admitted: false,
    reasons: [
      { code: 'TooYoung', because: 'Too young.', rule: { profile: 'p@1', parameter: 'min_age', obligations: [] } },
    ],
  },
);
const trigger = fc.constantFrom('membership_ended', 'activity_ended', 'on_request', 'conduct', 'not_entitled');
const cancelling = fc.constantFrom('eligibility_restored', 'rescinded', 'extended', 'consent_given', 'group_closed');
const ended = fc.record({ activityId: anyId, endedAt: instant });
const admission = fc.record(
  {
    capacity: fc.constantFrom('member', 'guest'),
    route: fc.constant('admin_add'),
    verdict,
    rules,
    guestUntil: instant,
    activityId: anyId,
  },
  { requiredKeys: ['capacity', 'route', 'verdict', 'rules', 'guestUntil'] },
);
const requirement = fc.record(
  { taskId: anyId, trigger, owners: fc.constant([id(5)]), dueAt: instant, remindAt: instant, rules },
  { requiredKeys: ['taskId', 'trigger', 'owners', 'dueAt', 'rules'] },
);
const seen = fc.record({ snapshotId: anyId, takenAt: instant });
const ordering = fc.oneof(
  of('Admit', joined(who, admission)),
  of('ExtendGuest', joined(who, fc.record({ until: instant, rules }))),
  of('ExpireGuest', joined(who, fc.record({ ended }, { requiredKeys: [] }))),
  of('FoundInRoster', joined(who, joined(seen, fc.record({ isEntitled: fc.boolean(), rules })))),
  of('MissingFromRoster', joined(who, seen)),
  of('RequestRemoval', joined(who, fc.record({ rules }))),
  of('RequireRemoval', joined(who, requirement)),
  of('CancelRemoval', joined(who, fc.record({ reason: cancelling }))),
  of('Remind', joined(who, fc.record({ taskId: anyId }))),
  of('DeclareOverdue', joined(who, fc.record({ taskId: anyId }))),
  of('ConfirmRemoval', who),
  of('RecordSelfLeave', who),
) as fc.Arbitrary<CommandOf<ParticipationCommands>>;

const statement = fc.record({
  personId: fc.constant(id(2)),
  category: fc.constantFrom('staff', 'volunteer'),
  source: fc.constantFrom('hr', 'crm'),
  reportedAt: instant,
});
const stating = fc.oneof(
  of('SyncStatus', joined(statement, fc.record({ status: fc.constantFrom('active', 'ended'), from: instant }))),
  of('ReportLeaver', joined(statement, fc.record({ leavesAt: instant }))),
  of('RescindLeaver', statement),
  of('DeclareLeft', fc.record({ personId: fc.constant(id(2)), category: fc.constantFrom('staff', 'volunteer') })),
  of('CorrectDateOfBirth', fc.record({ personId: fc.constant(id(2)), source: fc.constant('hr'), reportedAt: instant })),
) as fc.Arbitrary<CommandOf<PersonCommands>>;
const registered: Wish<PersonCommands> = [{ name: 'Register', data: { personId: id(2), source: 'hr' } }, 1];

describe('whatever comes, in whatever order', () => {
  it('[LD-37][LD-39] a participation never has two open orders, and none outside the group', () => {
    fc.assert(
      fc.property(wishesOf(ordering), (wishes) => {
        const history = historyOf(participation, wishes);
        fits(history);
        const open = new Set<unknown>();
        for (const [index, { name }] of history.entries()) {
          if (name === 'RemovalTaskOpened') open.add(index);
          if (/^(RemovalTaskCancelled|MemberRemoved|MemberLeftByThemselves)$/.test(name)) open.clear();
          expect(open.size).toBeLessThanOrEqual(1);
        }
        const state = fold(participation, history);
        expect(openOrder(state) === undefined).toBe(open.size === 0);
        if (!isInside(state)) expect(open.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('[LD-05] an order is overdue once at most', () => {
    fc.assert(
      fc.property(wishesOf(ordering), (wishes) => {
        let isOverdue = false;
        for (const { name } of historyOf(participation, wishes)) {
          if (name === 'RemovalTaskOpened') isOverdue = false;
          expect(name === 'RemovalOverdue' && isOverdue).toBe(false);
          isOverdue ||= name === 'RemovalOverdue';
        }
      }),
      { numRuns: 500 },
    );
  });

  it('[BR-63] an end of a category is detected once until the person is back', () => {
    fc.assert(
      fc.property(wishesOf(stating), (wishes) => {
        const history = historyOf(person, [registered, ...wishes]);
        fits(history);
        const left = new Set<unknown>();
        for (const { name, data } of history) {
          if (name === 'EligibilityRestored') expect(left.delete(data['category'])).toBe(true);
          if (name === 'LeaverDetected') {
            expect(left.has(data['category'])).toBe(false);
            left.add(data['category']);
          }
        }
        expect(() => liveCategories(fold(person, history), day(28))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('[LD-37] two statements about a leave come to the same in either order', () => {
    const report = fc.record({ kind: fc.constantFrom('leaver', 'rescinded', 'active'), reportedAt: date, at: date });
    fc.assert(
      fc.property(report, report, (one, other) => {
        fc.pre(one.reportedAt !== other.reportedAt);
        const about = { personId: id(2), category: 'staff' as const, source: 'hr' };
        const wish = ({ kind, reportedAt, at }: typeof one): Wish<PersonCommands> => {
          const said = { ...about, reportedAt: day(reportedAt) };
          if (kind === 'leaver') return [{ name: 'ReportLeaver', data: { ...said, leavesAt: day(at) } }, 28];
          if (kind === 'rescinded') return [{ name: 'RescindLeaver', data: said }, 28];
          return [{ name: 'SyncStatus', data: { ...said, status: 'active', from: day(1) } }, 28];
        };
        const known = wish({ kind: 'active', reportedAt: 1, at: 1 });
        const [first, second] = [one, other].map(wish) as [Wish<PersonCommands>, Wish<PersonCommands>];
        const live = (...wishes: Wish<PersonCommands>[]) =>
          liveCategories(fold(person, historyOf(person, [registered, known, ...wishes])), day(28));
        expect(live(first, second)).toEqual(live(second, first));
      }),
      { numRuns: 1000 },
    );
  });

  it('[HSU-07] every unknown participant found is open until closed', () => {
    const entries = fc.subarray([id(6), id(7), id(8)]).map((ids) => ids.map((entryId) => ({ entryId })));
    const about = { groupId: id(1) };
    const wish = fc.oneof(
      fc.tuple(seen, entries, instant).map(([at, unknown, dueAt]) => ({
        name: 'RecordSnapshot' as const,
        data: { ...about, ...at, unknown, dueAt, seen: [id(2)], rules: [] },
      })),
      of('IdentifyEntry', fc.constant({ ...about, entryId: id(6), personId: id(2) })),
      of('DeclareDiscrepancyOverdue', fc.constant({ ...about, entryId: id(7) })),
    ) as fc.Arbitrary<CommandOf<RosterCommands>>;
    fc.assert(
      fc.property(wishesOf(wish), (wishes) => {
        const history = historyOf(roster, wishes);
        fits(history);
        const open = new Set<unknown>();
        for (const { name, data } of history) {
          if (name === 'RosterDiscrepancyFound') open.add(data['entryId']);
          if (name === 'RosterDiscrepancyClosed') expect(open.delete(data['entryId'])).toBe(true);
        }
        expect(new Set(openEntries(fold(roster, history)))).toEqual(open);
      }),
    );
  });

  it('groups and activities keep to the event language', () => {
    const about = { groupId: id(1) };
    const onGroup = fc.oneof(
      of('Register', fc.constant({ ...about, groupType: 'party-group', official: true, admins: [id(2)] })),
      of('AppointModerator', fc.record({ groupId: fc.constant(id(1)), personId: anyId, kind: fc.constant('leader') })),
      of('StandDownModerator', fc.record({ groupId: fc.constant(id(1)), personId: anyId })),
      of('Close', fc.constant(about)),
    ) as fc.Arbitrary<CommandOf<GroupCommands>>;
    const start = { activityId: id(9), kind: fc.constant('campaign'), startsAt: instant, endsAt: instant };
    const onActivity = fc.oneof(
      of(
        'Start',
        fc.record({ ...start, activityId: fc.constant(id(9)) }, { requiredKeys: ['activityId', 'kind', 'startsAt'] }),
      ),
      of('Extend', fc.record({ activityId: fc.constant(id(9)), endsAt: instant, rules })),
      of('End', fc.record({ activityId: fc.constant(id(9)), endedAt: instant }, { requiredKeys: ['activityId'] })),
    ) as fc.Arbitrary<CommandOf<ActivityCommands>>;
    fc.assert(
      fc.property(wishesOf(onGroup), wishesOf(onActivity), (groupWishes, activityWishes) => {
        fits(historyOf(group, groupWishes));
        const history = historyOf(activity, activityWishes);
        fits(history);
        const once = (name: string) => history.filter((event) => event.name === name).length <= 1;
        expect(once('ActivityStarted') && once('ActivityEnded')).toBe(true);
      }),
    );
  });
});
