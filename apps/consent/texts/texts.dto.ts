import { Type } from 'typebox';
import { TEXT_KINDS } from '#domain';
import { closed, instant, OccurredAt, orNull, Recorded, uuid } from '#nest';

const topic = Type.String({ pattern: '^[a-z][a-z0-9_]{0,59}$' });
export const kind = Type.Enum([...TEXT_KINDS]);
export const textVersion = Type.String({ pattern: '^[0-9a-f]{16}$', description: 'Fingerprint of the words' });
/** No control characters but line ends and tabs: no page, mail or chat shows them. */
const SHOWN = '^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*$';
const words = (description: string) => Type.Optional(Type.String({ maxLength: 1000, pattern: SHOWN, description }));

/** The group's own words, put into model texts where they say `{groupName}` and the like. */
const fields = Type.Object(
  {
    groupName: words('As the app shows it'),
    purpose: words('What the group is for, to follow "This group is for"'),
    duration: words('How long it is needed, such as "until 7 May 2026"'),
    organisation: words('Who runs the group, as people know them'),
    whoMayJoin: words('To follow "open to"'),
    moderators: words('Who runs the group, as its members know them'),
    namedContact: words('The worker young people may turn to'),
    contact: words('Where to bring a concern'),
    website: words('Host of the organisation’s website, such as example.org; the agreement has to be there'),
    agreementLink: words('Where the agreement can be read'),
    standardLink: words('Where the standard of the steering meetings can be read'),
    privacyLink: words('Where the privacy notice can be read'),
    equalityLink: words('Where the equality policy can be read'),
    policyLinks: words('The other policies, with their addresses'),
  },
  closed,
);
export const StateFields = Type.Object({ groupId: uuid, fields }, closed);
export const StatedFields = Type.Object({ groupId: uuid, fields: Type.Record(Type.String(), Type.String()) });

const section = Type.Object(
  {
    topic,
    heading: Type.Optional(Type.String({ minLength: 1, maxLength: 100, pattern: SHOWN })),
    body: Type.String({ maxLength: 20_000, pattern: SHOWN }),
  },
  closed,
);
const names = Type.Array(uuid, {
  uniqueItems: true,
  maxItems: 50,
  description:
    'The people the text names, by id: they have to run the group, and the text is out of date when they no longer do',
});
const attested = Type.Array(topic, {
  uniqueItems: true,
  maxItems: 60,
  description: 'Topics you vouch for, where words in another language or an indirect wording hide the evidence from us',
});
export const SubmitText = Type.Object(
  {
    groupId: uuid,
    kind,
    sections: Type.Array(section, { minItems: 1, maxItems: 60 }),
    names: Type.Optional(names),
    attested: Type.Optional(attested),
    publish: Type.Optional(Type.Boolean({ description: 'Publish it at once when it is good' })),
    occurredAt: OccurredAt,
  },
  closed,
);
export const PublishText = Type.Object({ groupId: uuid, kind, textVersion, occurredAt: OccurredAt }, closed);
export const TextRecorded = Type.Object({ groupId: uuid, kind, textVersion, ...Recorded });

export const TextsQuery = Type.Object({ groupId: uuid, kind: Type.Optional(kind) }, closed);
export const WordsQuery = Type.Object({ groupId: uuid, kind, textVersion }, closed);
export const Words = Type.Object({
  groupId: uuid,
  kind,
  textVersion,
  sections: Type.Array(section),
  text: Type.String({ description: 'As it was read and pasted' }),
});
export const SuggestionQuery = Type.Object({ groupId: uuid, kind }, closed);
export const StandingQuery = Type.Object({ groupId: uuid }, closed);
const fault = Type.Object({ item: Type.String(), where: Type.String(), because: Type.String(), rule: Type.Unknown() });
const faults = Type.Array(fault);
export const TextList = Type.Object({
  items: Type.Array(
    Type.Object({
      kind,
      textVersion,
      validatedAt: instant,
      publishedAt: orNull(instant),
      isCurrent: Type.Boolean(),
      staleSince: orNull(instant),
      topics: Type.Array(topic),
      attested: Type.Array(topic),
      names: Type.Array(uuid),
      text: Type.Union([Type.String(), Type.Null()], {
        description: 'As it is read and pasted; null when its words are gone',
      }),
    }),
  ),
});
export const Suggestion = Type.Object({
  kind,
  sections: Type.Array(section),
  text: Type.String({ description: 'Ready to be pasted into the chat' }),
  length: Type.Integer(),
  limit: Type.Integer(),
  missing: Type.Array(Type.Object({ topic: Type.String(), field: Type.String() })),
  faults,
});
export const Standing = Type.Object({
  groupId: uuid,
  required: Type.Array(kind),
  isComplete: Type.Boolean({
    description: 'Every required text is published, up to date and good by the policy in force',
  }),
  texts: Type.Array(
    Type.Object({ kind, textVersion: Type.Union([textVersion, Type.Null()]), isStale: Type.Boolean(), faults }),
  ),
});
