/** The form of a rehearsal file, from which its JSON Schema and its types both come. */
import { Type, type Static, type TSchema } from 'typebox';
import { actions } from './actions.js';

const exactly = { additionalProperties: false };
const ALIAS = '^[a-z][a-z0-9-]{0,39}$';
const Alias = Type.String({
  pattern: ALIAS,
  description: 'A name of this file for a person, group, activity or item.',
});
const Time = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})?$',
  description: '`2026-05-07 22:00` on the wall clock of the zone, or RFC 3339 with an offset.',
});
const Obligations = Type.Array(Type.String({ pattern: '^[A-Z]{2,4}-\\d{2,3}$' }), { minItems: 1, uniqueItems: true });
const Fields = Type.Record(Type.String(), Type.Unknown(), { description: 'Field → value; others may be anything.' });
const named = <S extends TSchema>(schema: S, description: string) =>
  Type.Record(Type.String({ pattern: ALIAS }), schema, { ...exactly, description });
const some = Type.Optional;
const about = { person: some(Alias), group: some(Alias) };

const Status = Type.Object(
  { category: Type.String(), status: some(Type.Enum(['active', 'ended'])), from: some(Time) },
  exactly,
);
const Person = Type.Object(
  {
    statuses: some(Type.Array(Status)),
    dateOfBirth: some(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })),
    email: some(Type.String({ description: 'Where mails to the person go; nobody is written to without one.' })),
    links: some(
      Type.Array(Type.Object({ kind: Type.String(), value: Type.String() }, exactly), {
        minItems: 1,
        description: 'How feeds name the person, the first one by default; a crmId equal to the alias unless said.',
      }),
    ),
  },
  exactly,
);
const Activity = Type.Object(
  { name: some(Type.String()), kind: Type.String(), startsAt: Time, endsAt: some(Time) },
  exactly,
);
const Group = Type.Object(
  {
    name: some(Type.String()),
    purpose: some(Type.String()),
    groupType: Type.String(),
    official: some(Type.Boolean()),
    admins: Type.Array(Alias, { minItems: 1, uniqueItems: true }),
    activity: some(Alias),
    endsAt: some(Time),
    members: some(
      Type.Array(Alias, {
        uniqueItems: true,
        description: 'In the group from the start, after the notice and the consent that the policy asks for.',
      }),
    ),
    isPrepared: some(
      Type.Boolean({
        description: 'Whether the group has the texts and its moderators what the policy asks; true unless said.',
      }),
    ),
  },
  exactly,
);

const EventFilter = { name: Type.String({ pattern: '^[A-Z][A-Za-z]+$' }), ...about, with: some(Fields) };
const ExpectedEvent = Type.Object(
  {
    ...EventFilter,
    at: some(Time),
    recordedAt: some(Time),
    obligations: some(Obligations),
    parameter: some(Type.String()),
    count: some(Type.Integer({ minimum: 1, description: 'Exactly so many; one unless said.' })),
  },
  exactly,
);
const Row = Type.Object(about, {
  additionalProperties: true,
  description: 'Fields of one row of the list; each that is named has to be so.',
});
const Rows = some(Type.Array(Row));
const Expect = Type.Object(
  {
    events: some(Type.Array(ExpectedEvent, { description: 'Recorded since the step before, deadlines included.' })),
    noEvents: some(Type.Array(Type.Object(EventFilter, exactly), { minItems: 1 })),
    refused: some(
      Type.Object(
        { code: Type.String(), parameter: some(Type.String()), obligations: some(Obligations), reasons: some(Fields) },
        exactly,
      ),
    ),
    answers: some(Type.Object({ status: some(Type.Integer()), with: some(Fields) }, exactly)),
    tasks: Rows,
    consents: Rows,
    alternativeChannels: Rows,
    invitations: Rows,
    agreements: Rows,
    welcomes: Rows,
    messages: Rows,
    followUps: Rows,
    discrepancies: Rows,
    retentionItems: Rows,
    deletionTasks: Rows,
    noOther: some(
      Type.Array(
        Type.Enum([
          'events',
          'tasks',
          'consents',
          'alternativeChannels',
          'invitations',
          'agreements',
          'welcomes',
          'messages',
          'followUps',
          'discrepancies',
          'retentionItems',
          'deletionTasks',
        ]),
        { minItems: 1, uniqueItems: true, description: 'Lists that hold what is named here and nothing else.' },
      ),
    ),
    roster: some(Type.Object({ group: Alias, asOf: some(Time), people: Type.Array(Alias) }, exactly)),
    history: some(
      Type.Object(
        { ...about, filter: some(Fields), names: Type.Array(Type.String(), { description: 'All of them, in order.' }) },
        exactly,
      ),
    ),
    story: some(
      Type.Object(
        { person: Alias, group: Alias, names: Type.Array(Type.String(), { minItems: 1 }) },
        {
          ...exactly,
          description: 'The whole story of the person’s latest removal task, in order.',
        },
      ),
    ),
  },
  exactly,
);

const Do = Type.Object(
  Object.fromEntries(
    Object.entries(actions).map(([name, { needs, about: description, list }]) => [
      name,
      some(
        list
          ? Type.Array(Fields, { minItems: 1, description })
          : Type.Object(Object.fromEntries(needs.map((field) => [field, Type.Unknown()])), {
              additionalProperties: true,
              description,
            }),
      ),
    ]),
  ),
  { ...exactly, minProperties: 1, maxProperties: 1 },
);
const Step = Type.Object(
  {
    at: Time,
    name: some(Type.String({ pattern: ALIAS, description: 'By which a variant may refer to this step.' })),
    note: some(Type.String({ description: 'What happens, for people.' })),
    by: some(Alias),
    do: some(Do),
    expect: some(Expect),
  },
  exactly,
);
const Steps = Type.Array(Step, { minItems: 1 });

/** The whole file. */
export const Rehearsal = Type.Object(
  {
    title: Type.String({ minLength: 1 }),
    about: some(Type.String()),
    obligations: Obligations,
    clock: Type.String({
      ...Time,
      description: 'When the story begins: the organisation and all below exist from then on.',
    }),
    zone: some(Type.String({ description: 'IANA name; Europe/London unless said.' })),
    organisation: Type.Object(
      {
        profile: Type.String(),
        groupTypes: some(Type.Array(Type.String(), { minItems: 1 })),
        overrides: some(Type.Record(Type.String(), Fields, { description: 'Group type or * → parameter → value.' })),
      },
      exactly,
    ),
    people: named(Person, 'Alias → person.'),
    activities: some(named(Activity, 'Alias → campaign, project or role.')),
    groups: some(named(Group, 'Alias → group.')),
    steps: Steps,
    variants: some(
      Type.Array(
        Type.Object(
          {
            title: Type.String({ minLength: 1 }),
            from: some(
              Type.String({
                description: 'The story runs up to this step; the steps here stand in its place and after it.',
              }),
            ),
            steps: Steps,
          },
          exactly,
        ),
      ),
    ),
  },
  exactly,
);

/** The JSON Schema that editors and the tool check a file against. */
export const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Rollcall rehearsal',
  ...Rehearsal,
};

export type RehearsalFile = Static<typeof Rehearsal>;
export type Expectations = Static<typeof Expect>;
export type StepOfFile = Omit<Static<typeof Step>, 'do'> & { do?: Record<string, unknown> };
export type EventEntry = Static<typeof ExpectedEvent>;
export type Fields = Record<string, unknown>;
