/** The keys an organisation signs receipts with: the newest signs, all of them stay published. */
import type { ConsentPayloads } from '#events';
import { type Decider, nothing, record } from '../decider.js';

type Events = Pick<ConsentPayloads, 'ReceiptKeyMade'>;
type Key = Events['ReceiptKeyMade'];

/** `kid` is the thumbprint of the public key (RFC 7638), `publicKey` its 32 bytes (Ed25519), both base64url. */
export type ReceiptKeyCommands = {
  /** At the first need: nothing new where there is a key already. */
  MakeFirstKey: Key;
  /** In place of the one before. */
  RotateKey: Key;
};

/** The keys by age, oldest first. */
type Keys = readonly Key[];

export const receiptKeys: Decider<Keys, ReceiptKeyCommands, Events> = {
  category: 'receipt_keys',
  initial: [],
  decide: {
    MakeFirstKey: (key, keys) => (keys.length > 0 ? nothing : [record('ReceiptKeyMade', key)]),
    RotateKey: (key, keys) => (keys.some(({ kid }) => kid === key.kid) ? nothing : [record('ReceiptKeyMade', key)]),
  },
  evolve: { ReceiptKeyMade: (keys, key) => [...keys, key] },
};
