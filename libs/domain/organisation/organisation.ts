/** Whose installation it is, and which rules it has put in force for which of its group types. */
import { isDeepStrictEqual } from 'node:util';
import type { GatewayPayloads, Rule } from '#events';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';
import type { ResolvedPolicy } from '../policy/policy.js';

type Registered = GatewayPayloads['OrganisationRegistered'];
type Unset = GatewayPayloads['ProfileActivationRefused']['unset'];
type OrganisationEvents = Pick<
  GatewayPayloads,
  'OrganisationRegistered' | 'ProfileActivated' | 'ProfileActivationRefused'
>;

/** One stream for each organisation. */
export type OrganisationCommands = {
  /** `timeZone`: an IANA name the calendar knows; the caller has checked. */
  Register: Registered;
  /** `groupTypes`: the ones wanted, each with its resolved policy. `unset`: the profile's blanks; those of other group types do not matter. */
  ActivateProfile: {
    readonly profile: string;
    readonly version: number;
    readonly groupTypes: Readonly<Record<string, ResolvedPolicy>>;
    readonly unset: Unset;
    readonly rules: readonly Rule[];
  };
};

type State = {
  readonly registered?: Registered;
  readonly activations: number;
  /** The policy in force for each group type. */
  readonly inForce: Readonly<Record<string, unknown>>;
};

export const organisation: Decider<State, OrganisationCommands, OrganisationEvents> = {
  category: 'organisation',
  initial: { activations: 0, inForce: {} },
  decide: {
    Register: (data, { registered }) => {
      if (!registered) return [record('OrganisationRegistered', data)];
      return registered.timeZone === data.timeZone
        ? nothing
        : refuse('AlreadyRegistered', 'The organisation is registered with another time zone.');
    },
    ActivateProfile: activateProfile,
  },
  evolve: {
    OrganisationRegistered: (state, registered) => ({ ...state, registered }),
    ProfileActivated: (state, { activation, groupTypes }) => ({
      ...state,
      activations: activation,
      inForce: { ...state.inForce, ...groupTypes },
    }),
    ProfileActivationRefused: (state) => state,
  },
};

/**
 * Puts a profile in force for the group types named; the others keep the rules they had. A blank value in any of
 * them stops it (BR-57): rules that nobody has set cannot be kept. What is in force word for word is nothing new.
 */
function activateProfile(
  { profile, version, groupTypes, unset, rules }: OrganisationCommands['ActivateProfile'],
  { registered, activations, inForce }: State,
): Decision<OrganisationEvents> {
  if (!registered) return refuse('NotRegistered', 'The organisation is not registered.', rules);
  const wanted = Object.keys(groupTypes);
  if (wanted.length === 0) return refuse('NoGroupType', 'A profile is activated for at least one group type.', rules);
  const blanks = unset.filter(({ groupType }) => wanted.includes(groupType));
  if (blanks.length > 0) {
    const because = `Nobody has set: ${blanks.map((blank) => `${blank.parameter} of ${blank.groupType}`).join(', ')}.`;
    const evidence = record('ProfileActivationRefused', { profile, version, unset: blanks }, ...rules);
    return refuse<OrganisationEvents>('ProfileHasUnsetValues', because, rules, [evidence]);
  }
  if (wanted.every((groupType) => isDeepStrictEqual(inForce[groupType], groupTypes[groupType]))) return nothing;
  return [record('ProfileActivated', { profile, version, activation: activations + 1, groupTypes }, ...rules)];
}
