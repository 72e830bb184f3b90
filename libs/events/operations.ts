import { event } from './language.js';
import { Id, Term } from './terms.js';

/** What is done to a service as a whole; every service has these. */
export const operations = {
  ParkedMessageReplayed: event('A message that had been set aside was handled after all', {
    parkedId: Id,
    processor: Term,
  }),
  SubjectKeyDestroyed: event(
    'What this service held about a person was deleted, and the key to it destroyed; nothing brings it back',
    { subjectId: Id, requestId: Id },
  ),
  ParkedMessageDiscarded: event('A message that had been set aside was given up for good', {
    parkedId: Id,
    processor: Term,
  }),
};
