import { Type } from 'typebox';
import { Channel } from '#events';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const state = Type.Enum(['open', 'closed', 'refused']);
const channel = Type.Enum(['email', 'phone', 'meeting', 'case_system']);

export const Justify = Type.Object(
  {
    conversationId: Type.Optional(uuid),
    groupId: uuid,
    personId: Type.String({ format: 'uuid', description: 'Whom the app is to be used with' }),
    workerId: Type.String({ format: 'uuid', description: 'Who uses it' }),
    attempts: Type.Optional(
      Type.Array(Type.Object({ channel: Channel, at: instant }, closed), {
        maxItems: 50,
        description: 'Other ways that were tried and failed, and when',
      }),
    ),
    isOldEnough: Type.Optional(
      Type.Boolean({
        description:
          'The worker’s word on whether the person has the minimum age of the policy (CN-16); a date of birth on record counts more',
      }),
    ),
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2000,
        description: 'Why it cannot wait and nothing else would do; kept in the vault',
      }),
    ),
  },
  closed,
);
export const Close = Type.Object({ channel, occurredAt: OccurredAt }, closed);
export const ConversationsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), personId: Type.Optional(uuid), workerId: Type.Optional(uuid) },
  closed,
);
export const ConversationChanged = Type.Object({ conversationId: uuid, ...Recorded });
const row = {
  conversationId: uuid,
  groupId: uuid,
  personId: uuid,
  workerId: uuid,
  state,
  askedAt: instant,
  missing: orNull(Type.String()),
  limitedTo: orNull(Type.String()),
  attempts: orNull(Type.Array(Type.Object({ channel: Channel, at: instant }))),
  closedAt: orNull(instant),
  channel: orNull(channel),
  version: Type.Integer(),
};
export const ConversationPage = pageOf(Type.Object(row));
export const ConversationView = Type.Object({ ...row, reason: Reference });
