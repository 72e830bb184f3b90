import { type Static, Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, Rules, uuid } from '#nest';

const state = Type.Enum([
  'awaiting',
  'scheduled',
  'held',
  'deletion_due',
  'review_due',
  'transfer_due',
  'attested',
  'not_possible',
  'transferred',
]);
const recordClass = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$',
  description: 'A class of your retention schedule, such as message; no free text',
});
/** Whole units, more than nothing, and few enough for the calendar. */
export const period = Type.String({
  pattern:
    '^P(?=.*[1-9])(?=[0-9]|T[0-9])([0-9]{1,2}Y)?([0-9]{1,3}M)?([0-9]{1,3}W)?([0-9]{1,4}D)?(T(?=[0-9])([0-9]{1,4}H)?([0-9]{1,4}M)?)?$',
  description: 'ISO 8601 duration, such as P2Y',
});

/** What the vault gives for the reference of an item. */
export const Reference = Type.Object({
  state: Type.Enum(['value', 'erased', 'unreadable', 'absent']),
  value: Type.Optional(Type.String()),
});

export const ScheduleItem = Type.Object(
  {
    itemId: Type.Optional(uuid),
    recordClass,
    reference: Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'Where the item is found, in your words; kept in the vault',
    }),
    startsAt: Type.String({
      format: 'date-time',
      description: 'The item’s own time: when a message was sent or a record captured; not in the future',
    }),
    period: Type.Optional(
      Type.Unsafe<string>({
        ...period,
        description:
          'How long to keep it, such as P2Y; the rules of the schedule for its class count beside it. Left out: the schedule’s, or else the policy’s retention_period',
      }),
    ),
    ownerId: Type.String({ format: 'uuid', description: 'The person who has to delete it' }),
    groupId: Type.Optional(uuid),
    personId: Type.Optional(uuid),
    incidentId: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'The incident it belongs to, so that a hold on the incident finds it',
      }),
    ),
  },
  closed,
);
export const ItemsQuery = Type.Object(
  {
    ...PageQuery,
    state: Type.Optional(state),
    ownerId: Type.Optional(uuid),
    groupId: Type.Optional(uuid),
    dueBefore: Type.Optional(
      Type.String({ format: 'date-time', description: 'Kept no longer than until this instant' }),
    ),
  },
  closed,
);

export const Scheduled = Type.Object({
  itemId: uuid,
  taskId: uuid,
  retainUntil: orNull(instant),
  ...Recorded,
});
const item = {
  itemId: uuid,
  recordClass,
  startsAt: instant,
  period: Type.String({ description: 'Of the rule that decides' }),
  retainUntil: Type.Union([instant, Type.Null()], {
    description: 'The end of its time; empty while it waits for what that runs from',
  }),
  schedule: orNull(
    Type.Object(
      { number: Type.Integer(), contentVersion: Type.String() },
      { description: 'The version of the schedule its time was last counted by' },
    ),
  ),
  ownerId: uuid,
  groupId: orNull(uuid),
  personId: orNull(uuid),
  incidentId: orNull(uuid),
  holdIds: Type.Array(uuid, { description: 'The holds that keep it, whatever its time' }),
  taskId: uuid,
  state,
  version: Type.Integer(),
};
export const ItemPage = pageOf(Type.Object(item));
export const Item = Type.Object({
  ...item,
  reference: Reference,
  rules: Type.Unsafe<Static<typeof Rules>>({
    ...Rules,
    description: 'What it is kept and deleted under; empty for what belongs to no group',
  }),
  because: Type.Array(
    Type.Object({
      decides: Type.Boolean({ description: 'Whether it is this that keeps the item as it is kept' }),
      because: Type.String({ description: 'One plain sentence' }),
    }),
    { description: 'Every hold and every rule that bears on the item' },
  ),
});
