import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Term } from './terms.js';

const Clock = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' });

/** How those who run a group share the duty, and who is rung when none of them is there. */
export const rotaEvents = {
  RotaOwed: event('Those who run the group have changed, and have to settle anew how they share it', { groupId: Id }),
  RotaSettled: event('Those who run the group have settled who looks after it when, by the clock of the organisation', {
    groupId: Id,
    shifts: Type.Array(
      Type.Object(
        { personId: Id, days: Type.Array(Type.Integer({ minimum: 1, maximum: 7 })), from: Clock, to: Clock },
        { additionalProperties: false },
      ),
    ),
    outOfHours: Type.Array(Type.Object({ personId: Id, does: Term }, { additionalProperties: false })),
    settledBy: Type.Array(Id),
  }),
  OutOfHoursAcknowledged: event('The person knows that they are counted on out of hours', {
    groupId: Id,
    personId: Id,
  }),
};
