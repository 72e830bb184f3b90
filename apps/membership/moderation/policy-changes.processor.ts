import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { processorId, type Handling } from '#bus';
import { group, ruleOf, type ResolvedPolicy } from '#domain';
import { typeOf, type GatewayPayloads, type RecordedEvent } from '#events';
import type { Transaction } from '#eventsourcing';
import { ServiceKit } from '#nest';
import { moderationOf } from './moderation.js';

export const POLICY_CHANGES = 'membership.policy-changes';

/** Another policy may ask for other moderators: every group it is for is judged again, from the moment it came into force (AMZ-032, BR-62). */
@Controller()
export class PolicyChangesProcessor {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @EventPattern<string>(typeOf('gateway', 'ProfileActivated'), processorId(POLICY_CHANGES))
  async activated(
    @Payload() event: RecordedEvent<'ProfileActivated', GatewayPayloads['ProfileActivated']>,
    @Ctx() { tx }: Handling,
  ) {
    // As the event has them: the copies in force are kept by another processor, at its own pace.
    const policies = event.data.groupTypes as unknown as Readonly<Record<string, ResolvedPolicy>>;
    const actor = { kind: 'system', id: POLICY_CHANGES } as const;
    const requests = [];
    for (const { groupId, groupType } of await groupsOf(tx, Object.keys(policies), event.data.activation)) {
      const policy = policies[groupType]!;
      const { lacks } = await moderationOf(this.kit, tx, groupId, policy);
      const rules = [ruleOf(policy, 'staff_moderators_min'), ruleOf(policy, 'admin_count')];
      const data = { groupId, lacks: [...new Set(lacks.map(({ parameter }) => parameter))], rules };
      requests.push({ id: groupId, command: { name: 'AssessCover' as const, data }, occurredAt: event.occurredAt });
    }
    if (requests.length === 0) return;
    const cause = { actor, correlationId: event.correlationId, causationId: event.id };
    await this.kit.commands.execute(tx, group, cause, requests);
  }
}

/** Groups in use of these types, but for those a newer policy has come into force for already. */
function groupsOf(tx: Transaction, groupTypes: readonly string[], activation: number) {
  return tx.query<{ groupId: string; groupType: string }>(
    `select group_id as "groupId", group_type as "groupType" from groups
     where tenant_id = $1 and closed_at is null and group_type = any($2) and not exists (
       select from active_policies newer where newer.tenant_id = $1 and newer.group_type = groups.group_type and newer.activation > $3)
     order by group_id`,
    [tx.tenantId, groupTypes, activation],
  );
}
