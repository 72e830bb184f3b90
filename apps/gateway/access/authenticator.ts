import type { Authenticator, Principal, ServiceKit } from '#nest';
import { findKey } from './access.read-model.js';

/** How long a key that was found is taken as found, milliseconds: a revocation is felt within it. */
const REMEMBERED = 2_000;
const MOST_REMEMBERED = 10_000;

/** The tokens of our own services, which have three parts, and everybody's keys, which have not: services ask the gateway too. */
export function tokensOrKeys(tokens: Authenticator, keys: Authenticator): Authenticator {
  return {
    ...keys,
    authenticate: (credential) => (credential.split('.').length === 3 ? tokens : keys).authenticate(credential),
  };
}

/** Knows access keys from the gateway's own database, and records what they were denied. */
export function keyAuthenticator(kit: ServiceKit): Authenticator {
  const remembered = new Map<string, { principal: Principal; until: number }>();
  return {
    authenticate: async (credential) => {
      const known = remembered.get(credential);
      if (known && known.until > performance.now()) return known.principal;
      remembered.delete(credential);
      const principal = await findKey(kit.database, credential);
      if (principal) {
        if (remembered.size >= MOST_REMEMBERED) remembered.clear();
        remembered.set(credential, { principal, until: performance.now() + REMEMBERED });
      }
      return principal;
    },
    denied: async ({ tenantId, keyId }, route) => {
      // Many at once when a client goes on asking: they share a statement and a commit, however many wait.
      await kit.appender.append(tenantId, { actor: { kind: 'key', id: keyId } }, [
        {
          streamId: `access-${keyId}`,
          expectedVersion: 'any',
          events: [{ name: 'AccessDenied', data: { keyId, route } }],
        },
      ]);
    },
  };
}
