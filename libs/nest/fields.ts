/** The schemas of fields that every service's bodies and answers have. */
import { Type, type TSchema } from 'typebox';

/** Nothing but what is named: a field misspelt is refused, not lost. */
export const closed = { additionalProperties: false };
export const uuid = Type.String({ format: 'uuid' });
/** RFC 3339 with an offset; answered in UTC. */
export const instant = Type.String({ format: 'date-time' });
export const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** A machine-readable word of the caller's own, such as a record class: nothing personal fits it. */
export const term = (description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_.:@/-]{0,79}$', description });

/** When something happened by the caller's account. Optional in a body; the moment of the request when left out. */
export const OccurredAt = Type.Optional(
  Type.String({
    format: 'date-time',
    description: 'When it happened, by your account; not in the future. Now unless said.',
  }),
);

/** Under which rules something was decided: profile and version, parameter, and the obligations it answers. */
export const Rules = Type.Array(
  Type.Object({ profile: Type.String(), parameter: Type.String(), obligations: Type.Array(Type.String()) }),
);
