import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid, term } from '#nest';

const unique = { uniqueItems: true };
const word = term('A word of your own, machine-readable; no free text');
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
    noticeVersion: word,
    items: Type.Array(word, {
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
    scope: Type.Array(word, { ...unique, minItems: 1, maxItems: 50 }),
    purpose: word,
    method,
    noticeVersion: word,
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
    scope: orNull(Type.Array(word)),
    purpose: orNull(word),
    method: orNull(method),
    noticeVersion: orNull(word),
    recordedBy: orNull(uuid),
    reason: orNull(Type.Enum(['asked', 'removed', 'left'])),
    noticePresented: orNull(word),
    noticePresentedAt: orNull(instant),
    agreementVersion: orNull(word),
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
