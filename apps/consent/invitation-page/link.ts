import { closedBecause, consentTerms, invitation, hasAccepted, requiredKinds, type ResolvedPolicy } from '#domain';
import { WrongExpectedVersion, type Transaction } from '#eventsourcing';
import { findPolicy, type ServiceKit } from '#nest';
import { listConsents, type ConsentRow } from '../consents/consents.read-model.js';
import { findByToken, type InvitationRow } from '../invitations/invitations.read-model.js';
import { tenantOf, tokenHash } from '../invitations/token.js';
import { currentText, fieldsOf, type Text } from '../texts/texts.read-model.js';

/** A link somebody opened: whose it is, what it was issued for, and why it lets nobody new in, if it does not. */
export interface Link {
  readonly tenantId: string;
  readonly invitation: InvitationRow;
  readonly closed: ReturnType<typeof closedBecause>;
}

/** What the group tells and asks at this moment, and the policy it does so under. */
export interface Offer {
  readonly policy: ResolvedPolicy;
  readonly notice: Text;
  readonly agreement: Text | undefined;
  /** Whose group it is, where that was stated. */
  readonly organisation: string | undefined;
}

const RETRIES = 5;

/** Does `work` in a transaction of the organisation; again from its start when somebody else wrote to the same stream meanwhile. */
export async function inTenant<T>(
  kit: ServiceKit,
  tenantId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await kit.database.inTenant(tenantId, work);
    } catch (error) {
      if (!(error instanceof WrongExpectedVersion) || tries === RETRIES) throw error;
    }
  }
}

/** The link a token belongs to, whatever became of it; undefined for a token nobody was given. */
export async function findLink(kit: ServiceKit, token: string): Promise<Link | undefined> {
  const tenantId = tenantOf(token);
  if (!tenantId) return undefined;
  return kit.database.inTenant(tenantId, async (tx) => {
    const row = await findByToken(tx, tokenHash(token));
    return row && { tenantId, invitation: row, closed: closedBecause({ ...row, status: row.state }, tx.now) };
  });
}

/**
 * What the group tells and asks now; undefined while its notice lacks something the policy requires (LD-11), or the agreement that the policy
 * asks for is not published: nobody is let in then, so nobody is asked.
 */
export async function findOffer(kit: ServiceKit, tx: Transaction, groupId: string): Promise<Offer | undefined> {
  const policy = await findPolicy(tx, groupId);
  const notice = policy && (await currentText(kit, tx, groupId, 'notice'));
  if (!notice || !consentTerms(policy).requiredItems.every((item) => notice.items.includes(item))) return undefined;
  const agreement = await currentText(kit, tx, groupId, 'agreement');
  if (!agreement && requiredKinds(policy).includes('agreement')) return undefined;
  const { organisation } = await fieldsOf(kit, tx, groupId);
  return { policy, notice, agreement, organisation };
}

/** Whether the person came in by this very link. */
export async function joinedBy(
  kit: ServiceKit,
  tx: Transaction,
  { invitation: { inviteId } }: Link,
  personId: string,
): Promise<boolean> {
  const states = await kit.commands.states(tx, invitation, [inviteId]);
  return hasAccepted(states.get(inviteId)!.state, personId);
}

/** What the person last said in the group; undefined if nothing. */
export async function consentOf(tx: Transaction, groupId: string, personId: string): Promise<ConsentRow | undefined> {
  return (await listConsents(tx, { groupId, personId, limit: 1 }))[0];
}

/** The app's own link into the group; undefined where none was given or it was erased. */
export async function groupLink(kit: ServiceKit, tx: Transaction, groupId: string): Promise<string | undefined> {
  const { whatsappLink } = await kit.vault.read(tx, groupId, ['whatsappLink']);
  return whatsappLink.state === 'value' ? whatsappLink.value : undefined;
}
