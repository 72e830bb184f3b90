import { Type } from 'typebox';
import { closed, instant, pageOf, PageQuery, uuid } from '#nest';
import { about } from '../consents/consents.dto.js';

const channel = Type.Enum(['email', 'phone', 'sms', 'post', 'meeting']);
const state = Type.Enum(['open', 'recorded']);

export const RecordChannel = Type.Object({ ...about, channel }, closed);
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
  }),
);
