import { Type } from 'typebox';
import { Id, LinkKind } from '#events';
import { PageQuery, Recorded } from '#nest';

const exactly = { additionalProperties: false };
const Moment = Type.String({ format: 'date-time' });
const momentOrNull = Type.Union([Moment, Type.Null()]);
export const MOST_PARTICIPANTS = 5000;

/** Somebody as a roster shows them: by an identifier of theirs, or by the id we gave them. */
const Participant = Type.Object(
  {
    kind: Type.Optional(LinkKind),
    value: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    personId: Type.Optional(Id),
  },
  { ...exactly, description: 'Either `kind` and `value`, or `personId`.' },
);
const Snapshot = Type.Object(
  {
    snapshotId: Type.Optional(Id),
    takenAt: Moment,
    participants: Type.Array(Participant, { maxItems: MOST_PARTICIPANTS }),
  },
  exactly,
);

/** A roster as JSON, or as CSV with the header `kind,value` and the time in the query. */
export const Roster = Type.Union([
  Snapshot,
  Type.String({ description: 'text/csv with the header kind,value; takenAt is then a query parameter.' }),
]);
export const RosterQuery = Type.Object(
  { takenAt: Type.Optional(Moment), snapshotId: Type.Optional(Id) },
  { ...exactly, description: 'For CSV only.' },
);

export const RosterRecorded = Type.Object({
  snapshotId: Id,
  seen: Type.Integer({ description: 'People recognised.' }),
  unknown: Type.Integer({ description: 'Participants nobody can name yet.' }),
  missing: Type.Integer({ description: 'People on record whom the roster shows to be out.' }),
  unproven: Type.Integer({
    description: 'People on record who may be among the unknown, since nothing tells how they look here.',
  }),
  removed: Type.Integer({ description: 'Removal orders that the roster proves to be done.' }),
  notEntitled: Type.Integer({ description: 'People recognised whom nothing entitles to be there.' }),
  contradicted: Type.Integer({ description: 'People who were said to be out and are not.' }),
  ...Recorded,
});

export const Identify = Type.Object({ personId: Id }, exactly);
export const EntryRecorded = Type.Object({ entryId: Id, ...Recorded });

export const RosterView = Type.Object({
  groupId: Id,
  snapshotId: Id,
  takenAt: Moment,
  seen: Type.Array(Id),
  unknown: Type.Integer(),
});

export const DISCREPANCY_STATES = ['open', 'overdue', 'closed'] as const;
export const DiscrepanciesQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(Type.Enum([...DISCREPANCY_STATES])) },
  exactly,
);

const Kept = Type.Object({
  state: Type.Enum(['value', 'erased', 'unreadable', 'absent']),
  value: Type.Optional(Type.String()),
});
export const DiscrepancyView = Type.Object({
  groupId: Id,
  entryId: Id,
  kind: Kept,
  value: Kept,
  snapshotId: Id,
  foundAt: Moment,
  dueAt: Moment,
  state: Type.Enum([...DISCREPANCY_STATES]),
  overdueAt: momentOrNull,
  closedAt: momentOrNull,
  outcome: Type.Union([Type.Enum(['identified', 'gone']), Type.Null()]),
  personId: Type.Union([Id, Type.Null()]),
});
