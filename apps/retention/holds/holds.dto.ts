import { Type } from 'typebox';
import { HoldScope, ReleaseReason } from '#events';
import { closed, instant, orNull, pageOf, PageQuery, Recorded, uuid } from '#nest';
import { Reference } from '../items/items.dto.js';

const text = (description: string) => Type.String({ minLength: 1, maxLength: 2000, description });

export const PlaceHold = Type.Object(
  {
    holdId: Type.Optional(uuid),
    scope: Type.Object(HoldScope.properties, {
      ...closed,
      minProperties: 1,
      description:
        'What is kept: every item to which all of these apply. A person’s are those they own and those about them; `from` and `to` bound the item’s own time',
    }),
    reason: text('Why, in your words; kept in the vault'),
    authority: text('By what right or on whose order, in your words; kept in the vault'),
    reviewAt: Type.String({ format: 'date-time', description: 'When somebody decides whether it is still needed' }),
  },
  closed,
);
export const ReviewHold = Type.Object(
  { reviewAt: Type.String({ format: 'date-time', description: 'When it is looked at again; in the future' }) },
  closed,
);
export const ReleaseHold = Type.Object(
  {
    reason: Type.Enum(ReleaseReason.enum, { description: 'The kind of reason; `other` needs words' }),
    words: Type.Optional(text('More on why, in your words; kept in the vault')),
  },
  closed,
);
export const HoldsQuery = Type.Object(
  { ...PageQuery, state: Type.Optional(Type.Enum(['in_force', 'review_due', 'released'])) },
  closed,
);

export const HoldChanged = Type.Object({
  holdId: uuid,
  items: Type.Integer({ description: 'How many items it now covers, or covered' }),
  ...Recorded,
});
const hold = {
  holdId: uuid,
  scope: HoldScope,
  state: Type.Enum(['in_force', 'review_due', 'released']),
  placedAt: instant,
  reviewAt: instant,
  releasedAt: orNull(instant),
  releaseReason: Type.Union([Type.Enum(ReleaseReason.enum), Type.Null()], {
    description: 'Why it was released; empty while it lasts, and for those released before a reason was asked for',
  }),
  items: Type.Integer({ description: 'How many items it covers' }),
};
export const HoldPage = pageOf(Type.Object(hold));
export const Hold = Type.Object({ ...hold, reason: Reference, authority: Reference, releaseWords: Reference });
