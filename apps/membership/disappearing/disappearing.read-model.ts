import type { DisappearingSetting } from '#domain';
import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** How the app is set to take messages away, group by group, by somebody's word. */
export const disappearingTable = tenantTable(
  'disappearing_messages',
  'group_id uuid not null, setting text not null, attested_by uuid not null, attested_at timestamptz not null',
  'group_id',
);
export const disappearingProjection = projection<MembershipPayloads>('disappearing_messages', ['groupId'], {
  DisappearingMessagesSet: ({ data, occurredAt }) => ({ upsert: { ...data, attestedAt: occurredAt } }),
});

/** The setting as it was told last; undefined where nobody has said. Times are ISO 8601 UTC. */
export async function findSetting(tx: Transaction, groupId: string) {
  const [row] = await tx.query<{ setting: DisappearingSetting; attestedBy: string; attestedAt: string }>(
    `select setting, attested_by as "attestedBy", iso(attested_at) as "attestedAt" from disappearing_messages
     where tenant_id = $1 and group_id = $2`,
    [tx.tenantId, groupId],
  );
  return row;
}
