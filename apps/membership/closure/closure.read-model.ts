import type { ClosingStep } from '#domain';
import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const closureTables = [
  // How far a group is from being closed.
  tenantTable(
    'group_closings',
    'group_id uuid not null, last_used_at timestamptz, dormant_at timestamptz, is_dormant boolean, missing text[]',
    'group_id',
    'is_dormant, dormant_at, group_id',
  ),
  tenantTable(
    'closing_steps',
    'group_id uuid not null, step text not null, attested_by uuid not null, attested_at timestamptz not null',
    'group_id, step',
  ),
  // The days on which something happened in a group; the latest is when it was used last.
  tenantTable('group_uses', 'group_id uuid not null, day date not null, used_at timestamptz not null', 'group_id, day'),
  // Holds on a whole group, as the retention service tells of them.
  tenantTable('group_holds', 'hold_id uuid not null, group_id uuid not null', 'hold_id', 'group_id'),
];

const used = ({ data: { groupId }, occurredAt }: { data: { groupId: string }; occurredAt: string }) => ({
  upsert: { groupId, day: occurredAt.slice(0, 10), usedAt: occurredAt },
});

/** What people do in a group or with it counts as its use; what a deadline finds does not. */
const USES = [
  'GroupRegistered',
  'ModeratorAppointed',
  'ModeratorReaffirmed',
  'MemberProposed',
  'MemberAdded',
  'GuestAccessExtended',
  'RosterSnapshotRecorded',
] as const;

export const closureProjections = [
  projection<MembershipPayloads>(
    'group_uses',
    ['groupId', 'day'],
    Object.fromEntries(USES.map((name) => [name, used])),
  ),
  projection<MembershipPayloads>('group_closings', ['groupId'], {
    GroupUseNoted: ({ data }) => ({ upsert: { ...data, isDormant: false } }),
    GroupDormant: ({ data }) => ({ upsert: { ...data, isDormant: true } }),
    ClosingChecked: ({ data }) => ({ upsert: { ...data, isDormant: false } }),
  }),
  projection<MembershipPayloads>('closing_steps', ['groupId', 'step'], {
    ClosingStepAttested: ({ data, occurredAt }) => ({ upsert: { ...data, attestedAt: occurredAt } }),
  }),
];

/** How a group stands towards its closing; times are ISO 8601 UTC. */
export interface ClosingRow {
  readonly groupId: string;
  readonly lastUsedAt: string | null;
  readonly dormantAt: string | null;
  readonly isDormant: boolean;
  /** What its closing lacked; empty while it is in use. */
  readonly missing: readonly string[] | null;
  readonly steps: readonly { readonly step: ClosingStep; readonly attestedBy: string; readonly attestedAt: string }[];
  readonly openOrders: number;
  readonly holdIds: readonly string[];
}

/** How a group stands. */
export async function findClosing(tx: Transaction, groupId: string): Promise<ClosingRow> {
  const [row] = await tx.query<ClosingRow>(
    `select $2::uuid as "groupId", iso(c.last_used_at) as "lastUsedAt", iso(c.dormant_at) as "dormantAt", coalesce(c.is_dormant, false) as "isDormant", c.missing,
       (select coalesce(json_agg(json_build_object('step', s.step, 'attestedBy', s.attested_by, 'attestedAt', iso(s.attested_at)) order by s.attested_at, s.step), '[]')
        from closing_steps s where s.tenant_id = $1 and s.group_id = $2) as steps,
       (select count(*)::integer from removal_orders o where o.tenant_id = $1 and o.group_id = $2 and o.state in ('open', 'overdue')) as "openOrders",
       array(select h.hold_id::text from group_holds h where h.tenant_id = $1 and h.group_id = $2 order by h.hold_id) as "holdIds"
     from (select 1) one left join group_closings c on c.tenant_id = $1 and c.group_id = $2`,
    [tx.tenantId, groupId],
  );
  return row!;
}

/** What a group was for is over: its own end has come, or its activity has ended. */
const PURPOSE_ENDED = `least(case when g.ends_at <= $2::timestamptz then g.ends_at end,
  (select a.ended_at from activities a where a.tenant_id = $1 and a.activity_id = g.activity_id))`;

/** Groups that have lost their use and nobody has closed, by the time since when, from after a given one on. */
export function listDormant(
  tx: Transaction,
  {
    after = [null, null],
    limit,
  }: { after?: readonly [string, string] | readonly [null, null] | undefined; limit: number },
) {
  return tx.query<{
    groupId: string;
    since: string;
    lastUsedAt: string | null;
    dormantAt: string | null;
    purposeEndedAt: string | null;
  }>(
    `select group_id as "groupId", iso(least(dormant, ended)) as since, iso(last_used_at) as "lastUsedAt", iso(dormant) as "dormantAt", iso(ended) as "purposeEndedAt"
     from (select g.group_id, c.last_used_at, case when c.is_dormant then c.dormant_at end as dormant, ${PURPOSE_ENDED} as ended
           from groups g left join group_closings c on c.tenant_id = g.tenant_id and c.group_id = g.group_id
           where g.tenant_id = $1 and g.closed_at is null) without_use
     where least(dormant, ended) is not null and ($3::timestamptz is null or (least(dormant, ended), group_id) > ($3::timestamptz, $4::uuid))
     order by least(dormant, ended), group_id limit $5`,
    [tx.tenantId, tx.now, ...after, limit],
  );
}

/** When each of these groups was used last; all that are open where none is named. */
export function lastUses(tx: Transaction, find: { groupIds?: readonly string[]; groupTypes?: readonly string[] }) {
  const { groupIds = null, groupTypes = null } = find;
  return tx.query<{ groupId: string; groupType: string; lastUsedAt: string }>(
    `select g.group_id as "groupId", g.group_type as "groupType", iso(max(u.used_at)) as "lastUsedAt"
     from groups g join group_uses u on u.tenant_id = g.tenant_id and u.group_id = g.group_id
     where g.tenant_id = $1 and g.closed_at is null and ($2::uuid[] is null or g.group_id = any($2)) and ($3::text[] is null or g.group_type = any($3))
     group by g.group_id, g.group_type order by g.group_id`,
    [tx.tenantId, groupIds, groupTypes],
  );
}
