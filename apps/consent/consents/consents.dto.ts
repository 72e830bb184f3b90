import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid, term } from '#nest';

const unique = { uniqueItems: true };
const word = term('A word of your own, machine-readable; no free text');
const agreementVersion = Type.Optional(
  term('The version of the group’s agreement that was shown with the notice, where one was'),
);
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
    agreementVersion,
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
    agreementVersion,
    expiresAt: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'The end that was stated to the person; it runs out by itself then',
      }),
    ),
    activityId: Type.Optional(
      Type.String({ format: 'uuid', description: 'The activity it is for; it runs out when that ends' }),
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
    state: Type.Enum(['unasked', 'given', 'refused', 'withdrawn', 'expired']),
    since: orNull(instant),
    scope: orNull(Type.Array(word)),
    purpose: orNull(word),
    method: orNull(method),
    noticeVersion: orNull(word),
    recordedBy: orNull(uuid),
    reason: orNull(Type.Enum(['asked', 'removed', 'left', 'stated_end', 'activity_ended', 'group_closed'])),
    noticePresented: orNull(word),
    noticePresentedAt: orNull(instant),
    agreementVersion: orNull(word),
    expiresAt: orNull(instant),
    activityId: orNull(uuid),
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
