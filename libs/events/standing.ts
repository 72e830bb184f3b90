import { Type } from 'typebox';
import { event } from './language.js';
import { Id, oneOf } from './terms.js';

/** What a group is to the organisation: its own, one beside it, or one that people keep for company. */
export const GroupStanding = oneOf('official', 'unofficial', 'social');

export const standingEvents = {
  GroupStandingSettled: event('A group counts as this from now on, other than it was registered or decided before', {
    groupId: Id,
    standing: GroupStanding,
    because: oneOf('type', 'no_staff', 'decided'),
    decidedBy: Type.Optional(Id),
  }),
};
