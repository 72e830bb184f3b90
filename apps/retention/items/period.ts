import {
  byPrecedence,
  retentionRules,
  ruleOf,
  rulesFor,
  type KeepingRule,
  type KeepingTerms,
  type ResolvedPolicy,
  type RetentionCommands,
} from '#domain';
import type { Rule } from '#events';
import type { Transaction } from '#eventsourcing';
import { HttpProblem, problem, requirePolicy, timeZone } from '#nest';
import { begun, type Facts, type ScheduleRow, standing } from '../schedules/schedules.read-model.js';

type Terms = Pick<RetentionCommands['Schedule'], 'period' | 'byPolicy' | 'terms' | 'rules'>;

/** What decides how long an item is kept. `period` is the one stated with it; `startsAt` its own time, in UTC. */
export interface Asked {
  readonly recordClass: string;
  readonly startsAt: string;
  readonly ownerId: string;
  readonly personId?: string;
  readonly period?: string;
}

/**
 * How long items of one group, or of none, are kept and under which rules, in the order asked for: the period stated with each and
 * the schedule's rules for its class, else what the group's policy sets (BR-57, CN-19). Throws the 409 where none of them says: a
 * blank, no limit, or a policy that leaves it to a schedule which has no rule for such an item.
 */
export async function termsFor(
  tx: Transaction,
  groupId: string | undefined,
  items: readonly Asked[],
): Promise<Terms[]> {
  const policy = groupId === undefined ? undefined : await requirePolicy(tx, groupId);
  const { schedule, facts } = await standing(tx);
  const known = await facts(
    items.map(({ ownerId, personId = ownerId }) => ({ ...(groupId ? { groupId } : {}), personId })),
  );
  const zone = await timeZone(tx);
  const rules = policy ? retentionRules(policy) : [];
  return items.map((asked, index) => {
    const terms = keepingTerms(asked, schedule, known[index]!);
    if (terms) return { period: decidingPeriod(terms, zone), byPolicy: false, terms, rules };
    if (asked.period !== undefined) return { period: asked.period, byPolicy: false, rules };
    if (!policy) throw noPeriod('Without a group there is no policy to take the period from.');
    return { period: periodOf(policy), byPolicy: true, rules };
  });
}

/** The rules of a schedule for an item, beside the period stated with it; undefined where none bears on it. */
export function keepingTerms(
  { recordClass, startsAt, period }: Pick<Asked, 'recordClass' | 'startsAt' | 'period'>,
  schedule: ScheduleRow | undefined,
  { groupType, canHappen, happened }: Facts,
): KeepingTerms | undefined {
  const ruled = rulesFor(schedule?.rules ?? [], { recordClass, groupType, canHappen });
  if (ruled.length === 0) return undefined;
  const { number, contentVersion } = schedule!;
  const stated: Omit<KeepingRule, 'startedAt'>[] = period
    ? [{ from: 'item', period, trigger: 'sent', atEnd: 'delete', basis: 'explicit' }]
    : [];
  const rules = [...stated, ...ruled.map((rule) => ({ from: 'schedule' as const, ...rule }))];
  return { schedule: { number, contentVersion }, rules: begun(rules, startsAt, happened) };
}

/** The period of the rule that decides. */
export function decidingPeriod(terms: KeepingTerms, zone: string): string {
  return byPrecedence(terms.rules, zone)[0]!.rule.period;
}

function periodOf(policy: ResolvedPolicy): string {
  const { value } = policy.parameters.retention_period;
  if (value !== null && value !== 'schedule' && value !== 'UNSET') return value;
  const rule = ruleOf(policy, 'retention_period');
  const answers = rule.obligations.length > 0 ? ` (${rule.obligations.join(', ')})` : '';
  throw noPeriod(
    value === 'schedule'
      ? `The policy of this group leaves it to your schedule: retention_period is schedule${answers}. The schedule in force has no rule for this class.`
      : `The policy of this group gives no length: retention_period is ${value ?? 'without limit'}${answers}.`,
    rule,
  );
}

function noPeriod(because: string, ...rules: Rule[]): HttpProblem {
  return new HttpProblem(problem(409, 'NoRetentionPeriod', `${because} Name one in period.`, { rules }));
}
