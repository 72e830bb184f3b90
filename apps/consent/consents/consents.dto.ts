import { Type, type TSchema } from 'typebox';
import { OccurredAt, PageQuery, pageOf, Recorded } from '#nest';

const closed = { additionalProperties: false };
const unique = { uniqueItems: true };
const uuid = Type.String({ format: 'uuid' });
const instant = Type.String({ format: 'date-time' });
const term = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$',
  description: 'A word of your own, machine-readable; no free text',
});
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const method = Type.Enum(['verbal', 'written', 'link_opt_in', 'join_after_notice']);

/** Fields of every command about a person in a group. */
export const about = {
  personId: uuid,
  groupId: uuid,
  occurredAt: OccurredAt,
};

export const PresentNotice = Type.Object(
  {
    ...about,
    noticeVersion: term,
    items: Type.Array(term, {
      ...unique,
      maxItems: 50,
      description: 'What the notice says, such as purpose and duration',
    }),
  },
  closed,
);
export const GiveConsent = Type.Object(
  {
    ...about,
    scope: Type.Array(term, { ...unique, minItems: 1, maxItems: 50 }),
    purpose: term,
    method,
    noticeVersion: term,
    recordedBy: Type.Optional(
      Type.String({ format: 'uuid', description: 'The person who took it down; whoever asks unless said' }),
    ),
  },
  closed,
);
export const AboutConsent = Type.Object(about, closed);
export const ConsentsQuery = Type.Object(
  { ...PageQuery, personId: Type.Optional(uuid), groupId: Type.Optional(uuid) },
  closed,
);

export const ConsentRecorded = Type.Object({ consentId: uuid, ...Recorded });
export const ConsentPage = pageOf(
  Type.Object({
    consentId: uuid,
    personId: uuid,
    groupId: uuid,
    state: Type.Enum(['unasked', 'given', 'refused', 'withdrawn']),
    since: orNull(instant),
    scope: orNull(Type.Array(term)),
    purpose: orNull(term),
    method: orNull(method),
    noticeVersion: orNull(term),
    recordedBy: orNull(uuid),
    reason: orNull(Type.Enum(['asked', 'removed', 'left'])),
    noticePresented: orNull(term),
    noticePresentedAt: orNull(instant),
    agreementVersion: orNull(term),
    version: Type.Integer(),
    history: Type.Array(
      Type.Object({
        eventId: uuid,
        name: Type.String(),
        occurredAt: instant,
        recordedAt: instant,
        actor: Type.Unknown(),
        rules: Type.Optional(Type.Array(Type.Unknown())),
        data: Type.Unknown(),
      }),
    ),
  }),
);
