import { Type } from 'typebox';
import { event } from './language.js';
import { Id, oneOf, Term } from './terms.js';

const about = { personId: Id, groupId: Id };

/** Proof that a text reached somebody who is not in the group. */
export const noticeEvents = {
  NoticeDelivered: event(
    'A text reached the person another way than in the group: by a mail of ours, or by somebody’s word',
    {
      ...about,
      channel: oneOf('email', 'phone', 'sms', 'post', 'meeting'),
      textVersion: Term,
      messageId: Type.Optional(Id),
      attestedBy: Type.Optional(Id),
    },
  ),
  NoticeDeliveryUndone: event('The mail came back: the text has not reached the person after all', {
    ...about,
    messageId: Id,
  }),
};
