/** A key to the public door: made once, taken back once. A new key beside an old one is a rotation. */
import type { GatewayPayloads } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, nothing, record, refuse } from '../decider.js';
import type { Scope } from './scopes.js';

type Issued = GatewayPayloads['ApiKeyIssued'];
type AccessKeyEvents = Pick<GatewayPayloads, 'ApiKeyIssued' | 'ApiKeyRevoked'>;

/** One stream for each key. Neither the secret nor its hash is here. */
export type AccessKeyCommands = {
  /** `expiresAt`: the instant from which the key opens nothing; for good when left out. */
  Issue: Omit<Issued, 'scopes'> & { readonly scopes: readonly Scope[] };
  Revoke: { readonly keyId: string };
};

type State = { readonly status: 'none' } | { readonly status: 'issued' | 'revoked'; readonly key: Issued };

export const accessKey: Decider<State, AccessKeyCommands, AccessKeyEvents> = {
  category: 'accesskey',
  initial: { status: 'none' },
  decide: {
    Issue: ({ keyId, scopes, expiresAt }, state, { now }) => {
      if (state.status !== 'none')
        return state.status === 'issued' && hasTerms(state.key, scopes, expiresAt)
          ? nothing
          : refuse('KeyAlreadyIssued', 'A key of this id was issued before.');
      if (expiresAt && compareInstants(expiresAt, now) <= 0)
        return refuse('ExpiryInThePast', 'The key would have expired before it could be used.');
      return [record('ApiKeyIssued', { keyId, scopes: [...scopes], ...(expiresAt ? { expiresAt } : {}) })];
    },
    Revoke: ({ keyId }, { status }) => {
      if (status === 'none') return refuse('KeyUnknown', 'No key of this id was issued.');
      return status === 'revoked' ? nothing : [record('ApiKeyRevoked', { keyId })];
    },
  },
  evolve: {
    ApiKeyIssued: (_, key) => ({ status: 'issued', key }),
    ApiKeyRevoked: (state) => (state.status === 'issued' ? { status: 'revoked', key: state.key } : state),
  },
};

function hasTerms(key: Issued, scopes: readonly Scope[], expiresAt: string | undefined): boolean {
  return key.expiresAt === expiresAt && [...scopes].sort().join() === [...key.scopes].sort().join();
}
