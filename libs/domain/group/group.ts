import type { MembershipPayloads } from '#events';
import { type Decider, type Decision, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<
  MembershipPayloads,
  'GroupRegistered' | 'ModeratorAppointed' | 'ModeratorStoodDown' | 'GroupClosed'
>;
type About = { readonly groupId: string };

/** What may be asked of a group's stream. */
export type GroupCommands = {
  Register: MembershipPayloads['GroupRegistered'];
  AppointModerator: About & { readonly personId: string; readonly kind: string };
  StandDownModerator: About & { readonly personId: string };
  Close: About;
};

type Group = {
  readonly status: 'unknown' | 'open' | 'closed';
  readonly groupType: string;
  /** Who runs the group, with the kind of the appointment; `admin` for those named at registration. */
  readonly moderators: ReadonlyMap<string, string>;
};

/** Whether people may be admitted and appointed: registered and not closed (LD-35). */
export const isOpen = ({ status }: Group): boolean => status === 'open';

/** Ids of those who run the group and own its tasks (LD-25, LD-26). */
export const moderatorsOf = ({ moderators }: Group): string[] => [...moderators.keys()];

/** The group type its policy is resolved for; empty for a group nobody registered. */
export const groupTypeOf = ({ groupType }: Group): string => groupType;

type Rule = (group: Group) => Decision<Payloads>;

/** Every command but the first needs a group that is registered and in use. */
function inUse(group: Group, rule: Rule): Decision<Payloads> {
  if (group.status === 'unknown') return refuse('GroupUnknown', 'No group is registered under this id.');
  if (group.status === 'closed') return refuse('GroupClosed', 'The group is closed.');
  return rule(group);
}

function without(moderators: Group['moderators'], personId: string): Group['moderators'] {
  return new Map([...moderators].filter(([id]) => id !== personId));
}

/** A group's registration and the people who run it. */
export const group: Decider<Group, GroupCommands, Payloads> = {
  category: 'group',
  initial: { status: 'unknown', groupType: '', moderators: new Map() },
  decide: {
    Register: (data, { status }) => (status === 'unknown' ? [record('GroupRegistered', data)] : nothing),
    AppointModerator: (data, state) =>
      inUse(state, ({ moderators }) =>
        moderators.get(data.personId) === data.kind ? nothing : [record('ModeratorAppointed', data)],
      ),
    StandDownModerator: (data, state) =>
      inUse(state, ({ moderators }) =>
        moderators.has(data.personId) ? [record('ModeratorStoodDown', data)] : nothing,
      ),
    Close: (data, state) => (state.status === 'closed' ? nothing : inUse(state, () => [record('GroupClosed', data)])),
  },
  evolve: {
    GroupRegistered: (_, { groupType, admins }) => ({
      status: 'open',
      groupType,
      moderators: new Map(admins.map((id) => [id, 'admin'])),
    }),
    ModeratorAppointed: (state, { personId, kind }) => ({
      ...state,
      moderators: new Map(state.moderators).set(personId, kind),
    }),
    ModeratorStoodDown: (state, { personId }) => ({ ...state, moderators: without(state.moderators, personId) }),
    GroupClosed: (state) => ({ ...state, status: 'closed' }),
  },
};
