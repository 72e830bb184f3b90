import type { Transaction } from '#eventsourcing';

/** The groups where a person's row in a table is in a state, by their ids. */
export async function groupsWith(
  tx: Transaction,
  table: 'consents' | 'alternative_channels',
  state: string,
  personId: string,
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select group_id as id from ${table} where tenant_id = $1 and person_id = $2 and state = $3 order by group_id`,
    [tx.tenantId, personId, state],
  );
  return rows.map(({ id }) => id);
}
