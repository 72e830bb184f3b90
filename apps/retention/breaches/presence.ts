import { tenantTable, writeRows, type Transaction } from '#eventsourcing';

/** A step into a group or out of it, as membership told it; `at` is UTC. */
export interface PresenceStep {
  readonly groupId: string;
  readonly personId: string;
  readonly at: string;
  readonly version: number;
  readonly eventId: string;
  readonly inside: boolean;
}

/** Who came into which group and went out, and when: who could see something at an instant follows from it. Ids alone. */
export const presenceTable = tenantTable(
  'presence',
  `group_id uuid not null, person_id uuid not null, at timestamptz not null, version integer not null, event_id uuid not null,
   inside boolean not null`,
  'group_id, person_id, at, version, event_id',
  'person_id, group_id, at, version, event_id',
);

/** Keeps a step; one that is known already changes nothing. */
export async function keepStep(tx: Transaction, step: PresenceStep): Promise<void> {
  await writeRows(tx, 'presence', ['groupId', 'personId', 'at', 'version', 'eventId'], [{ upsert: { ...step } }]);
}

/** Everybody who was in a group at an instant (UTC), by all that is known today: of each person's steps until then the last one counts. */
export function presentAt(tx: Transaction, groupId: string, asOf: string): Promise<string[]> {
  return insideAt(tx, { find: 'person_id', by: 'group_id', id: groupId, asOf });
}

/** Every group a person was in at an instant (UTC), by all that is known today. */
export function groupsAt(tx: Transaction, personId: string, asOf: string): Promise<string[]> {
  return insideAt(tx, { find: 'group_id', by: 'person_id', id: personId, asOf });
}

type Column = 'group_id' | 'person_id';

async function insideAt(
  tx: Transaction,
  { find, by, id, asOf }: { find: Column; by: Column; id: string; asOf: string },
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from (select distinct on (${find}) ${find} as id, inside from presence
       where tenant_id = $1 and ${by} = $2 and at <= $3::timestamptz order by ${find}, at desc, version desc, event_id desc) last
     where inside order by id`,
    [tx.tenantId, id, asOf],
  );
  return rows.map((row) => row.id);
}
