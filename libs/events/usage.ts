import { Type } from 'typebox';
import { event } from './language.js';
import { Id, oneOf, Term } from './terms.js';

/** What people judged before they posted something; why they judged so is in the vault, what they posted is nowhere. */
export const usageEvents = {
  UsageAssessed: event('Somebody asked whether something may be posted, and was given this answer', {
    assessmentId: Id,
    groupId: Id,
    personId: Id,
    audience: oneOf('colleague', 'partner', 'customer', 'public', 'citizen'),
    topic: Type.Optional(Term),
    sensitivity: oneOf('sensitive', 'non_sensitive', 'unknown'),
    verdict: oneOf(
      ...(['never', 'not_now', 'emergency_only', 'form_required', 'via_comms', 'contact_only'] as const),
      ...(['not_sole', 'with_care', 'free'] as const),
    ),
    formReference: Type.Optional(Term),
    answered: Type.Array(Term),
  }),
};
