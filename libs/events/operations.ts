import { event } from './language.js';
import { Id, Term } from './terms.js';

/** What an operator did to a service; every service has these. */
export const operations = {
  ParkedMessageReplayed: event('A message that had been set aside was handled after all', {
    parkedId: Id,
    processor: Term,
  }),
  ParkedMessageDiscarded: event('A message that had been set aside was given up for good', {
    parkedId: Id,
    processor: Term,
  }),
};
