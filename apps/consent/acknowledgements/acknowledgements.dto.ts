import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const document = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,59}$',
  description: 'As the policy calls it, such as code_of_conduct',
});
const textVersion = Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Fingerprint of the words' });
const role = Type.Enum(['participant', 'moderator', 'staff']);
const method = Type.Enum(['survey', 'interview']);

export const Acknowledge = Type.Object(
  {
    personId: uuid,
    document,
    groupId: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'The group whose agreement it is, or whose rules ask for the document',
      }),
    ),
    textVersion: Type.Optional(textVersion),
    occurredAt: OccurredAt,
  },
  closed,
);
export const AcknowledgeRecorded = Type.Object({ personId: uuid, document, textVersion, ...Recorded });
export const AcknowledgementsQuery = Type.Object({ ...PageQuery, personId: Type.Optional(uuid) }, closed);
export const AcknowledgementPage = pageOf(
  Type.Object({ personId: uuid, document, groupId: orNull(uuid), textVersion, at: instant }),
);
export const OwedQuery = Type.Object(
  { ...PageQuery, personId: Type.Optional(uuid), groupId: Type.Optional(uuid) },
  closed,
);
export const OwedPage = pageOf(
  Type.Object({
    personId: uuid,
    role,
    groupId: orNull(uuid),
    document,
    cadence: Type.String(),
    textVersion,
    lastAt: orNull(instant),
    rule: Type.Unknown(),
  }),
);
export const DocumentQuery = Type.Object({ document, groupId: Type.Optional(uuid) }, closed);
export const DocumentShown = Type.Object({
  document,
  textVersion,
  text: Type.String(),
  missing: Type.Array(Type.String()),
});
export const PublishDocument = Type.Object(
  { document, text: Type.String({ minLength: 1, maxLength: 50_000, pattern: '\\S' }), occurredAt: OccurredAt },
  closed,
);
export const DocumentRecorded = Type.Object({ document, textVersion, ...Recorded });
export const DeclareDevice = Type.Object({ personId: uuid, isUsed: Type.Boolean(), occurredAt: OccurredAt }, closed);
export const DeviceRecorded = Type.Object({ personId: uuid, ...Recorded });

export const StartCheck = Type.Object({ checkId: Type.Optional(uuid), role, method, occurredAt: OccurredAt }, closed);
export const CheckRecorded = Type.Object({ checkId: uuid, ...Recorded });
export const CheckOutcome = Type.Object(
  { personId: uuid, outcome: Type.Enum(['understood', 'not_understood', 'declined']), occurredAt: OccurredAt },
  closed,
);
const count = Type.Integer({ minimum: 0 });
export const CheckList = Type.Object({
  items: Type.Array(
    Type.Object({
      checkId: uuid,
      role,
      method,
      startedAt: instant,
      understood: count,
      notUnderstood: count,
      declined: count,
      open: Type.Integer({ minimum: 0, description: 'How many in the role were not tested yet' }),
    }),
  ),
});
