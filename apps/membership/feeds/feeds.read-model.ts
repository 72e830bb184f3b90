import type { Transaction } from '#eventsourcing';

/** Who takes in statements, by whichever door: one name, so that a statement sent over HTTP and over the bus is known. */
export const FEEDS_PROCESSOR = 'membership.feeds';

/** Notes these statements as handled; returns those that were not yet. */
export async function rememberNew(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(
    // In one order for everybody, so that two batches never wait for each other's rows.
    `insert into inbox (tenant_id, processor, event_id) select $1, $2, id from unnest($3::uuid[]) as id order by id
     on conflict do nothing returning event_id`,
    [tx.tenantId, FEEDS_PROCESSOR, [...new Set(ids)]],
  );
  return new Set(rows.map((row) => row.event_id));
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
