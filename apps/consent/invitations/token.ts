import { createHash, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';

const FORM = /^[A-Za-z0-9_-]{43}$/;

/**
 * A new secret for a link: the organisation, so that the link is looked for nowhere else, and 128 random bits. Given out once;
 * only its fingerprint is kept.
 */
export function newToken(tenantId: string): string {
  return Buffer.concat([Buffer.from(parse(tenantId)), randomBytes(16)]).toString('base64url');
}

/** The fingerprint a token is found by: SHA-256, base64url. The token has 128 random bits, so no salt is needed. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** The organisation a token says it is of; undefined for what cannot be a token. Whether there is such a link is another question. */
export function tenantOf(token: string): string | undefined {
  if (!FORM.test(token)) return undefined;
  try {
    return stringify(Buffer.from(token, 'base64url').subarray(0, 16));
  } catch {
    return undefined; // 16 bytes that are no UUID of any version
  }
}
