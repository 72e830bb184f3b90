import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { requiredKinds, texts, type ResolvedPolicy } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import { ServiceKit } from '#nest';

export const TEXT_POLICIES = 'consent.text-policies';

/** Another policy may ask for other texts: which groups have all of them is judged again from the moment it came into force (AMZ-101). */
@Controller()
export class TextPoliciesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), processorId(TEXT_POLICIES))
  async activated(
    @Payload() event: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
    @Ctx() { tx }: Handling,
  ) {
    // As the event has them: the copies in force are kept by another processor, at its own pace.
    const policies = event.data.groupTypes as unknown as Readonly<Record<string, ResolvedPolicy>>;
    const groups = await tx.query<{ groupId: string; groupType: string }>(
      `select group_id as "groupId", group_type as "groupType" from known_groups
       where tenant_id = $1 and group_type = any($2) and not exists (
         select from active_policies newer where newer.tenant_id = $1 and newer.group_type = known_groups.group_type and newer.activation > $3)
       order by group_id`,
      [tx.tenantId, Object.keys(policies), event.data.activation],
    );
    if (groups.length === 0) return;
    const requests = groups.map(({ groupId, groupType }) => ({
      id: groupId,
      command: { name: 'Reassess' as const, data: { groupId, required: requiredKinds(policies[groupType]!) } },
      occurredAt: event.occurredAt,
    }));
    const actor = { kind: 'system', id: TEXT_POLICIES } as const;
    const cause = { actor, correlationId: event.correlationId, causationId: event.id };
    await this.kit.commands.execute(tx, texts, cause, requests);
  }
}
