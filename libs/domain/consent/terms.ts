/** What a group's policy says of consent, in the form the consent commands take it. */
import type { Rule } from '#events';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import type { ConsentCommands } from './consent.js';

/** How consent may be given and what the notice must hold (LD-10, LD-11); spread into GiveConsent. */
export function consentTerms(
  policy: ResolvedPolicy,
): Pick<ConsentCommands['GiveConsent'], 'allowedMethods' | 'requiredItems' | 'rules'> {
  return {
    allowedMethods: policy.parameters.consent_methods.value,
    requiredItems: policy.parameters.notice_items.value,
    rules: [ruleOf(policy, 'consent_methods'), ruleOf(policy, 'notice_items')],
  };
}

/** Whether a person who will not be in the group must be reached by another way (LD-13); spread into RefuseConsent and WithdrawConsent. */
export function refusalTerms(policy: ResolvedPolicy): { needsAlternative: boolean; rules: Rule[] } {
  return {
    needsAlternative: policy.parameters.nonjoiner_channel.value,
    rules: [ruleOf(policy, 'consent_methods'), ruleOf(policy, 'nonjoiner_channel')],
  };
}
