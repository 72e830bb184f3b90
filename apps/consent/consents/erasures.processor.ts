import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent, refusalTerms } from '#domain';
import { typeOf, type RecordedEvent, type RetentionPayloads } from '#events';
import { findPolicy, ServiceKit } from '#nest';
import { consentId } from './consent-stream.js';

export const WITHDRAWALS = 'consent.withdrawals-by-erasure';

/**
 * Whoever has their data erased no longer agrees to its being kept: every consent that holds is taken back, and where a group asks
 * for consent they have to leave it (AMZ-113).
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
    const rows = await tx.query<{ groupId: string }>(
      'select group_id as "groupId" from consents where tenant_id = $1 and person_id = $2 and state = $3 order by group_id',
      [tx.tenantId, personId, 'given'],
    );
    const cause = { actor: { kind: 'system', id: WITHDRAWALS } as const, correlationId, causationId };
    for (const { groupId } of rows) {
      const policy = await findPolicy(tx, groupId);
      if (!policy) throw new Error('The policy of a group somebody agreed to be in is not known here');
      await this.kit.commands.execute(tx, consent, cause, [
        {
          id: consentId(groupId, personId),
          command: { name: 'WithdrawConsent', data: { groupId, personId, reason: 'asked', ...refusalTerms(policy) } },
          occurredAt,
        },
      ]);
    }
  }
}
