import { Type } from 'typebox';
import { closed, instant, orNull, Recorded, uuid } from '#nest';

export const OrderPackage = Type.Object(
  {
    groupIds: Type.Optional(
      Type.Array(uuid, {
        minItems: 1,
        maxItems: 50,
        description: 'For freedom of information: which groups it is about',
      }),
    ),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Nothing from before it' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Nothing from it on' })),
  },
  closed,
);
export const PackageChanged = Type.Object({ requestId: uuid, ...Recorded });

export const DecideDisclosure = Type.Object(
  {
    label: Type.Integer({ minimum: 1, description: 'The number of "another person"' }),
    disclose: Type.Boolean(),
    ground: Type.Enum(['consent', 'reasonable', 'known_already', 'public_role', 'confidential']),
    reason: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'In your words; kept in the vault with the package',
    }),
  },
  closed,
);
export const DocumentQuery = Type.Object({ format: Type.Optional(Type.Enum(['json', 'html'])) }, closed);

export const PackageShown = Type.Object({
  requestId: uuid,
  edition: Type.Integer(),
  state: Type.Enum(['searching', 'compiled', 'given_up', 'destroyed']),
  personId: orNull(uuid),
  groupIds: orNull(Type.Array(uuid)),
  from: orNull(instant),
  to: orNull(instant),
  orderedAt: instant,
  compiledAt: orNull(instant),
  sha256: orNull(Type.String({ description: 'Of the bytes of the JSON document as it is handed out now' })),
  searched: orNull(Type.Array(Type.Object({ service: Type.String(), searchedAt: instant, found: Type.Integer() }))),
  destroyAt: orNull(instant),
  destroyedAt: orNull(instant),
  others: Type.Array(
    Type.Object({
      label: Type.Integer(),
      personId: uuid,
      name: Type.Optional(Type.String()),
      isDisclosed: Type.Boolean(),
      reason: Type.Optional(Type.String()),
    }),
  ),
});
