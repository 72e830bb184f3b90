import type { MembershipPayloads, Rule } from '#events';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<
  MembershipPayloads,
  'RosterSnapshotRecorded' | 'RosterDiscrepancyFound' | 'RosterDiscrepancyOverdue' | 'RosterDiscrepancyClosed'
>;
type About = { readonly groupId: string };
type Entry = About & { readonly entryId: string };

/** What may be asked of a roster's stream; its id is the group's. Instants are UTC in the house form. */
export type RosterCommands = {
  /**
   * Who somebody saw in the group at `takenAt`, which is also the `occurredAt`: people by id, and participants nobody could name
   * by an entry id that is the same whenever the same alias is seen in this group. `dueAt` is when newly found ones must be settled.
   */
  RecordSnapshot: About & {
    readonly snapshotId: string;
    readonly takenAt: string;
    readonly seen: readonly string[];
    readonly unknown: readonly { readonly entryId: string }[];
    readonly dueAt: string;
    readonly rules: readonly Rule[];
  };
  IdentifyEntry: Entry & { readonly personId: string };
  /** Issued by the deadline of an entry. */
  DeclareDiscrepancyOverdue: Entry;
};

type Roster = {
  readonly snapshots: ReadonlySet<string>;
  readonly newest: string;
  readonly entries: ReadonlyMap<string, { readonly status: 'open' | 'overdue' | 'closed'; readonly dueAt: string }>;
};

/** Entry ids of the participants nobody has named yet: while there are any, the group is not known to be compliant (HSU-07). */
export function openEntries({ entries }: Roster): string[] {
  return [...entries].filter(([, { status }]) => status !== 'closed').map(([entryId]) => entryId);
}

/** When the newest roster was taken (UTC); undefined before the first. */
export const newestSnapshotAt = ({ newest }: Roster): string | undefined => newest || undefined;

function recordSnapshot(
  { groupId, snapshotId, takenAt, seen, unknown, dueAt, rules }: RosterCommands['RecordSnapshot'],
  roster: Roster,
  { now }: Moment,
): Decision<Payloads> {
  if (roster.snapshots.has(snapshotId)) return nothing;
  if (takenAt > now) return refuse('SnapshotIsInTheFuture', 'A roster cannot be from the future.', rules);
  if (takenAt < roster.newest)
    return refuse('SnapshotIsOlder', 'A newer roster of this group is on record; an older one proves nothing.', rules);
  const open = openEntries(roster);
  const unnamed = [...new Set(unknown.map(({ entryId }) => entryId))];
  return [
    record(
      'RosterSnapshotRecorded',
      { groupId, snapshotId, takenAt, seen: [...new Set(seen)], unknown: unnamed.length },
      ...rules,
    ),
    ...unnamed
      .filter((entryId) => !open.includes(entryId))
      .map((entryId) => record('RosterDiscrepancyFound', { groupId, snapshotId, entryId, dueAt }, ...rules)),
    ...open
      .filter((entryId) => !unnamed.includes(entryId))
      .map((entryId) => record('RosterDiscrepancyClosed', { groupId, entryId, outcome: 'gone' as const })),
  ];
}

function identifyEntry(data: RosterCommands['IdentifyEntry'], roster: Roster): Decision<Payloads> {
  const entry = roster.entries.get(data.entryId);
  if (!entry) return refuse('EntryUnknown', 'No roster of this group has shown such a participant.');
  return entry.status === 'closed'
    ? nothing
    : [record('RosterDiscrepancyClosed', { ...data, outcome: 'identified' as const })];
}

function declareOverdue(
  data: RosterCommands['DeclareDiscrepancyOverdue'],
  { entries }: Roster,
  { now }: Moment,
): Decision<Payloads> {
  const entry = entries.get(data.entryId);
  if (entry?.status !== 'open' || entry.dueAt > now) return nothing;
  return [record('RosterDiscrepancyOverdue', { ...data, dueAt: entry.dueAt })];
}

function withEntry(roster: Roster, entryId: string, status: 'open' | 'overdue' | 'closed', dueAt = ''): Roster {
  const entry = { status, dueAt: dueAt || (roster.entries.get(entryId)?.dueAt ?? '') };
  return { ...roster, entries: new Map(roster.entries).set(entryId, entry) };
}

const deadline = (entryId: string) => `entry:${entryId}`;

/** Who was seen in one group, and the participants that have to be named or removed (HSU-07, LD-06). */
export const roster: Decider<Roster, RosterCommands, Payloads> = {
  category: 'roster',
  initial: { snapshots: new Set(), newest: '', entries: new Map() },
  decide: {
    RecordSnapshot: recordSnapshot,
    IdentifyEntry: identifyEntry,
    DeclareDiscrepancyOverdue: declareOverdue,
  },
  evolve: {
    RosterSnapshotRecorded: (state, { snapshotId, takenAt }) => ({
      ...state,
      snapshots: new Set(state.snapshots).add(snapshotId),
      newest: takenAt,
    }),
    RosterDiscrepancyFound: (state, { entryId, dueAt }) => withEntry(state, entryId, 'open', dueAt),
    RosterDiscrepancyOverdue: (state, { entryId }) => withEntry(state, entryId, 'overdue'),
    RosterDiscrepancyClosed: (state, { entryId }) => withEntry(state, entryId, 'closed'),
  },
  deadlines: {
    RosterDiscrepancyFound: ({ groupId, entryId, dueAt }) => [
      {
        schedule: deadline(entryId),
        dueAt,
        command: { name: 'DeclareDiscrepancyOverdue', data: { groupId, entryId } },
      },
    ],
    RosterDiscrepancyClosed: ({ entryId }) => [{ cancel: deadline(entryId) }],
  },
};
