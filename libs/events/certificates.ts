import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const exactly = { additionalProperties: false };
const count = Type.Integer({ minimum: 0 });

/** How one item ended, as far as anybody can say: never its content, nor where it is. */
const DisposedItem = Type.Object(
  {
    itemId: Id,
    taskId: Id,
    recordClass: Term,
    groupId: Type.Optional(Id),
    /** The item's own time, and the end of the time it was kept for. */
    startsAt: Instant,
    expiredAt: Instant,
    /** The schedule its time was last counted by; left out where the policy or the item set it. */
    schedule: Type.Optional(Type.Object({ number: Type.Integer({ minimum: 1 }), contentVersion: Term }, exactly)),
    outcome: oneOf('attested', 'not_possible', 'transferred'),
    scope: Type.Optional(oneOf('everyone', 'own_device')),
    reason: Type.Optional(Term),
    saidBy: Id,
    saidAt: Instant,
    lateBySeconds: count,
  },
  exactly,
);
export const CertificateContent = Type.Object(
  {
    certificateId: Id,
    issuedAt: Instant,
    items: Type.Array(DisposedItem, { minItems: 1, maxItems: 400 }),
    counts: Type.Object(
      { items: count, attested: count, notPossible: count, transferred: count, late: count },
      exactly,
    ),
  },
  exactly,
);

/** Proof of a batch that went: by whose word, under which rules, how late. */
export const certificateEvents = {
  CertificateIssued: event('What is written here of how these items ended does not change any more', {
    certificateId: Id,
    content: CertificateContent,
    /** SHA-256 of the content in canonical JSON. */
    contentHash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  }),
};
