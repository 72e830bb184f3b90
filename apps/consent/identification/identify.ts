import { isDeepStrictEqual } from 'node:util';
import type { Neighbours } from '#nest';
import { PAGE } from './admit.js';
import type { Attempts } from './attempts.js';
import type { Link } from '../invitation-page/link.js';
import type { Faults } from '../invitation-page/view.js';

/** The fields of the form that say who somebody is, as they were typed. */
export interface Stated {
  readonly reference: string;
  readonly dateOfBirth: string;
  readonly email: string;
}

/** Who it is; or which fields are missing, that it could not be confirmed, or that too many have tried. */
export type Identified =
  | { readonly personId: string }
  | { readonly faults: Faults }
  | { readonly unproven: true }
  | { readonly spent: true };

const MISSING = {
  reference: 'Enter your membership, student or staff number',
  proof: 'Enter your date of birth or your email address',
};

/**
 * Proves that somebody is who the link was for, by a reference and something else the organisation knows. One answer for every way of being
 * wrong, a personal link of somebody else's and a link that nobody was given among them; wrong ones are counted, so that guessing ends.
 */
export async function identify(
  neighbours: Neighbours,
  attempts: Attempts,
  link: Link | undefined,
  { reference, dateOfBirth, email }: Stated,
  network: string,
): Promise<Identified> {
  const faults = {
    ...(reference ? {} : { reference: MISSING.reference }),
    ...(dateOfBirth || email ? {} : { proof: MISSING.proof }),
  };
  if (!isDeepStrictEqual(faults, {})) return { faults };
  const about = [link?.tenantId ?? '', reference.toLowerCase()];
  if ((await attempts.isSpent('proofs', network)) || (await attempts.isSpent('reference', ...about)))
    return { spent: true };
  const personId = link && (await verified(neighbours, link, { reference, dateOfBirth, email }));
  if (personId && (link.invitation.personId ?? personId) === personId) return { personId };
  await attempts.allows('proofs', network);
  await attempts.allows('reference', ...about);
  return { unproven: true };
}

/** The person it is according to membership; undefined for any other answer, bad input included. */
async function verified(
  neighbours: Neighbours,
  { tenantId, invitation }: Link,
  { reference, dateOfBirth, email }: Stated,
): Promise<string | undefined> {
  const stated = {
    reference: { kind: invitation.reference, value: reference },
    ...(dateOfBirth ? { dateOfBirth } : {}),
    ...(email ? { email } : {}),
  };
  const answer = await neighbours.ask<{ verified?: boolean; personId?: string }>(
    'membership',
    tenantId,
    'POST',
    '/v1/people/verify',
    stated,
    { system: PAGE },
  );
  return answer.status < 300 && answer.body.verified ? answer.body.personId : undefined;
}
