import { Type } from 'typebox';
import { Category, Instant, oneOf, Subject, Term } from '#events';

const CloudEventForm = Type.Object(
  {},
  { additionalProperties: true, description: 'A CloudEvent 1.0 of one of the rollcall.feeds types, with its time.' },
);
/** Each event is checked by itself, so that a bad one costs no other. */
export const Feed = Type.Union([
  Type.Array(Type.Unknown(), { maxItems: 1_000, description: 'Up to 1,000 CloudEvents 1.0.' }),
  CloudEventForm,
]);

const Change = Type.Object(
  { link: Subject, category: Category, status: oneOf('active', 'ended'), from: Instant },
  { additionalProperties: false },
);
export const CrmDelta = Type.Object(
  {
    source: Term,
    asOf: Instant,
    changes: Type.Array(
      // Described by its form, but let in as it is: each change is checked by itself.
      Type.Unsafe<unknown>({ description: `An object with ${Object.keys(Change.properties).join(', ')}.` }),
      { maxItems: 5_000 },
    ),
  },
  { additionalProperties: false },
);

export const FeedTaken = Type.Object({
  accepted: Type.Integer(),
  duplicates: Type.Integer(),
  unchanged: Type.Integer(),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer(),
      id: Type.Optional(Type.String()),
      field: Type.String(),
      rule: Type.String(),
    }),
  ),
});
