import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, term, uuid } from '#nest';
import { about } from '../consents/consents.dto.js';

const channel = Type.Enum(['email', 'phone', 'sms', 'post', 'meeting']);
const state = Type.Enum(['open', 'recorded']);

export const RecordChannel = Type.Object({ ...about, channel }, closed);
export const RecordDelivery = Type.Object(
  {
    ...about,
    channel,
    textVersion: Type.Optional(term('The version of the text that reached the person; the one in force unless said')),
    attestedBy: Type.Optional(
      Type.String({ format: 'uuid', description: 'The person who made sure; whoever asks unless said' }),
    ),
  },
  closed,
);
export const OwedQuery = Type.Object(
  { ...PageQuery, personId: Type.Optional(uuid), groupId: Type.Optional(uuid) },
  closed,
);
export const OwedPage = pageOf(
  Type.Object({
    personId: uuid,
    groupId: uuid,
    since: instant,
    channel: orNull(channel),
    owed: Type.Array(Type.Enum(['channel', 'notice'])),
    textVersion: orNull(Type.String({ description: 'The text that has to reach them, as it stands' })),
    rules: Type.Array(Type.Unknown()),
  }),
);
export const ChannelsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), personId: Type.Optional(uuid), groupId: Type.Optional(uuid) },
  closed,
);
export const ChannelPage = pageOf(
  Type.Object({
    personId: uuid,
    groupId: uuid,
    state,
    since: instant,
    because: Type.Union([Type.Enum(['refused', 'removed', 'withdrawn']), Type.Null()]),
    channel: Type.Union([channel, Type.Null()]),
    deliveredAt: orNull(instant),
    deliveredBy: orNull(channel),
    deliveredVersion: orNull(Type.String()),
    messageId: orNull(uuid),
    attestedBy: orNull(uuid),
  }),
);
