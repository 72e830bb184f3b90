import { Type } from 'typebox';
import { closed, instant, uuid } from '#nest';
import { scopes } from '#domain';

const Scopes = Type.Array(Type.Enum([...scopes]), { minItems: 1, uniqueItems: true });

export const RegisterOrganisation = Type.Object(
  {
    organisationId: Type.Optional(uuid),
    name: Type.String({ minLength: 1, maxLength: 200 }),
    timeZone: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z]+(/[A-Za-z0-9_+-]+){0,2}$',
        maxLength: 60,
        description: 'IANA name; Europe/London unless said',
      }),
    ),
  },
  closed,
);
export const IssueKey = Type.Object({ scopes: Scopes, expiresAt: Type.Optional(instant) }, closed);

export const IssuedKey = Type.Object({
  keyId: uuid,
  key: Type.String({ description: 'Shown once; send it as Authorization: Bearer' }),
});
export const KeyList = Type.Object({
  items: Type.Array(
    Type.Object({
      keyId: uuid,
      prefix: Type.String(),
      scopes: Scopes,
      expiresAt: Type.Union([instant, Type.Null()]),
      revoked: Type.Boolean(),
      issuedAt: instant,
      lastUsedAt: Type.Union([instant, Type.Null()]),
    }),
  ),
});
export const Organisation = Type.Object({
  organisationId: uuid,
  name: Type.Unknown(),
  timeZone: Type.Union([Type.String(), Type.Null()]),
});
