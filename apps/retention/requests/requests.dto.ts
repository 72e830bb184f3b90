import { Type } from 'typebox';
import { regions } from '#domain';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const words = (description: string) =>
  Type.String({ minLength: 1, maxLength: 4000, description: `${description}; kept in the vault` });
const kind = Type.Enum(['access', 'erasure', 'rectification', 'objection', 'freedom_of_information', 'complaint']);
const classes = Type.Array(Type.Enum(['name', 'date_of_birth', 'contact', 'category', 'other']), {
  minItems: 1,
  uniqueItems: true,
});
const processings = Type.Array(Type.Enum(['messages', 'group_membership', 'records', 'purpose']), {
  minItems: 1,
  uniqueItems: true,
});
const reason = Type.Enum([
  'accurate',
  'cannot_verify',
  'compelling_grounds',
  'legal_claims',
  'not_applicable',
  'other',
]);
const recipients = Type.Enum(['group_admins', 'members', 'partner_organisation', 'provider', 'authority', 'other']);
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
    wrong: Type.Optional({ ...classes, description: 'Which data is wrong; a rectification names it' }),
    against: Type.Optional({ ...processings, description: 'What the person objects to; an objection names it' }),
    purpose: Type.Optional(term('The purpose objected to, where `against` has `purpose`')),
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
    corrections: Type.Optional(
      Type.Array(uuid, {
        minItems: 1,
        maxItems: 100,
        description: 'Corrections of the data that was wrong, by the ids that the request lists',
      }),
    ),
    stopped: Type.Optional({ ...processings, description: 'What is done no longer because of the objection' }),
    because: Type.Optional({
      ...reason,
      description: 'Why a rectification or an objection is refused, wholly or in part; the words are in `answer`',
    }),
    occurredAt: OccurredAt,
  },
  closed,
);
export const StateCorrection = Type.Object(
  {
    correctionId: Type.Optional(uuid),
    classes,
    what: words('What was corrected, and where'),
    occurredAt: OccurredAt,
  },
  closed,
);
export const TellRecipients = Type.Object(
  {
    recipients,
    count: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How many of them were told' }),
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
  wrong: orNull(classes),
  against: orNull(processings),
  purpose: orNull(Type.String()),
  because: orNull(reason),
  stopped: orNull(processings),
  withdrawnAt: orNull(instant),
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
export const CorrectionStated = Type.Object({ ...RequestChanged.properties, correctionId: uuid });
const correction = Type.Object({
  correctionId: uuid,
  classes,
  madeAt: instant,
  isStated: Type.Boolean({ description: 'Somebody’s word, and not an event that is on record anyway' }),
  isNamed: Type.Boolean({ description: 'The answer rests on it' }),
});
export const Request = Type.Object({
  ...request,
  wish: Reference,
  reason: Reference,
  answer: Reference,
  corrections: Type.Array(correction),
  told: Type.Array(Type.Object({ recipients, count: Type.Integer(), toldAt: instant })),
});
