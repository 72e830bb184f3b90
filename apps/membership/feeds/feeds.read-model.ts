import { uuidArray, type Transaction } from '#eventsourcing';

/** Who takes in statements, by whichever door: one name, so that a statement sent over HTTP and over the bus is known. */
export const FEEDS_PROCESSOR = 'membership.feeds';

/** Notes these statements as handled; returns those that were not yet. */
export async function rememberNew(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  const fresh = new Set([...ids].sort()); // in one order for everybody, so that two batches never wait for each other's rows
  const [row] = await tx.prepared<{ known: string[] }>('select enter($1, $2, $3) as known', [
    tx.tenantId,
    FEEDS_PROCESSOR,
    uuidArray([...fresh]),
  ]);
  for (const id of row!.known) fresh.delete(id);
  return fresh;
}

/** Lets statements that were not taken in come again. */
export async function forget(tx: Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('delete from inbox where tenant_id = $1 and processor = $2 and event_id = any($3::uuid[])', [
    tx.tenantId,
    FEEDS_PROCESSOR,
    ids,
  ]);
}
