import { Type } from 'typebox';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, term, uuid } from '#nest';

const topic = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,59}$',
  description: 'What it is about: one of the words that /v1/guidance/topics lists',
});
const audience = Type.Enum(['colleague', 'partner', 'customer', 'public', 'citizen']);
const sensitivity = Type.Enum(['sensitive', 'non_sensitive', 'unknown']);
const verdict = Type.Enum([
  ...(['never', 'not_now', 'emergency_only', 'form_required', 'via_comms', 'contact_only'] as const),
  ...(['not_sole', 'with_care', 'free'] as const),
]);
const rule = Type.Object({ profile: Type.String(), parameter: Type.String(), obligations: Type.Array(Type.String()) });

const asked = {
  groupId: uuid,
  audience,
  topic: Type.Optional(topic),
  sensitivity: Type.Optional(sensitivity),
  at: Type.Optional(Type.String({ format: 'date-time', description: 'When it is to be posted; now unless said' })),
};

export const GuidanceQuery = Type.Object(asked, closed);
export const TopicsQuery = Type.Object({ groupId: uuid }, closed);

const answer = {
  verdict,
  because: Type.String({ description: 'One plain sentence' }),
  conditions: Type.Array(Type.String()),
  redirect: orNull(Type.String({ description: 'Where it belongs instead, or as well' })),
  sensitivity,
  askYourself: Type.Array(Type.String()),
  rules: Type.Array(rule),
};
export const Guidance = Type.Object(answer);
export const Topics = Type.Object({
  topics: Type.Array(Type.Object({ topic, verdict, redirect: orNull(Type.String()) })),
  kinds: Type.Array(Type.Object({ topic, sensitivity })),
  selfCheck: Type.Array(Type.String()),
});

const yesNo = Type.Optional(Type.Boolean());
export const Assess = Type.Object(
  {
    ...asked,
    assessmentId: Type.Optional(uuid),
    personId: Type.String({ format: 'uuid', description: 'Who judges' }),
    why: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 500,
        description: 'Why it is not sensitive, where you judge so yourself',
      }),
    ),
    formReference: Type.Optional(term('The form on record, where the topic requires one')),
    isEmergencyWithoutSignal: yesNo,
    selfCheck: Type.Optional(
      Type.Object(
        { needed: yesNo, systemWouldDo: yesNo, certainlyNotSensitive: yesNo, fitForPublication: yesNo },
        closed,
      ),
    ),
  },
  closed,
);
export const Assessed = Type.Object({ assessmentId: uuid, ...answer, ...Recorded });

export const AssessmentsQuery = Type.Object(
  { ...PageQuery, groupId: Type.Optional(uuid), personId: Type.Optional(uuid) },
  closed,
);
export const AssessmentPage = pageOf(
  Type.Object({
    assessmentId: uuid,
    groupId: uuid,
    personId: uuid,
    assessedAt: instant,
    audience,
    topic: orNull(topic),
    sensitivity,
    verdict,
    formReference: orNull(Type.String()),
    answered: Type.Array(Type.String()),
    why: Type.Object({
      state: Type.Enum(['value', 'erased', 'unreadable', 'absent']),
      value: Type.Optional(Type.String()),
    }),
  }),
);
