import type { MembershipPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

export const PROPOSAL_STATES = ['open', 'added', 'declined'] as const;

/** A person somebody in a group has suggested. Instants are ISO 8601 UTC. */
export interface ProposalRow {
  readonly groupId: string;
  readonly personId: string;
  readonly proposedBy: string;
  readonly proposedAt: string;
  readonly state: (typeof PROPOSAL_STATES)[number];
  readonly settledAt: string | null;
}

export const proposalTable = tenantTable(
  'member_proposals',
  `group_id uuid not null, person_id uuid not null, proposed_by uuid not null, proposed_at timestamptz not null,
   state text not null, settled_at timestamptz`,
  'group_id, person_id',
);

export const proposals = projection<MembershipPayloads>('member_proposals', ['groupId', 'personId'], {
  MemberProposed: ({ data, occurredAt }) => ({
    upsert: { ...data, proposedAt: occurredAt, state: 'open', settledAt: null },
  }),
  MemberProposalDeclined: ({ data, occurredAt }) => ({ update: { ...data, state: 'declined', settledAt: occurredAt } }),
  MemberAdded: ({ data: { groupId, personId }, occurredAt }) => ({
    update: { groupId, personId, state: 'added', settledAt: occurredAt },
  }),
});

/** Proposals for a group, in order of the people's ids, up to `limit` after this one. */
export function listProposals(
  tx: Transaction,
  groupId: string,
  { state = null, after, limit }: { state?: ProposalRow['state'] | null; after: string | null; limit: number },
): Promise<ProposalRow[]> {
  return tx.query<ProposalRow>(
    `select group_id as "groupId", person_id as "personId", proposed_by as "proposedBy", proposed_at as "proposedAt", state,
       settled_at as "settledAt"
     from member_proposals where tenant_id = $1 and group_id = $2 and ($3::text is null or state = $3)
       and ($4::uuid is null or person_id > $4) order by person_id limit $5`,
    [tx.tenantId, groupId, state, after, limit],
  );
}
