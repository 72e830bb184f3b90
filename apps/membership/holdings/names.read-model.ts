import type { Transaction } from '#eventsourcing';

/** Those of these ids that name people of the organisation. */
export async function knownAmong(tx: Transaction, ids: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from unnest($2::uuid[]) as asked (id)
     where exists (select from events e where e.tenant_id = $1 and e.stream_id = 'person-' || id::text) order by id`,
    [tx.tenantId, ids],
  );
  return rows.map(({ id }) => id);
}
