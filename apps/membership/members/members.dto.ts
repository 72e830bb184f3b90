import { Type } from 'typebox';
import { Id } from '#events';
import { closed, instant, OccurredAt, orNull, PageQuery, Recorded } from '#nest';

export const AddMember = Type.Object(
  {
    personId: Id,
    route: Type.Optional(
      Type.Enum(['admin_add', 'personal_invite', 'emailed_link', 'qr', 'staff_issued_link'], {
        description: '`admin_add` unless said otherwise.',
      }),
    ),
    joinedFor: Type.Optional(
      Type.Enum(['work', 'private'], {
        description:
          'Whether somebody of the staff or a volunteer is in the group for that or for themselves. Unless said, what their category implies.',
      }),
    ),
    guest: Type.Optional(
      Type.Object(
        { until: Type.Optional(instant), activityId: Type.Optional(Id) },
        {
          ...closed,
          description:
            'Lets somebody in for a limited time: until an instant, or until the activity ends; the group’s own activity where none is named.',
        },
      ),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);

export const ConfirmRemoval = Type.Object({ evidence: Type.Enum(['admin_confirmed']), occurredAt: OccurredAt }, closed);
export const RemoveForConduct = Type.Object(
  {
    until: Type.Optional({ ...instant, description: 'Until when the person is to stay out; for good unless said.' }),
    agreedBy: Type.Optional({
      ...Id,
      description: 'Who agreed to it; the person on whose behalf this is asked unless said.',
    }),
    occurredAt: OccurredAt,
  },
  closed,
);
export const ExtendGuest = Type.Object({ until: instant, occurredAt: OccurredAt }, closed);

export const MembersQuery = Type.Object(PageQuery, closed);
export const MemberAdded = Type.Object({
  participationId: Id,
  ...Recorded,
  warnings: Type.Array(Type.Object({ code: Type.String(), because: Type.String(), parameter: Type.String() }), {
    description: 'What should be thought of, although the person was let in.',
  }),
});

export const MemberView = Type.Object({
  participationId: Id,
  groupId: Id,
  personId: Id,
  capacity: orNull(Type.Enum(['member', 'guest'])),
  joinedFor: orNull(Type.Enum(['work', 'private'])),
  isAdmitted: Type.Boolean({ description: 'False for somebody a roster shows and nobody let in.' }),
  since: instant,
  guestUntil: orNull(instant),
  activityId: orNull(Id),
  removalTaskId: orNull(Id),
});
