/** Whether a group's messages disappear by themselves: a setting of the app that somebody has to tell us (LD-36). */
import type { MembershipPayloads, Rule } from '#events';
import { type Decider, nothing, record } from '../decider.js';
import type { PolicyParameters } from '../policy/parameters.js';

type Payloads = Pick<MembershipPayloads, 'DisappearingMessagesSet'>;
export type DisappearingSetting = Payloads['DisappearingMessagesSet']['setting'];

/** One stream for each group, beside the group's own. */
export type DisappearingCommands = {
  AttestSetting: Payloads['DisappearingMessagesSet'] & { readonly rules: readonly Rule[] };
};
type State = { readonly setting?: DisappearingSetting };

export const disappearing: Decider<State, DisappearingCommands, Payloads> = {
  category: 'disappearing',
  initial: {},
  decide: {
    AttestSetting: ({ rules, ...said }, { setting }) =>
      setting === said.setting ? nothing : [record('DisappearingMessagesSet', said, ...rules)],
  },
  evolve: { DisappearingMessagesSet: (_, { setting }) => ({ setting }) },
};

/**
 * What a policy makes of a group's setting, in one sentence; undefined where there is nothing to say. A fact is never refused:
 * what does not go with the policy is said, so that somebody changes it. None of it is ever evidence of deletion (BR-36).
 */
export function adviceOn(
  stance: PolicyParameters['disappearing_messages'],
  setting: DisappearingSetting | null,
): string | undefined {
  const isOn = setting !== null && setting !== 'off';
  if (stance === 'recommended' && !isOn)
    return 'Your policy recommends disappearing messages: turn them on in the settings of the group, and say so here.';
  if (stance === 'incompatible' && isOn)
    return 'Messages that disappear cannot be kept as records: turn them off in the settings of the group.';
  return isOn
    ? 'Disappearing messages give no assurance: what was read can have been copied, saved or photographed.'
    : undefined;
}
