import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf } from './terms.js';

const conversation = { conversationId: Id, groupId: Id };
/** A way of reaching somebody that does not need the app. */
export const Channel = oneOf('letter', 'phone', 'email', 'visit', 'portal', 'other');

/** Who writes with whom in the app as a last resort, and why; why it is urgent is in the vault. */
export const conversationEvents = {
  ConversationJustified: event('The person could be reached in no other way, and is written to for a limited purpose', {
    ...conversation,
    personId: Id,
    workerId: Id,
    attempts: Type.Array(Type.Object({ channel: Channel, at: Instant }, { additionalProperties: false })),
    limitedTo: oneOf('arranging_contact', 'what_was_justified'),
  }),
  ConversationRefused: event('There is no reason on record to use the app with the person; what is missing, is named', {
    ...conversation,
    personId: Id,
    workerId: Id,
    missing: oneOf('failed_channels', 'urgency', 'age'),
  }),
  ConversationClosed: event('Contact was arranged in a way that can be verified; the app is not needed any more', {
    ...conversation,
    channel: oneOf('email', 'phone', 'meeting', 'case_system'),
  }),
};
