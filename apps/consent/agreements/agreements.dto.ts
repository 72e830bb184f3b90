import { Type } from 'typebox';
import { closed, instant, OccurredAt, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';

const textVersion = Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Fingerprint of the words' });
const channel = Type.Enum(['chat', 'email', 'meeting']);
const agreementState = Type.Enum(['current', 'due', 'ended']);
const briefingState = Type.Enum(['owed', 'overdue', 'sent', 'called_off']);

export const Circulate = Type.Object(
  {
    groupId: uuid,
    channel,
    textVersion: Type.Optional(textVersion),
    sentElsewhere: Type.Optional(
      Type.Boolean({ description: 'By email, and somebody has sent it already: nothing is mailed from here.' }),
    ),
    occurredAt: OccurredAt,
  },
  closed,
);
export const Circulated = Type.Object({ groupId: uuid, textVersion, ...Recorded });
export const Accept = Type.Object(
  { groupId: uuid, personId: uuid, textVersion: Type.Optional(textVersion), occurredAt: OccurredAt },
  closed,
);
export const AgreementsQuery = Type.Object(
  { ...PageQuery, groupId: Type.Optional(uuid), state: Type.Optional(agreementState) },
  closed,
);
export const AgreementPage = pageOf(
  Type.Object({
    groupId: uuid,
    textVersion,
    state: agreementState,
    publishedAt: instant,
    circulatedAt: orNull(instant),
    circulateBy: orNull(instant),
  }),
);
export const AcceptancesQuery = Type.Object({ ...PageQuery, groupId: uuid, personId: Type.Optional(uuid) }, closed);
export const AcceptancePage = pageOf(
  Type.Object({
    groupId: uuid,
    personId: uuid,
    textVersion,
    acceptedAt: instant,
    how: Type.Enum(['joined', 'invitation', 'said']),
  }),
);

export const SentWelcome = Type.Object(
  {
    groupId: uuid,
    personId: Type.Optional(
      Type.String({ format: 'uuid', description: 'Left out for the welcome of a group that starts' }),
    ),
    channel,
    occurredAt: OccurredAt,
  },
  closed,
);
export const WelcomeRecorded = Type.Object({ groupId: uuid, personId: Type.Optional(uuid), ...Recorded });
export const WelcomeTextQuery = Type.Object({ groupId: uuid }, closed);
export const WelcomeText = Type.Object({
  text: Type.String({ description: 'Ready to be pasted into the chat' }),
  welcomeVersion: orNull(textVersion),
  agreementVersion: orNull(textVersion),
});
export const WelcomesQuery = Type.Object(
  { ...PageQuery, groupId: Type.Optional(uuid), personId: Type.Optional(uuid), state: Type.Optional(briefingState) },
  closed,
);
export const WelcomePage = pageOf(
  Type.Object({
    groupId: uuid,
    personId: orNull(uuid),
    state: briefingState,
    owed: Type.Array(Type.Enum(['welcome', 'agreement'])),
    dueAt: instant,
    sentAt: orNull(instant),
    channel: orNull(channel),
    welcomeVersion: orNull(textVersion),
    agreementVersion: orNull(textVersion),
    parts: orNull(Type.Array(Type.String())),
    lateBySeconds: orNull(Type.Integer()),
  }),
);
