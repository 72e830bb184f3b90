import { Type } from 'typebox';
import { ClosingStep } from '#events';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const step = Type.Enum(ClosingStep.enum, {
  description:
    'The members were told; what has to be kept was captured; the chat was archived; the chat was deleted. Archived or deleted is enough',
});

export const InUse = Type.Object({ occurredAt: OccurredAt }, closed);
export const AttestStep = Type.Object(
  { step, attestedBy: Type.String({ format: 'uuid', description: 'Whose word it is' }), occurredAt: OccurredAt },
  closed,
);
export const CloseGroup = Type.Object(
  {
    mustBeComplete: Type.Optional(
      Type.Boolean({
        description: 'Refuse while anything is missing. Otherwise it is closed, and what is missing is recorded',
      }),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);
export const DormantQuery = Type.Object(PageQuery, closed);

const missing = Type.Array(Type.String(), {
  description: 'What the closing lacks: members_told, records_captured, chat, open_orders',
});
export const GroupRecorded = Type.Object({ groupId: uuid, ...Recorded });
export const GroupClosedView = Type.Object({ groupId: uuid, missing, ...Recorded });
export const ClosingView = Type.Object({
  groupId: uuid,
  state: Type.Enum(['in_use', 'dormant', 'closed']),
  lastUsedAt: orNull(instant),
  dormantAt: Type.Union([instant, Type.Null()], {
    description: 'From when on it counts as dormant unless it is used; empty where its policy sets no time',
  }),
  closedAt: orNull(instant),
  steps: Type.Array(Type.Object({ step, attestedBy: uuid, attestedAt: instant })),
  openOrders: Type.Integer({ description: 'People who still have to be taken out' }),
  holdIds: Type.Array(uuid, { description: 'Holds on the whole group: its chat may be archived and not deleted' }),
  missing,
});
export const DormantPage = pageOf(
  Type.Object({
    groupId: uuid,
    since: instant,
    lastUsedAt: orNull(instant),
    dormantAt: Type.Union([instant, Type.Null()], {
      description: 'Since when nobody uses it; empty while somebody does',
    }),
    purposeEndedAt: Type.Union([instant, Type.Null()], {
      description: 'When what it was for was over: its own end, or that of its activity',
    }),
  }),
);
