import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { invitation, type InvitationCommands } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { sharedLinks } from './invitations.read-model.js';

export const LEAVERS = 'consent.invitations';
const leavers = processorId(LEAVERS);

type Heard<Name extends 'MemberRemoved' | 'MemberLeftByThemselves'> = RecordedEvent<Name, MembershipPayloads[Name]>;
type Because = InvitationCommands['DeclareReissueDue']['because'];

/** Whoever has left a group, or was put out for conduct, may still know the links that its members share: those should be replaced. */
@Controller()
export class LeaversProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'MemberRemoved'), leavers)
  async removed(@Payload() event: Heard<'MemberRemoved'>, @Ctx() { tx }: Handling) {
    if (event.data.trigger === 'conduct') await this.declare(tx, event, 'conduct_removal');
  }

  @EventPattern<string>(typeOf('membership', 'MemberLeftByThemselves'), leavers)
  async left(@Payload() event: Heard<'MemberLeftByThemselves'>, @Ctx() { tx }: Handling) {
    await this.declare(tx, event, 'member_left');
  }

  private async declare(
    tx: Transaction,
    {
      id: causationId,
      correlationId,
      occurredAt,
      data: { groupId },
    }: Heard<'MemberRemoved' | 'MemberLeftByThemselves'>,
    because: Because,
  ): Promise<void> {
    const ids = await sharedLinks(tx, groupId, occurredAt);
    const cause = { actor: { kind: 'system', id: LEAVERS } as const, correlationId, causationId };
    const declaring = (inviteId: string) =>
      ({
        id: inviteId,
        command: { name: 'DeclareReissueDue', data: { inviteId, groupId, because } },
        occurredAt,
      }) as const;
    await this.kit.commands.execute(tx, invitation, cause, ids.map(declaring));
  }
}
