import type { GroupStanding } from '#domain';
import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** What each group counts as, why, and since when. */
export const standingsTable = tenantTable(
  'group_standings',
  'group_id uuid not null, standing text not null, because text not null, decided_by uuid, since timestamptz not null',
  'group_id',
);
export const standingsProjection = projection<MembershipPayloads>('group_standings', ['groupId'], {
  GroupRegistered: ({ data: { groupId, official }, occurredAt }) => ({
    upsert: { groupId, standing: official ? 'official' : 'unofficial', because: 'registered', since: occurredAt },
  }),
  GroupStandingSettled: ({ data: { decidedBy = null, ...settled }, occurredAt }) => ({
    upsert: { ...settled, decidedBy, since: occurredAt },
  }),
});

/** What a group counts as; `since` is ISO 8601 UTC. */
export interface StandingRow {
  readonly groupId: string;
  readonly standing: GroupStanding;
  readonly because: 'registered' | 'type' | 'no_staff' | 'decided';
  readonly decidedBy: string | null;
  readonly since: string;
}

/** The standings of these groups. */
export function findStandings(tx: Transaction, groupIds: readonly string[]): Promise<StandingRow[]> {
  return tx.query<StandingRow>(
    `select group_id as "groupId", standing, because, decided_by as "decidedBy", iso(since) as since from group_standings
     where tenant_id = $1 and group_id = any($2) order by group_id`,
    [tx.tenantId, groupIds],
  );
}
