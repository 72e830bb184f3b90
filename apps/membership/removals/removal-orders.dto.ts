import { Type } from 'typebox';
import { Id } from '#events';
import { closed, instant, orNull, PageQuery } from '#nest';
import { ORDER_STATES } from './removal-orders.read-model.js';

export const OrdersQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(Type.Enum([...ORDER_STATES])),
    groupId: Type.Optional(Id),
    personId: Type.Optional(Id),
    owner: Type.Optional(Id),
  },
  closed,
);

export const RemovalOrderView = Type.Object({
  taskId: Id,
  groupId: Id,
  personId: Id,
  trigger: Type.String(),
  owners: Type.Array(Id),
  openedAt: instant,
  dueAt: instant,
  remindedAt: orNull(instant),
  overdueAt: orNull(instant),
  state: Type.Enum([...ORDER_STATES]),
  closedAt: orNull(instant),
  outcome: orNull(Type.String()),
  lateBySeconds: orNull(Type.Integer()),
  alreadyOverdue: Type.Boolean({ description: 'The limit had passed already when the order was opened.' }),
  rules: Type.Array(
    Type.Object({ profile: Type.String(), parameter: Type.String(), obligations: Type.Array(Type.String()) }),
  ),
});
