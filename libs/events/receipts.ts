import { event } from './language.js';
import { Commitment } from './terms.js';

/** The keys an organisation signs consent receipts with; the private part is in the vault. */
export const receiptEvents = {
  ReceiptKeyMade: event('Receipts are signed with this key from now on; earlier ones stay good for what they signed', {
    kid: Commitment,
    publicKey: Commitment,
  }),
};
