import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const some = Type.Optional;
const kind = Type.Enum(['invitation', 'one_time_code', 'agreement', 'welcome', 'notice']);
const state = Type.Enum([
  'queued',
  'due',
  'attempted',
  'retrying',
  'held',
  'sent',
  'given_up',
  'undeliverable',
  'bounced',
  'by_hand',
  'called_off',
]);

export const SendMessage = Type.Object(
  {
    messageId: some(uuid),
    personId: uuid,
    groupId: some(uuid),
    kind: Type.Enum(['notice', 'agreement', 'welcome']),
    subject: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\x00-\\x1f\\x7f]+$' }),
    text: Type.String({ minLength: 1, maxLength: 20_000, pattern: '^[^\\x00]+$' }),
    textVersion: some(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$' })),
    dueAt: some(instant),
  },
  closed,
);
export const DeliverByHand = Type.Object(
  { channel: Type.Enum(['chat', 'phone', 'sms', 'post', 'meeting', 'email']) },
  closed,
);
export const MessageRecorded = Type.Object({ messageId: uuid, ...Recorded });
export const MessagesQuery = Type.Object(
  {
    ...PageQuery,
    state: some(Type.Union([state, Type.Literal('waiting')])),
    kind: some(kind),
    personId: some(uuid),
    groupId: some(uuid),
  },
  closed,
);
const row = {
  messageId: uuid,
  personId: uuid,
  groupId: orNull(uuid),
  kind,
  textVersion: orNull(Type.String()),
  agreementVersion: orNull(Type.String()),
  state,
  dueAt: instant,
  giveUpAt: instant,
  nextAt: orNull(instant),
  attempts: Type.Integer(),
  reason: orNull(Type.String()),
  uncertain: Type.Boolean({ description: 'It may have reached the person twice.' }),
  deliveredAt: orNull(instant),
  channel: orNull(Type.String()),
};
export const MessagePage = pageOf(Type.Object(row));
export const MessageView = Type.Object({
  ...row,
  content: Type.Union(
    [
      Type.Object({ state: Type.Literal('value'), subject: Type.String(), text: Type.String() }),
      Type.Object({ state: Type.Enum(['erased', 'absent', 'unreadable']) }),
    ],
    { description: 'The words, ready to be pasted into a chat. That they were read is recorded.' },
  ),
});
