import { Type } from 'typebox';
import { event } from './language.js';
import { Id, Instant, oneOf, Term } from './terms.js';

const approval = { approvalId: Id };
const asked = { ...approval, groupId: Id, kind: oneOf('exception', 'sign_off'), subject: Term, askedBy: Id };

/** What may be done only once a named person has said yes; why, and the proof of it, are in the vault. */
export const approvalEvents = {
  ApprovalAsked: event('Somebody asks for an exception from a rule, or for the sign-off of a matter', {
    ...asked,
    responsibleId: Type.Optional(Id),
    endsAt: Type.Optional(Instant),
  }),
  ApprovalNotAsked: event('It was asked for without what the policy wants first; what is missing, is named', {
    ...asked,
    missing: oneOf('risk_assessment', 'reason'),
  }),
  ApprovalGiven: event('The person who may say so has said yes', { ...approval, givenBy: Id }),
  ApprovalDeclined: event('The person who may say so has said no', { ...approval, declinedBy: Id }),
  ApprovalEnded: event('The exception holds no longer', { ...approval, because: oneOf('expired', 'ended') }),
};
