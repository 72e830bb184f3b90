import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const state = Type.Enum(['owed', 'overdue', 'told']);

export const AttestNotice = Type.Object(
  {
    occurredAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When they were told; not in the future. Now unless said' }),
    ),
  },
  closed,
);
export const NoticesQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), groupId: Type.Optional(uuid) },
  closed,
);
export const NoticeTold = Type.Object({
  noticeId: uuid,
  ...Recorded,
});
export const NoticePage = pageOf(
  Type.Object({
    noticeId: uuid,
    groupId: uuid,
    previously: Type.String({ description: 'How long things were kept before, ISO 8601 duration' }),
    period: Type.String({ description: 'How long they are kept now' }),
    owedAt: instant,
    dueAt: instant,
    state,
    toldAt: orNull(instant),
    lateBySeconds: orNull(Type.Integer()),
  }),
);
