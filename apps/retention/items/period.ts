import { retentionRules, ruleOf, type ResolvedPolicy, type RetentionCommands } from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import { HttpProblem, problem, requirePolicy } from '#nest';

/**
 * How long an item is kept and under which rules: the period asked for, else the one its group's policy sets (BR-57, CN-19).
 * Throws the 409 where neither says: a blank, no limit, or a schedule of the organisation's own that this product does not hold.
 */
export async function termsFor(
  tx: Transaction,
  { groupId, period }: { readonly groupId?: string; readonly period?: string },
): Promise<Pick<RetentionCommands['Schedule'], 'period' | 'byPolicy' | 'rules'>> {
  if (groupId === undefined) {
    if (period === undefined) throw noPeriod('Without a group there is no policy to take the period from.');
    return { period, byPolicy: false, rules: [] };
  }
  const policy = await requirePolicy(tx, groupId);
  return { period: period ?? periodOf(policy), byPolicy: period === undefined, rules: retentionRules(policy) };
}

function periodOf(policy: ResolvedPolicy): string {
  const { value } = policy.parameters.retention_period;
  if (value !== null && value !== 'schedule' && value !== 'UNSET') return value;
  const rule = ruleOf(policy, 'retention_period');
  const answers = rule.obligations.length > 0 ? ` (${rule.obligations.join(', ')})` : '';
  throw noPeriod(
    `The policy of this group gives no length: retention_period is ${value ?? 'without limit'}${answers}.`,
    rule,
  );
}

function noPeriod(because: string, ...rules: Rule[]): HttpProblem {
  return new HttpProblem(problem(409, 'NoRetentionPeriod', `${because} Name one in period.`, { rules }));
}
