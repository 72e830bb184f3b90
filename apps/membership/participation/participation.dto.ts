import { Type } from 'typebox';
import { Id } from '#events';
import { OccurredAt, orNull, PageQuery, Recorded } from '#nest';
import { PROPOSAL_STATES } from './proposals.read-model.js';
import { ORDER_STATES } from './removal-orders.read-model.js';

const exactly = { additionalProperties: false };
const Moment = Type.String({ format: 'date-time' });

export const AddMember = Type.Object(
  {
    personId: Id,
    route: Type.Optional(
      Type.Enum(['admin_add', 'personal_invite', 'emailed_link', 'qr', 'staff_issued_link'], {
        description: '`admin_add` unless said otherwise.',
      }),
    ),
    guest: Type.Optional(
      Type.Object(
        { until: Type.Optional(Moment), activityId: Type.Optional(Id) },
        {
          ...exactly,
          description:
            'Lets somebody in for a limited time: until an instant, or until the activity ends; the group’s own activity where none is named.',
        },
      ),
    ),
    occurredAt: OccurredAt,
  },
  exactly,
);

export const Happened = Type.Object({ occurredAt: OccurredAt }, exactly);
export const ConfirmRemoval = Type.Object(
  { evidence: Type.Enum(['admin_confirmed']), occurredAt: OccurredAt },
  exactly,
);
export const RemoveForConduct = Type.Object(
  {
    until: Type.Optional({ ...Moment, description: 'Until when the person is to stay out; for good unless said.' }),
    agreedBy: Type.Optional({
      ...Id,
      description: 'Who agreed to it; the person on whose behalf this is asked unless said.',
    }),
    occurredAt: OccurredAt,
  },
  exactly,
);
export const Propose = Type.Object(
  {
    personId: Id,
    proposedBy: Type.Optional({ ...Id, description: 'The person on whose behalf this is asked unless said.' }),
    occurredAt: OccurredAt,
  },
  exactly,
);
export const ProposalsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(Type.Enum([...PROPOSAL_STATES])) },
  exactly,
);
export const ProposalView = Type.Object({
  groupId: Id,
  personId: Id,
  proposedBy: Id,
  proposedAt: Moment,
  state: Type.Enum([...PROPOSAL_STATES]),
  settledAt: orNull(Moment),
});
export const ExtendGuest = Type.Object({ until: Moment, occurredAt: OccurredAt }, exactly);

export const MembersQuery = Type.Object(PageQuery, exactly);
export const OrdersQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(Type.Enum([...ORDER_STATES])),
    groupId: Type.Optional(Id),
    personId: Type.Optional(Id),
    owner: Type.Optional(Id),
  },
  exactly,
);

export const ParticipationRecorded = Type.Object({ participationId: Id, ...Recorded });

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
  isAdmitted: Type.Boolean({ description: 'False for somebody a roster shows and nobody let in.' }),
  since: Moment,
  guestUntil: orNull(Moment),
  activityId: orNull(Id),
  removalTaskId: orNull(Id),
});

export const RemovalOrderView = Type.Object({
  taskId: Id,
  groupId: Id,
  personId: Id,
  trigger: Type.String(),
  owners: Type.Array(Id),
  openedAt: Moment,
  dueAt: Moment,
  remindedAt: orNull(Moment),
  overdueAt: orNull(Moment),
  state: Type.Enum([...ORDER_STATES]),
  closedAt: orNull(Moment),
  outcome: orNull(Type.String()),
  lateBySeconds: orNull(Type.Integer()),
  alreadyOverdue: Type.Boolean({ description: 'The limit had passed already when the order was opened.' }),
  rules: Type.Array(
    Type.Object({ profile: Type.String(), parameter: Type.String(), obligations: Type.Array(Type.String()) }),
  ),
});
