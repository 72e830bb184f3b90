import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, Term } from './terms.js';

const followUp = { followUpId: Id, groupId: Id };
const Terms = Type.Array(Term, { minItems: 1 });

/** What has to be repeated, confirmed or told outside the chat, and the word that it was. */
export const followUpEvents = {
  FollowUpDue: event('Something in a group has to be followed up by one of these channels', {
    ...followUp,
    trigger: Term,
    channels: Terms,
    personId: Type.Optional(Id),
    mailbox: Type.Optional(Term),
    isOwnWord: Type.Optional(Type.Boolean()),
    dueAt: Type.Optional(Instant),
  }),
  FollowUpConfirmed: event('Somebody says that it was done, by which channel, and where that can be found', {
    ...followUp,
    channel: Term,
    confirmedBy: Type.Optional(Id),
    reference: Type.Optional(Term),
    lateBySeconds: Type.Integer({ minimum: 0 }),
  }),
  FollowUpOverdue: event('It was not said to be done in time', { ...followUp, dueAt: Instant }),
};
