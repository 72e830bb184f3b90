import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent, invitation, refusalTerms } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { findPolicy, ServiceKit } from '#nest';
import { openFor } from '../invitations/invitations.read-model.js';
import { consentId } from '../consents/consent-stream.js';
import { groupsWith } from './erasures.read-model.js';

export const WITHDRAWALS = 'consent.withdrawals-by-erasure';

/**
 * Whoever has their data erased no longer agrees to its being kept: every consent that holds is taken back, and where a group asks
 * for consent they have to leave it. What was to reach them does not any more: another way than the group, an invitation (AMZ-113).
 */
@Controller()
export class ErasuresProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('retention', 'ErasureOrdered'), processorId(WITHDRAWALS))
  async ordered(
    @Payload()
    {
      id: causationId,
      correlationId,
      occurredAt,
      data,
    }: RecordedEvent<'ErasureOrdered', RetentionPayloads['ErasureOrdered']>,
    @Ctx() { tx }: Handling,
  ) {
    const { personId } = data;
    const cause = { actor: { kind: 'system', id: WITHDRAWALS } as const, correlationId, causationId };
    for (const groupId of await groupsWith(tx, 'consents', 'given', personId)) {
      const policy = await findPolicy(tx, groupId);
      if (!policy) throw new Error('The policy of a group somebody agreed to be in is not known here');
      // Nobody has to be reached another way who asked to be forgotten.
      const { rules } = refusalTerms(policy);
      const withdrawn = { groupId, personId, reason: 'asked' as const, needsAlternative: false, rules };
      await this.kit.commands.execute(tx, consent, cause, [
        { id: consentId(groupId, personId), command: { name: 'WithdrawConsent', data: withdrawn }, occurredAt },
      ]);
    }
    for (const groupId of await groupsWith(tx, 'alternative_channels', 'open', personId))
      await this.kit.commands.execute(tx, consent, cause, [
        {
          id: consentId(groupId, personId),
          command: { name: 'EndAlternativeChannel', data: { groupId, personId } },
          occurredAt,
        },
      ]);
    for (const { inviteId, groupId } of await openFor(tx, personId))
      await this.kit.commands.execute(tx, invitation, cause, [
        { id: inviteId, command: { name: 'RevokeInvite', data: { inviteId, groupId, reason: 'erased' } }, occurredAt },
      ]);
  }
}
