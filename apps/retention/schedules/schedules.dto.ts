import { Type } from 'typebox';
import { AtEnd, Basis, Selector, Trigger } from '#events';
import { closed, instant, orNull, pageOf, PageQuery, Recorded } from '#nest';
import { period } from '../items/items.dto.js';

const selector = (description: string) => Type.Unsafe<string>({ ...Selector, description });
const rule = {
  recordClass: selector('A record class such as message; `*` is every one'),
  groupType: selector('A group type of a profile; `*` is every one, and what belongs to no group'),
  period,
  trigger: Type.Enum(Trigger.enum, {
    description:
      'What the time runs from. `sent` and `captured` are the item’s own time; for the others it waits until they have happened',
  }),
  atEnd: Type.Enum(AtEnd.enum, { description: 'What the owner is asked for when the time is over' }),
  basis: Type.Enum(Basis.enum, {
    description: 'Whether the rule was written for such things, or holds for want of another',
  }),
};

export const AdoptSchedule = Type.Object(
  {
    rules: Type.Array(Type.Object(rule, closed), {
      maxItems: 500,
      description: 'The whole schedule: a rule that is not named here is none any more',
    }),
  },
  closed,
);
export const SchedulesQuery = Type.Object(PageQuery, closed);

const number = Type.Integer({ description: 'Counts up from 1' });
const contentVersion = Type.String({
  description: 'The first 16 hex digits of the SHA-256 of the rules: equal rules, equal version',
});
export const ScheduleAdopted = Type.Object({ number, contentVersion, ...Recorded });
const schedule = { number, contentVersion, adoptedAt: instant, rules: Type.Array(Type.Object(rule)) };
export const Schedule = Type.Object({ ...schedule, version: Type.Integer() });
export const CurrentSchedule = Type.Object({ schedule: orNull(Schedule) });
export const SchedulePage = pageOf(Type.Object(schedule));
