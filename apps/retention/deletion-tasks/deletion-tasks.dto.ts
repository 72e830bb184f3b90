import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const state = Type.Enum(['open', 'overdue', 'on_hold', 'cancelled', 'attested', 'not_possible']);
const reason = Type.Enum(['sender_gone', 'device_lost', 'too_late_for_everyone', 'held_by_others'], {
  description: 'Why it cannot be deleted',
});
const scope = Type.Enum(['everyone', 'own_device'], {
  description: 'Deleted for everyone, or on the owner’s own device alone',
});

export const AttestDeletion = Type.Object(
  {
    scope,
    attestedBy: Type.String({ format: 'uuid', description: 'The person whose word it is: the owner' }),
    occurredAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was deleted; not in the future. Now unless said' }),
    ),
  },
  closed,
);
export const DeclareNotPossible = Type.Object(
  {
    reason,
    statedBy: Type.String({ format: 'uuid', description: 'The person whose word it is: the owner' }),
    note: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2000, description: 'In your words; kept in the vault' }),
    ),
    occurredAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was found out; not in the future. Now unless said' }),
    ),
  },
  closed,
);
export const TasksQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(state),
    ownerId: Type.Optional(uuid),
    groupId: Type.Optional(uuid),
    dueBefore: Type.Optional(Type.String({ format: 'date-time', description: 'Due at this instant at the latest' })),
  },
  closed,
);

export const Attested = Type.Object({
  taskId: uuid,
  itemId: uuid,
  ...Recorded,
});
const task = {
  taskId: uuid,
  itemId: uuid,
  recordClass: Type.String(),
  groupId: orNull(uuid),
  ownerId: uuid,
  state,
  openedAt: instant,
  dueAt: instant,
  remindAt: orNull(instant),
  remindedAt: orNull(instant),
  overdueAt: orNull(instant),
  alreadyOverdue: Type.Boolean(),
  scope: orNull(scope),
  attestedBy: orNull(uuid),
  attestedAt: orNull(instant),
  impossibleBecause: orNull(reason),
  lateBySeconds: orNull(Type.Integer()),
};
export const TaskPage = pageOf(Type.Object(task));
export const Task = Type.Object({ ...task, reference: Reference });
