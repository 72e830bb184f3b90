import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const message = { messageId: Id, personId: Id };
const attempt = Type.Integer({ minimum: 1 });

/** A message to one person on its way out. Its words and the address are in no event: the words are in the vault, the address is membership's. */
export const messageEvents = {
  MessageQueued: event('A person is to be written to', {
    ...message,
    groupId: Type.Optional(Id),
    kind: oneOf('invitation', 'one_time_code', 'agreement', 'welcome', 'notice'),
    textVersion: Type.Optional(Term),
    agreementVersion: Type.Optional(Term),
    dueAt: Instant,
    giveUpAt: Instant,
  }),
  MessageDue: event('It is to be sent now; looked at again at `again` should nobody have taken it up', {
    ...message,
    again: Instant,
  }),
  MessageAttempted: event(
    'It is about to be handed to the mail server; its fate is uncertain unless known by `again`',
    {
      ...message,
      attempt,
      again: Instant,
    },
  ),
  MessageSent: event('The mail server took it over', { ...message, attempt }),
  MessageFailed: event('The mail server did not take it over', {
    ...message,
    attempt,
    reason: oneOf('refused', 'timeout', 'connection', 'login', 'address_unavailable'),
    again: Type.Optional(Instant),
  }),
  MessageOutcomeUncertain: event(
    'Nobody knows whether the mail server took it over: it is sent again under the same id',
    {
      ...message,
      attempt,
    },
  ),
  MessageGivenUp: event('It is not tried any more: the person has to be told another way', {
    ...message,
    because: oneOf('refused', 'too_late'),
  }),
  MessageHeld: event('There is no mail server to hand it to: it waits', message),
  MessageUndeliverable: event('There is nowhere to send it to, or nothing left to send', {
    ...message,
    because: oneOf('no_address', 'unknown_person', 'erased', 'words_gone'),
  }),
  MessageCalledOff: event('It need not go out any more', {
    ...message,
    because: oneOf('told_otherwise', 'revoked', 'left', 'not_wanted'),
  }),
  MessageBounced: event('The mail server took it over and sent it back later', message),
  MessageDeliveredByHand: event('Somebody gave it to the person another way', {
    ...message,
    channel: oneOf('chat', 'phone', 'sms', 'post', 'meeting', 'email'),
  }),
  PersonalDataRead: event('Somebody was shown personal data', { keyId: Id, subjectId: Id, fields: Type.Array(Term) }),
};
