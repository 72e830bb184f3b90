import type { ConsentPayloads } from '#events';
import { projection, tenantTable, type Transaction } from '#eventsourcing';

/** Every link that was issued, without the secret in it: a link is found by its fingerprint alone. */
export const invitationsTable = tenantTable(
  'invitations',
  `invite_id uuid not null, group_id uuid not null, person_id uuid, audience text, channel text not null, issuer_id uuid not null,
   issuer_role text not null, token_hash text not null, issued_at timestamptz not null, expires_at timestamptz not null, max_uses integer not null,
   uses integer not null default 0, reference text not null, state text not null, revoked_because text, reissue_due text, replaces uuid, reissued_as uuid`,
  'invite_id',
  'token_hash',
  'group_id, invite_id',
);

export const invitationsProjection = projection<ConsentPayloads>('invitations', ['inviteId'], {
  InviteIssued: ({ occurredAt, data }) => ({ upsert: { ...data, issuedAt: occurredAt, state: 'open' } }),
  InviteAccepted: ({ data: { inviteId, use } }) => ({ update: { inviteId, uses: use } }),
  InviteRevoked: ({ data: { inviteId, reason } }) => ({
    update: { inviteId, state: 'revoked', revokedBecause: reason, reissueDue: null },
  }),
  InviteReissueDue: ({ data: { inviteId, because } }) => ({ update: { inviteId, reissueDue: because } }),
  InviteReissued: ({ data: { inviteId, reissuedAs } }) => ({ update: { inviteId, reissuedAs } }),
});

type Issued = ConsentPayloads['InviteIssued'];

/** A link as it stands; times are ISO 8601 UTC. `uses` counts people, `reference` is what they state on the page. */
export interface InvitationRow extends Pick<
  Issued,
  'inviteId' | 'groupId' | 'channel' | 'issuerId' | 'issuerRole' | 'expiresAt' | 'maxUses' | 'reference'
> {
  readonly personId: string | null;
  readonly audience: string | null;
  readonly issuedAt: string;
  readonly uses: number;
  readonly state: 'open' | 'revoked';
  readonly revokedBecause: ConsentPayloads['InviteRevoked']['reason'] | null;
  readonly reissueDue: ConsentPayloads['InviteReissueDue']['because'] | null;
  readonly replaces: string | null;
  readonly reissuedAs: string | null;
}

const COLUMNS = `invite_id as "inviteId", group_id as "groupId", person_id as "personId", audience, channel, issuer_id as "issuerId",
  issuer_role as "issuerRole", iso(issued_at) as "issuedAt", iso(expires_at) as "expiresAt", max_uses as "maxUses", uses, reference, state,
  revoked_because as "revokedBecause", reissue_due as "reissueDue", replaces, reissued_as as "reissuedAs"`;

/** One link by its id; undefined where the organisation has no such link. */
export async function findInvitation(tx: Transaction, inviteId: string): Promise<InvitationRow | undefined> {
  const sql = `select ${COLUMNS} from invitations where tenant_id = $1 and invite_id = $2`;
  return (await tx.query<InvitationRow>(sql, [tx.tenantId, inviteId]))[0];
}

/** One link by the fingerprint of its secret, whatever became of it; undefined for a secret nobody was given. */
export async function findByToken(tx: Transaction, tokenHash: string): Promise<InvitationRow | undefined> {
  const sql = `select ${COLUMNS} from invitations where tenant_id = $1 and token_hash = $2`;
  return (await tx.query<InvitationRow>(sql, [tx.tenantId, tokenHash]))[0];
}

/** The links many share that were open in a group before an instant: those that somebody who left then may know. */
export async function sharedLinks(tx: Transaction, groupId: string, before: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select invite_id as id from invitations
     where tenant_id = $1 and group_id = $2 and state = 'open' and person_id is null and reissue_due is null and issued_at < $3 order by invite_id`,
    [tx.tenantId, groupId, before],
  );
  return rows.map(({ id }) => id);
}

/** The links into a group that are not revoked. */
export async function openInvitations(tx: Transaction, groupId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select invite_id as id from invitations where tenant_id = $1 and group_id = $2 and state = 'open' order by invite_id`,
    [tx.tenantId, groupId],
  );
  return rows.map(({ id }) => id);
}

/** The links for one person alone that are not revoked. */
export function openFor(tx: Transaction, personId: string): Promise<{ inviteId: string; groupId: string }[]> {
  return tx.query(
    `select invite_id as "inviteId", group_id as "groupId" from invitations
     where tenant_id = $1 and person_id = $2 and state = 'open' order by invite_id`,
    [tx.tenantId, personId],
  );
}

export interface InvitationFilter {
  readonly groupId?: string | undefined;
  readonly personId?: string | undefined;
  readonly state?: string | undefined;
  readonly reissueDue?: boolean | undefined;
  readonly after: string | null;
  readonly limit: number;
}

/** Links by id, from after a given one on. */
export function listInvitations(tx: Transaction, find: InvitationFilter): Promise<InvitationRow[]> {
  return tx.query<InvitationRow>(
    `select ${COLUMNS} from invitations
     where tenant_id = $1 and ($2::uuid is null or group_id = $2) and ($3::uuid is null or person_id = $3) and ($4::text is null or state = $4)
       and ($5::boolean is null or (reissue_due is not null) = $5) and ($6::uuid is null or invite_id > $6)
     order by invite_id limit $7`,
    [
      tx.tenantId,
      find.groupId ?? null,
      find.personId ?? null,
      find.state ?? null,
      find.reissueDue ?? null,
      find.after,
      find.limit,
    ],
  );
}
