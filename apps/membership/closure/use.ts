import { closure, ruleOf } from '#domain';
import type { Cause, Transaction } from '#eventsourcing';
import { activePolicies, timeZone, type ServiceKit } from '#nest';

/** Puts to each group whether it is dormant by when it was used last. Groups whose policy sets no time are left alone. */
export async function assessUse(
  kit: ServiceKit,
  tx: Transaction,
  cause: Cause,
  occurredAt: string,
  groups: readonly { readonly groupId: string; readonly groupType: string; readonly lastUsedAt: string }[],
) {
  const policies = await activePolicies(tx);
  const zone = await timeZone(tx);
  const requests = groups.flatMap(({ groupId, groupType, lastUsedAt }) => {
    const policy = policies.get(groupType);
    const idleAfter = policy?.parameters.idle_close_after.value;
    if (!policy || !idleAfter) return [];
    const data = { groupId, lastUsedAt, idleAfter, timeZone: zone, rules: [ruleOf(policy, 'idle_close_after')] };
    return [{ id: groupId, command: { name: 'AssessUse' as const, data }, occurredAt }];
  });
  return kit.commands.execute(tx, closure, cause, requests);
}
