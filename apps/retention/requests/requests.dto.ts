import { Type } from 'typebox';
import { regions } from '#domain';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, uuid, OccurredAt } from '#nest';
import { Reference } from '../items/items.dto.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4000, description: `${description}; kept in the vault` });
const kind = Type.Enum(['access', 'erasure', 'rectification', 'objection', 'freedom_of_information', 'complaint']);
const state = Type.Enum(['waiting', 'open', 'paused', 'overdue', 'answered']);

export const ReceiveRequest = Type.Object(
  {
    requestId: Type.Optional(uuid),
    kind,
    personId: Type.Optional(Type.String({ format: 'uuid', description: 'Who asks, where it is somebody on record' })),
    identity: Type.Enum(['confirmed', 'awaited'], {
      description: 'Whether it is known who asks; until then the time to answer does not run',
    }),
    region: Type.Optional(
      Type.Enum([...regions], { description: 'Whose bank holidays count; England’s and Wales’s unless said' }),
    ),
    wish: Type.Optional(words('What was asked, in the person’s words')),
    occurredAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When it was received, by whatever way; not in the future' }),
    ),
  },
  closed,
);
export const Step = Type.Object({ occurredAt: OccurredAt }, closed);
export const Extend = Type.Object({ reason: words('Why, as the person was told'), occurredAt: OccurredAt }, closed);
export const AnswerRequest = Type.Object(
  {
    outcome: Type.Enum(['complied', 'in_part', 'refused']),
    answer: words('What the person was told'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const RequestsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(state), kind: Type.Optional(kind), personId: Type.Optional(uuid) },
  closed,
);

const request = {
  requestId: uuid,
  kind,
  personId: orNull(uuid),
  state,
  receivedAt: instant,
  dueAt: orNull(instant),
  overdueAt: orNull(instant),
  answeredAt: orNull(instant),
  outcome: orNull(Type.String()),
  lateBySeconds: orNull(Type.Integer()),
  erasure: orNull(Type.Enum(['ordered', 'completed'])),
};
export const RequestChanged = Type.Object({
  requestId: uuid,
  dueAt: orNull(Type.String({ format: 'date-time', description: 'The midnight that ends the last day to answer' })),
  ...Recorded,
});
export const ErasureDecided = Type.Object({
  requestId: uuid,
  kept: Type.Array(
    Type.Object({ itemId: uuid, because: Type.Enum(['hold', 'retention']), explanation: Type.String() }),
  ),
  ...Recorded,
});
export const RequestPage = pageOf(Type.Object(request));
export const Request = Type.Object({ ...request, wish: Reference, reason: Reference, answer: Reference });
