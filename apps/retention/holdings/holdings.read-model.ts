import type { Transaction } from '#eventsourcing';

/** The ids of the devices of a person, in order. */
export async function devicesOf(tx: Transaction, personId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select device_id as id from devices where tenant_id = $1 and person_id = $2 order by device_id',
    [tx.tenantId, personId],
  );
  return rows.map(({ id }) => id);
}
