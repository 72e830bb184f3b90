import { tenantTable, type Transaction } from '#eventsourcing';

/** Who objects to being written to, as retention said. `is_in_force`: it is known that it is they who object. */
export const objectionsTable = tenantTable(
  'objections',
  'request_id uuid not null, person_id uuid not null, is_in_force boolean not null',
  'request_id',
  'person_id',
);

/** Whether a person objects to being written to. */
export async function isObjector(tx: Transaction, personId: string): Promise<boolean> {
  const rows = await tx.query(
    'select from objections where tenant_id = $1 and person_id = $2 and is_in_force limit 1',
    [tx.tenantId, personId],
  );
  return rows.length > 0;
}

/** Who made an objection that is in force; undefined where there is none of this id. */
export async function objectorOf(tx: Transaction, requestId: string): Promise<string | undefined> {
  const [row] = await tx.query<{ personId: string }>(
    'select person_id as "personId" from objections where tenant_id = $1 and request_id = $2 and is_in_force',
    [tx.tenantId, requestId],
  );
  return row?.personId;
}
