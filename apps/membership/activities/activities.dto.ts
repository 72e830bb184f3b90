import { OccurredAt, Recorded } from '#nest';
import { Type } from 'typebox';
import { Id } from '#events';

const exactly = { additionalProperties: false };
const Moment = Type.String({ format: 'date-time' });
const momentOrNull = Type.Union([Moment, Type.Null()]);

export const StartActivity = Type.Object(
  {
    activityId: Type.Optional(Id),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    kind: Type.Enum(['campaign', 'project', 'role']),
    startsAt: Moment,
    endsAt: Type.Optional(Moment),
    occurredAt: OccurredAt,
  },
  exactly,
);

export const ExtendActivity = Type.Object({ endsAt: Moment, occurredAt: OccurredAt }, exactly);

export const EndActivity = Type.Object({ endedAt: Moment }, exactly);

export const ActivityView = Type.Object({
  activityId: Id,
  name: Type.Object({
    state: Type.Enum(['value', 'erased', 'unreadable', 'absent']),
    value: Type.Optional(Type.String()),
  }),
  kind: Type.String(),
  startsAt: Moment,
  endsAt: momentOrNull,
  endedAt: momentOrNull,
});

export const ActivityRecorded = Type.Object({ activityId: Id, ...Recorded });
