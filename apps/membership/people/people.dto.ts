import { Type } from 'typebox';
import { Category, Id, Instant, LinkKind, oneOf, Term } from '#events';
import { closed, pageOf } from '#nest';

const Confidence = oneOf('stated', 'matched', 'assumed');
/** Personal: kept as a keyed fingerprint only. */
export const LinkValue = Type.String({ minLength: 1, maxLength: 200 });
export const EmailText = Type.String({ format: 'email', maxLength: 254 });
export const NameText = Type.String({ minLength: 1, maxLength: 200 });

export const LinkText = Type.Object({ kind: LinkKind, value: LinkValue }, closed);

export const RegisterPerson = Type.Object(
  {
    personId: Type.Optional(Id),
    links: Type.Array(LinkText, { minItems: 1, maxItems: 20 }),
    statuses: Type.Optional(
      Type.Array(Type.Object({ category: Category, status: oneOf('active', 'ended'), from: Instant }, closed), {
        maxItems: 30,
      }),
    ),
    name: Type.Optional(NameText),
    email: Type.Optional(EmailText),
    phone: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    dateOfBirth: Type.Optional(Type.String({ format: 'date' })),
    source: Term,
    occurredAt: Type.Optional(Instant),
  },
  closed,
);

export const LinkPerson = Type.Object(
  {
    kind: LinkKind,
    value: LinkValue,
    source: Term,
    confidence: Type.Optional(Confidence),
    occurredAt: Type.Optional(Instant),
  },
  closed,
);

/** What somebody says of themselves: how they are known, and something only they and the organisation should know. */
export const VerifyPerson = Type.Object(
  {
    reference: LinkText,
    dateOfBirth: Type.Optional(Type.String({ format: 'date' })),
    email: Type.Optional(EmailText),
  },
  {
    ...closed,
    minProperties: 2,
    description: 'The reference and at least one of the others; all that is stated counts.',
  },
);
export const Verification = Type.Object({ verified: Type.Boolean(), personId: Type.Optional(Id) });

export const FindPerson = Type.Object(
  {
    link: Type.String({
      pattern: '^[A-Za-z]{1,20}:[^]{1,200}$',
      description: 'kind:value, such as hrId:4711',
    }),
  },
  closed,
);

export const ImportQuery = Type.Object(
  {
    source: Type.Optional({ ...Term, description: 'Who states it; crm unless said.' }),
    asOf: Type.Optional({ ...Instant, description: 'When the file was made; now unless said.' }),
  },
  closed,
);
export const ImportBody = Type.String({
  description:
    'CSV in UTF-8 with the header crmId,hrId,name,email,phone,dateOfBirth,category,status,from and, if wanted, alias; phone may be left out. No line breaks within a field. Where no phone numbers are kept, a listing with one is refused whole.',
});

const EventRef = Type.Object({ eventId: Id, name: Type.String(), streamId: Type.String() });
export const PersonRecorded = Type.Object({ personId: Id, version: Type.Integer(), events: Type.Array(EventRef) });

const Rejected = Type.Object({ row: Type.Integer(), field: Type.String(), rule: Type.String() });
export const Imported = Type.Object({
  accepted: Type.Integer(),
  unchanged: Type.Integer(),
  rejected: Type.Array(Rejected),
  phonesLeftOut: Type.Integer({ description: 'Numbers of people who have not agreed to their being kept' }),
});

const LinkShown = Type.Object({ kind: LinkKind, source: Type.String(), confidence: Confidence });
export const FoundPeople = pageOf(Type.Object({ personId: Id, links: Type.Array(LinkShown) }));

const Personal = Type.Object({
  state: oneOf('value', 'erased', 'unreadable', 'absent'),
  value: Type.Optional(Type.String()),
});
export const PersonShown = Type.Object({
  personId: Id,
  links: Type.Array(LinkShown),
  categories: Type.Array(Category, { description: 'What the person is now, by everything reported so far.' }),
  statuses: Type.Array(
    Type.Object({
      category: Category,
      status: oneOf('active', 'ended'),
      from: Instant,
      reportedAt: Instant,
      source: Type.String(),
    }),
  ),
  announced: Type.Array(Type.Object({ category: Category, leavesAt: Instant, source: Type.String() })),
  left: Type.Array(Type.Object({ category: Category, leftAt: Instant, source: Type.String() })),
  groups: Type.Array(Type.Object({ groupId: Id, since: Instant })),
  personal: Type.Object({ name: Personal, dateOfBirth: Personal, phone: Personal, email: Personal }),
});
