import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { consent, invitation } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { consentId } from '../consents/consent-stream.js';
import { openInvitations } from '../invitations/invitations.read-model.js';
import { closeGroup, endActivity } from '../consents/lasting.js';

export const PURPOSES = 'consent.purposes';
const purposes = processorId(PURPOSES);
type Heard<Name extends 'ActivityEnded' | 'GroupClosed'> = RecordedEvent<Name, MembershipPayloads[Name]>;
type End = { readonly endedAt: string; readonly activityId?: string };

/**
 * A consent lasts no longer than what it was given for: the activity it names (LD-05), and the group in any case (LD-35), to which no link
 * leads any more either.
 */
@Controller()
export class PurposesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'ActivityEnded'), purposes)
  async ended(@Payload() event: Heard<'ActivityEnded'>, @Ctx() { tx }: Handling) {
    const { activityId, endedAt } = event.data;
    await this.end(tx, event, await endActivity(tx, activityId, endedAt), { activityId, endedAt });
  }

  @EventPattern<string>(typeOf('membership', 'GroupClosed'), purposes)
  async closed(@Payload() event: Heard<'GroupClosed'>, @Ctx() { tx }: Handling) {
    const { groupId } = event.data;
    const agreed = await closeGroup(tx, groupId, event.occurredAt);
    await this.end(tx, event, agreed, { endedAt: event.occurredAt });
    const revoking = (await openInvitations(tx, groupId)).map((inviteId) => ({
      id: inviteId,
      command: { name: 'RevokeInvite' as const, data: { inviteId, groupId, reason: 'group_closed' as const } },
      occurredAt: event.occurredAt,
    }));
    if (revoking.length > 0) await this.kit.commands.execute(tx, invitation, causeOf(event), revoking);
  }

  private async end(
    tx: Transaction,
    event: Heard<'ActivityEnded' | 'GroupClosed'>,
    agreed: readonly { groupId: string; personId: string }[],
    end: End,
  ): Promise<void> {
    const requests = agreed.map(({ groupId, personId }) => ({
      id: consentId(groupId, personId),
      command: { name: 'EndPurpose' as const, data: { groupId, personId, ...end } },
      occurredAt: end.endedAt,
    }));
    if (requests.length > 0) await this.kit.commands.execute(tx, consent, causeOf(event), requests);
  }
}

function causeOf({ id: causationId, correlationId }: Heard<'ActivityEnded' | 'GroupClosed'>) {
  return { actor: { kind: 'system' as const, id: PURPOSES }, correlationId, causationId };
}
