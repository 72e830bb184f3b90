/** What a group's policy says of keeping and deleting, in the form the retention commands take it. */
import type { Rule } from '#events';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

/**
 * How long an owner has once the time to keep is over, and when to remind them. The guidance gives no number (BR-58,
 * BR-59): a week, with a reminder two days before it ends, is the product's own reading.
 */
export const DELETION_TERMS = { within: 'P7D', remindAfter: 'P5D' } as const;

/** The rule that makes a hold keep what it covers (BR-61). */
export function holdRules(policy: ResolvedPolicy): Rule[] {
  return [ruleOf(policy, 'hold_on_inquiry')];
}

/** The rules an item is kept and deleted under: how long (BR-57, CN-19), and by whom it goes (BR-59). */
export function retentionRules(policy: ResolvedPolicy): Rule[] {
  return [ruleOf(policy, 'retention_period'), ruleOf(policy, 'deletion_by')];
}
