import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

/** Which of the data somebody says is wrong; what is wrong with it is in the vault. */
export const DataClasses = Type.Array(oneOf('name', 'date_of_birth', 'contact', 'category', 'other'), { minItems: 1 });
/** What somebody objects to being done with their data. */
export const Processings = Type.Array(oneOf('messages', 'group_membership', 'records', 'purpose'), { minItems: 1 });
const request = { requestId: Id };

/** What a request to put data right, or an objection, says beyond its kind. */
export const asked = {
  wrong: Type.Optional(DataClasses),
  against: Type.Optional(Processings),
  /** The purpose objected to, as a term. */
  purpose: Type.Optional(Term),
};
/** What the answer to one of them rests on. */
export const restsOn = {
  /** Ids of the corrections noted to the request. */
  corrections: Type.Optional(Type.Array(Id, { minItems: 1 })),
  /** What is done no longer. */
  stopped: Type.Optional(Processings),
  /** Why not all of it, or none, is done; the words are in the vault. */
  because: Type.Optional(
    oneOf('accurate', 'cannot_verify', 'compelling_grounds', 'legal_claims', 'not_applicable', 'other'),
  ),
};

/** What follows from a request to put data right, or from an objection (UK GDPR, articles 16, 19 and 21). */
export const rightsEvents = {
  CorrectionNoted: event('Data of the kind that was said to be wrong was changed after the request came', {
    ...request,
    /** The event by which it was changed, or the id under which somebody stated it. */
    correctionId: Id,
    classes: DataClasses,
    madeAt: Instant,
    isStated: Type.Boolean(),
  }),
  RecipientsTold: event('Others who had been given the data were told that it was corrected or erased', {
    ...request,
    recipients: oneOf('group_admins', 'members', 'partner_organisation', 'provider', 'authority', 'other'),
    count: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  }),
  ObjectionWithdrawn: event('The person objects no longer', request),
};
