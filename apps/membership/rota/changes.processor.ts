import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { rota, ruleOf } from '#domain';
import { typeOf, type MembershipPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { activePolicy, ServiceKit } from '#nest';
import { findGroups } from '../groups/groups.read-model.js';

export const ROTA = 'membership.rota';
const changes = processorId(ROTA);

type Heard<Name extends 'GroupRegistered' | 'ModeratorAppointed' | 'ModeratorStoodDown'> = RecordedEvent<
  Name,
  MembershipPayloads[Name]
>;

/** Whenever those who run a group change, they owe it to settle anew how they share the duty, where the policy asks for it (AMZ-086). */
@Controller()
export class RotaProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('membership', 'GroupRegistered'), changes)
  async registered(@Payload() event: Heard<'GroupRegistered'>, @Ctx() { tx }: Handling) {
    await this.unsettle(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorAppointed'), changes)
  async appointed(@Payload() event: Heard<'ModeratorAppointed'>, @Ctx() { tx }: Handling) {
    await this.unsettle(tx, event);
  }

  @EventPattern<string>(typeOf('membership', 'ModeratorStoodDown'), changes)
  async stoodDown(@Payload() event: Heard<'ModeratorStoodDown'>, @Ctx() { tx }: Handling) {
    await this.unsettle(tx, event);
  }

  private async unsettle(
    tx: Transaction,
    event: Heard<'GroupRegistered' | 'ModeratorAppointed' | 'ModeratorStoodDown'>,
  ): Promise<void> {
    const { groupId } = event.data;
    const group = (await findGroups(tx, [groupId])).get(groupId);
    const policy = group && !group.closedAt ? await activePolicy(tx, group.groupType) : undefined;
    if (!policy?.parameters.moderator_prereqs.value.includes('availability')) return;
    const data = { groupId, rules: [ruleOf(policy, 'moderator_prereqs')] };
    const cause = {
      actor: { kind: 'system', id: ROTA } as const,
      correlationId: event.correlationId,
      causationId: event.id,
    };
    await this.kit.commands.execute(tx, rota, cause, [
      { id: groupId, command: { name: 'Unsettle', data }, occurredAt: event.occurredAt },
    ]);
  }
}
