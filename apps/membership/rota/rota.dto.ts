import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const clock = Type.String({
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
  description: 'By the clock of the organisation.',
});
const shift = Type.Object(
  {
    personId: uuid,
    days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: '1 is Monday, 7 Sunday: the day a turn begins.',
    }),
    from: clock,
    to: clock,
  },
  { ...closed, description: 'Until an earlier hour it lasts past midnight, until the same a whole day.' },
);
const does = Type.Enum(['rings', 'is_rung'], {
  description: 'A volunteer who rings when something urgent happens, or the moderator or senior person who is rung.',
});
const state = Type.Enum(['owed', 'settled']);

export const SettleRota = Type.Object(
  {
    groupId: uuid,
    shifts: Type.Array(shift, { minItems: 1, maxItems: 100 }),
    outOfHours: Type.Optional(
      Type.Array(Type.Object({ personId: uuid, does }, closed), {
        maxItems: 20,
        description: 'Who is counted on when nobody has the turn, in order; each says that they know.',
      }),
    ),
    settledBy: Type.Array(uuid, {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: 'Those between whom it was settled: all who run the group.',
    }),
    occurredAt: OccurredAt,
  },
  closed,
);
export const AcknowledgeRota = Type.Object({ personId: uuid, occurredAt: OccurredAt }, closed);
export const RotaRecorded = Type.Object({ groupId: uuid, ...Recorded });
export const RotasQuery = Type.Object(
  { ...PageQuery, groupId: Type.Optional(uuid), state: Type.Optional(state) },
  closed,
);
export const RotaPage = pageOf(
  Type.Object({
    groupId: uuid,
    state,
    since: instant,
    settledAt: orNull(instant),
    shifts: Type.Array(shift),
    outOfHours: Type.Array(Type.Object({ personId: uuid, does, acknowledgedAt: orNull(instant) })),
    settledBy: Type.Array(uuid),
    onDuty: Type.Array(uuid, { description: 'Who has the turn at this moment.' }),
    gaps: Type.Array(
      Type.Object({ fromDay: Type.Integer(), from: Type.String(), toDay: Type.Integer(), to: Type.String() }),
      { description: 'The parts of the week without anybody.' },
    ),
  }),
);
