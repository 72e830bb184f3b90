import type { Transaction } from '#eventsourcing';

/** Takes away the codes a person was sent: whoever was erased proves nothing by them. */
export async function forgetCodes(tx: Transaction, personId: string): Promise<void> {
  await tx.query('delete from one_time_codes where tenant_id = $1 and person_id = $2', [tx.tenantId, personId]);
}

/** Those of these people who said that they use a device of their own. */
export async function usersOfOwnDevices(tx: Transaction, personIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    'select person_id as id from own_devices where tenant_id = $1 and person_id = any($2::uuid[]) and is_used order by person_id',
    [tx.tenantId, personIds],
  );
  return rows.map(({ id }) => id);
}
