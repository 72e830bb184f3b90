import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const state = Type.Enum([
  'open',
  'overdue',
  'on_hold',
  'cancelled',
  'decided',
  'attested',
  'not_possible',
  'transferred',
]);
const kind = Type.Enum(['delete', 'review', 'transfer'], {
  description: 'What its owner is asked for at the end of the item’s time, by the rule that decides',
});
const decision = Type.Enum(['delete', 'keep'], { description: 'It goes now, or stays until `keepUntil`' });
const decidedBecause = Type.Enum(
  ['no_longer_needed', 'still_needed', 'legal_duty', 'historical_value', 'request_pending'],
  { description: 'The kind of reason' },
);
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
/** What every word on a task may say of when. */
export const Said = Type.Object({ occurredAt: OccurredAt });
export const DecideReview = Type.Object(
  {
    decision,
    reason: decidedBecause,
    keepUntil: Type.Optional(
      Type.String({ format: 'date-time', description: 'With `keep`: when it is reviewed again; in the future' }),
    ),
    decidedBy: Type.String({ format: 'uuid', description: 'The person who decides: the owner' }),
    note: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2000, description: 'In your words; kept in the vault' }),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);
export const AttestTransfer = Type.Object(
  {
    reference: Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'Where it is now, in the archive’s own terms; kept in the vault',
    }),
    transferredBy: Type.String({ format: 'uuid', description: 'The person whose word it is: the owner' }),
    occurredAt: OccurredAt,
  },
  closed,
);
export const TasksQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(state),
    kind: Type.Optional(kind),
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
  kind,
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
  decision: orNull(decision),
  decidedBecause: orNull(decidedBecause),
  lateBySeconds: orNull(Type.Integer()),
};
export const TaskPage = pageOf(Type.Object(task));
export const Task = Type.Object({ ...task, reference: Reference, archive: Reference });
