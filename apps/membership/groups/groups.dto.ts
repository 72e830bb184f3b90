import { Type } from 'typebox';
import { Id, Prerequisite, Term } from '#events';
import { OccurredAt, PageQuery, Recorded } from '#nest';

const exactly = { additionalProperties: false };
const Kind = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,59}$', description: '`admin` unless said otherwise.' });

export const RegisterGroup = Type.Object(
  {
    groupId: Type.Optional(Id),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    purpose: Type.String({ minLength: 1, maxLength: 1000 }),
    groupType: Term,
    official: Type.Optional(Type.Boolean({ description: 'True unless said otherwise.' })),
    activityId: Type.Optional(Id),
    endsAt: Type.Optional(Type.String({ format: 'date-time' })),
    admins: Type.Array(Id, { minItems: 1, maxItems: 100, description: 'Who runs the group and owns its tasks.' }),
    occurredAt: OccurredAt,
  },
  exactly,
);

export const Appoint = Type.Object({ personId: Id, kind: Type.Optional(Kind), occurredAt: OccurredAt }, exactly);

export const MeetPrerequisite = Type.Object({ kind: Prerequisite, occurredAt: OccurredAt }, exactly);

/** For commands that need no more than when it happened. */
export const When = Type.Object({ occurredAt: OccurredAt }, exactly);

export const GroupsQuery = Type.Object(PageQuery, exactly);

/** A text that is kept apart from the events and can be erased. */
const Kept = Type.Object({
  state: Type.Enum(['value', 'erased', 'unreadable', 'absent']),
  value: Type.Optional(Type.String()),
});
const instantOrNull = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

export const GroupView = Type.Object({
  groupId: Id,
  name: Kept,
  purpose: Kept,
  groupType: Type.String(),
  official: Type.Boolean(),
  activityId: Type.Union([Id, Type.Null()]),
  endsAt: instantOrNull,
  registeredAt: Type.String({ format: 'date-time' }),
  closedAt: instantOrNull,
  moderators: Type.Array(Type.Object({ personId: Id, kind: Type.String() })),
});

const Finding = Type.Object({ code: Type.String(), because: Type.String(), parameter: Type.String() });
export const ModerationView = Type.Object({
  groupId: Id,
  isCovered: Type.Boolean({ description: 'The group is run by those its policy asks for.' }),
  lacks: Type.Array(Finding, { description: 'While there is any, nobody is let in.' }),
  warnings: Type.Array(Finding, { description: 'What should be mended and keeps nobody out.' }),
  moderators: Type.Array(
    Type.Object({
      personId: Id,
      kind: Type.String(),
      isStaff: Type.Boolean(),
      isActive: Type.Boolean(),
      met: Type.Array(Prerequisite),
      missing: Type.Array(Prerequisite),
      reaffirmBy: instantOrNull,
    }),
  ),
});

export const GroupRecorded = Type.Object({ groupId: Id, ...Recorded });
