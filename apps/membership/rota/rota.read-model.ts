import type { Shift } from '#domain';
import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** How each group shares the duty of looking after it; `out_of_hours` is who is counted on when nobody has the turn, in order. */
export const rotaTables = [
  tenantTable(
    'rotas',
    `group_id uuid not null, state text not null, since timestamptz not null, settled_at timestamptz, shifts json, out_of_hours json,
     settled_by uuid[]`,
    'group_id',
  ),
  tenantTable(
    'rota_acknowledgements',
    'group_id uuid not null, person_id uuid not null, at timestamptz not null',
    'group_id, person_id',
    'person_id',
  ),
];

export const rotaProjections = [
  projection<MembershipPayloads>('rotas', ['groupId'], {
    RotaOwed: ({ occurredAt, data: { groupId } }) => ({ upsert: { groupId, state: 'owed', since: occurredAt } }),
    RotaSettled: ({ occurredAt, data }) => ({
      upsert: { ...data, state: 'settled', since: occurredAt, settledAt: occurredAt },
    }),
  }),
  projection<MembershipPayloads>('rota_acknowledgements', ['groupId', 'personId'], {
    OutOfHoursAcknowledged: ({ occurredAt, data }) => ({ upsert: { ...data, at: occurredAt } }),
  }),
];

/** A rota as it stands; times are ISO 8601 UTC. An owed one shows what was settled before, if anything. */
export interface RotaRow {
  readonly groupId: string;
  readonly state: 'owed' | 'settled';
  readonly since: string;
  readonly settledAt: string | null;
  readonly shifts: readonly Shift[];
  readonly outOfHours: readonly {
    readonly personId: string;
    readonly does: string;
    readonly acknowledgedAt: string | null;
  }[];
  readonly settledBy: readonly string[];
}

/** Rotas by group, from after a given one on; the one of a group where it is named. */
export function listRotas(
  tx: Transaction,
  find: { groupId?: string | undefined; state?: string | undefined; after: string | null; limit: number },
): Promise<RotaRow[]> {
  return tx.query<RotaRow>(
    `select group_id as "groupId", state, iso(since) as since, iso(settled_at) as "settledAt", coalesce(shifts, '[]') as shifts,
       coalesce(settled_by, '{}')::text[] as "settledBy",
       coalesce((select json_agg(json_build_object('personId', one->>'personId', 'does', one->>'does', 'acknowledgedAt', iso(a.at)) order by nth)
         from json_array_elements(r.out_of_hours) with ordinality as list (one, nth)
         left join rota_acknowledgements a on a.tenant_id = $1 and a.group_id = r.group_id and a.person_id = (one->>'personId')::uuid
           and a.at >= r.settled_at), '[]') as "outOfHours"
     from rotas r
     where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::text is null or state = $3) and ($4::uuid is null or group_id > $4)
     order by group_id limit $5`,
    [tx.tenantId, find.groupId ?? null, find.state ?? null, find.after, find.limit],
  );
}
