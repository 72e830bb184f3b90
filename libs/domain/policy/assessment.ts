/** A judgement before posting, kept so that it can be defended later (BR-22). */
import type { MembershipPayloads, Rule } from '#events';
import { type Decider, nothing, record } from '../decider.js';

type Events = Pick<MembershipPayloads, 'UsageAssessed'>;
export type AssessmentCommands = {
  /** The answer as the policy gave it, with its rules; the same assessment again is nothing new. */
  Assess: Events['UsageAssessed'] & { readonly rules: readonly Rule[] };
};

/** Whether the judgement is on record. */
type Assessment = { readonly isMade: boolean };

export const assessment: Decider<Assessment, AssessmentCommands, Events> = {
  category: 'assessment',
  initial: { isMade: false },
  decide: {
    Assess: ({ rules, ...data }, { isMade }) => (isMade ? nothing : [record('UsageAssessed', data, ...rules)]),
  },
  evolve: { UsageAssessed: () => ({ isMade: true }) },
};
