import { createHash, timingSafeEqual } from 'node:crypto';
import type { Static } from 'typebox';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { findPeople } from './identity.js';
import type { VerifyPerson } from './people.dto.js';

/** Subject that nobody is: read in place of a person nobody knows, so that both questions cost the same. */
const NOBODY = '00000000-0000-4000-8000-000000000000';
const proofs = ['dateOfBirth', 'email'] as const;

/** Whether somebody is who they say: the person if everything they stated is what is on record, otherwise no word of what was wrong. */
export type Verified = { readonly verified: true; readonly personId: string } | { readonly verified: false };

/**
 * Compares what somebody says of themselves with what the organisation has on record, for whoever was invited by a link (LD-12, HSU-03).
 * A reference that names nobody, a wrong statement, one that was never recorded and an erased person get the same answer, after the
 * same statements to the database and a comparison that takes the same time.
 */
export async function verify(kit: ServiceKit, tx: Transaction, stated: Static<typeof VerifyPerson>): Promise<Verified> {
  const [personId] = await findPeople(kit, tx, [stated.reference]);
  const kept = await kit.vault.read(tx, personId ?? NOBODY, proofs);
  const matches = proofs.map((field) => {
    const { [field]: value } = stated;
    const known = kept[field];
    return value === undefined || isSame(value, known.state === 'value' ? known.value : '');
  });
  return personId !== undefined && matches.every(Boolean) ? { verified: true, personId } : { verified: false };
}

/** Addresses are compared without regard to case and outer space; hashing first gives both sides one length. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text.trim().toLowerCase()).digest();
  return timingSafeEqual(digest(one), digest(other));
}
