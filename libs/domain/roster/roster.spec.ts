import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { fold, record } from '../decider.js';
import { newestSnapshotAt, openEntries, roster } from './roster.js';

const groupId = '0192f0c1-0000-7000-8000-000000000001';
const seen = ['0192f0c1-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000003'];
const one = '0192f0c1-0000-7000-8000-00000000000a';
const two = '0192f0c1-0000-7000-8000-00000000000b';
const first = '0192f0c1-0000-7000-8000-0000000000a1';
const second = '0192f0c1-0000-7000-8000-0000000000a2';
// Scenario S5: imported on 12 October 2026 at 10:00, due two days later at the same hour.
const takenAt = '2026-10-12T09:00:00.000Z';
const dueAt = '2026-10-14T09:00:00.000Z';
const nextDay = '2026-10-13T09:00:00.000Z';
const rules = [{ profile: 'students-union@1', parameter: 'eligible_categories', obligations: ['HSU-07'] }];
const { given } = specify(roster);

type Snapshot = { snapshotId?: string; takenAt?: string; unknown?: string[]; seen?: string[] };
const snapshot = ({ unknown = [one, two], ...rest }: Snapshot = {}) => ({
  name: 'RecordSnapshot' as const,
  data: {
    groupId,
    snapshotId: first,
    takenAt,
    seen,
    dueAt,
    rules,
    ...rest,
    unknown: unknown.map((entryId) => ({ entryId })),
  },
});
const recorded = record('RosterSnapshotRecorded', { groupId, snapshotId: first, takenAt, seen, unknown: 2 });
const found = (entryId: string, snapshotId = first) =>
  record('RosterDiscrepancyFound', { groupId, snapshotId, entryId, dueAt });
const gone = (entryId: string) => record('RosterDiscrepancyClosed', { groupId, entryId, outcome: 'gone' as const });
const identified = record('RosterDiscrepancyClosed', {
  groupId,
  entryId: one,
  personId: seen[0]!,
  outcome: 'identified' as const,
});
const identify = { name: 'IdentifyEntry', data: { groupId, entryId: one, personId: seen[0]! } } as const;
const fallDue = { name: 'DeclareDiscrepancyOverdue', data: { groupId, entryId: one } } as const;
const overdue = record('RosterDiscrepancyOverdue', { groupId, entryId: one, dueAt });
const afterwards = { now: '2026-10-20T00:00:00.000Z' };

describe('roster', () => {
  it('[HSU-07] records who was seen and a discrepancy for each participant nobody can name', () => {
    given()
      .when(snapshot(), { now: takenAt })
      .expectEvents({ ...recorded, rules }, { ...found(one), rules }, { ...found(two), rules });
  });

  it('counts somebody listed twice once', () => {
    given()
      .when(snapshot({ unknown: [one, one], seen: [seen[0]!, seen[0]!] }), { now: takenAt })
      .expectEvents(record('RosterSnapshotRecorded', { ...recorded.data, seen: [seen[0]!], unknown: 1 }), found(one));
  });

  it('changes nothing by the same snapshot twice', () => {
    given(recorded, found(one), found(two)).when(snapshot(), { now: nextDay }).expectNothing();
  });

  it('[HSU-07] opens nothing twice for a participant who is still unknown, and closes who is gone', () => {
    const next = { snapshotId: second, takenAt: nextDay };
    given(recorded, found(one), found(two))
      .when(snapshot({ ...next, unknown: [one] }), { now: nextDay })
      .expectEvents(record('RosterSnapshotRecorded', { ...recorded.data, ...next, unknown: 1 }), gone(two));
  });

  it('finds somebody anew who was gone and is back', () => {
    const next = { snapshotId: second, takenAt: nextDay };
    given(recorded, found(one), gone(one))
      .when(snapshot({ ...next, unknown: [one] }), { now: nextDay })
      .expectEvents(record('RosterSnapshotRecorded', { ...recorded.data, ...next, unknown: 1 }), found(one, second));
  });

  it('takes two rosters of the same instant', () => {
    given(recorded, found(one), found(two))
      .when(snapshot({ snapshotId: second }), { now: nextDay })
      .expectEvents(record('RosterSnapshotRecorded', { ...recorded.data, snapshotId: second }));
  });

  it('refuses a roster older than the newest, and one from the future', () => {
    given(recorded)
      .when(snapshot({ snapshotId: second, takenAt: '2026-10-11T09:00:00.000Z' }), { now: nextDay })
      .expectRefused('SnapshotIsOlder', { obligations: ['HSU-07'] });
    given()
      .when(snapshot({ takenAt: nextDay }), { now: takenAt })
      .expectRefused('SnapshotIsInTheFuture');
  });

  it('[HSU-07] closes a discrepancy when the participant is named, once', () => {
    given(recorded, found(one)).when(identify).expectEvents(identified);
    given(recorded, found(one), identified).when(identify).expectNothing();
    given(recorded, found(one), overdue).when(identify).expectEvents(identified);
    given(recorded).when(identify).expectRefused('EntryUnknown');
  });

  it('[HSU-07] declares a discrepancy overdue once, at its limit and not before', () => {
    given(recorded, found(one)).when(fallDue, afterwards).expectEvents(overdue);
    given(recorded, found(one)).when(fallDue, { now: dueAt }).expectEvents(overdue);
    given(recorded, found(one)).when(fallDue, { now: nextDay }).expectNothing();
    given(recorded, found(one), overdue).when(fallDue, afterwards).expectNothing();
    given(recorded, found(one), identified).when(fallDue, afterwards).expectNothing();
    given().when(fallDue, afterwards).expectNothing();
  });

  it('keeps one deadline for each discrepancy until it is closed', () => {
    expect(roster.deadlines!.RosterDiscrepancyFound!(found(one).data)).toEqual([
      { schedule: `entry:${one}`, dueAt, command: fallDue },
    ]);
    expect(roster.deadlines!.RosterDiscrepancyClosed!(gone(one).data)).toEqual([{ cancel: `entry:${one}` }]);
  });

  it('[HSU-07] knows who is unnamed still, overdue or not, and how fresh it is', () => {
    const at = (...events: readonly { name: string; data: object }[]) =>
      fold(
        roster,
        events.map(({ name, data }) => ({ name, data: { ...data }, id: 'e', occurredAt: takenAt })),
      );
    expect(openEntries(at(recorded, found(one), found(two), overdue, gone(two)))).toEqual([one]);
    expect([newestSnapshotAt(at()), newestSnapshotAt(at(recorded))]).toEqual([undefined, takenAt]);
  });
});
