/** Whose phone number may be kept: nobody's, everybody's, or that of whoever agreed to it (HSU-04, AMZ-112, BR-64). */
import type { ResolvedPolicy } from '#domain';
import type { Transaction } from '#eventsourcing';
import { activePolicies } from '#nest';

/** What a consent has to name for a number to be kept by it. */
const SCOPE = ['phone'];

/**
 * Those of these people whose number may be kept: all of them where a group type in force has a directory of contacts, those with
 * a live consent to it where one keeps numbers by consent, nobody otherwise.
 */
export async function phoneKeepers(tx: Transaction, personIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (personIds.length === 0) return new Set();
  const storage = [...(await activePolicies(tx)).values()].map(storageOf);
  if (storage.includes('contacts_directory')) return new Set(personIds);
  return storage.includes('with_consent') ? agreedTo(tx, personIds) : new Set();
}

/** Those of these people whose number was kept by a consent alone, none of which holds any more. */
export async function phonesToDrop(tx: Transaction, personIds: readonly string[]): Promise<string[]> {
  const keepers = await phoneKeepers(tx, personIds);
  return personIds.filter((id) => !keepers.has(id));
}

const storageOf = ({ parameters }: ResolvedPolicy) => parameters.phone_storage.value;

async function agreedTo(tx: Transaction, personIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ personId: string }>(
    `select distinct person_id as "personId" from known_consents
     where tenant_id = $1 and person_id = any($2::uuid[]) and withdrawn_at is null and scope::jsonb @> $3::jsonb`,
    [tx.tenantId, personIds, JSON.stringify(SCOPE)],
  );
  return new Set(rows.map(({ personId }) => personId));
}
