import type { ResolvedPolicy } from '#domain';
import type { Transaction } from '#eventsourcing';
import { activePolicies, findPolicy } from '#nest';

/**
 * The policies that say what to do about something in these groups, in their order. Where it is in no group of ours every policy in force
 * may say it: a report is taken from wherever it comes (CN-21, AMZ-071).
 */
export async function policiesOf(tx: Transaction, groupIds: readonly string[]): Promise<ResolvedPolicy[]> {
  const own: ResolvedPolicy[] = [];
  for (const groupId of groupIds) {
    const policy = await findPolicy(tx, groupId);
    if (policy) own.push(policy);
  }
  if (own.length > 0) return own;
  const all = [...(await activePolicies(tx)).values()];
  return all.toSorted((a, b) => a.groupType.localeCompare(b.groupType));
}
