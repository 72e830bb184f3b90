import type { MembershipPayloads, Rule } from '#events';
import { type DeadlineChange, type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<
  MembershipPayloads,
  | 'GroupRegistered'
  | 'ModeratorAppointed'
  | 'ModeratorPrerequisiteMet'
  | 'ModeratorActivated'
  | 'ModeratorReaffirmationDue'
  | 'ModeratorReaffirmed'
  | 'ModeratorStoodDown'
  | 'ModerationCoverLost'
  | 'ModerationCoverEnding'
  | 'ModerationCoverRestored'
  | 'GroupClosed'
>;
type About = { readonly groupId: string };

/** What has to be on record before a moderator's role counts. */
export type Prerequisite = MembershipPayloads['ModeratorPrerequisiteMet']['prerequisite'];

/** What may be asked of a group's stream. */
export type GroupCommands = {
  Register: MembershipPayloads['GroupRegistered'];
  /** `objection`: why the policy does not have the person in this role; the application has read what that takes. */
  AppointModerator: About & {
    readonly personId: string;
    readonly kind: string;
    readonly objection?: string;
    readonly rules?: readonly Rule[];
  };
  /** `needs`: all that the policy asks of this moderator. */
  MeetPrerequisite: About & {
    readonly personId: string;
    readonly prerequisite: Prerequisite;
    readonly needs: readonly Prerequisite[];
    readonly reaffirmBy?: string;
    readonly rules: readonly Rule[];
  };
  /** The moderator goes on; `reaffirmBy` (UTC) is when they are to be asked again, where the policy wants that. */
  Reaffirm: About & { readonly personId: string; readonly reaffirmBy?: string; readonly rules: readonly Rule[] };
  /** Issued by the deadline of a role. */
  DeclareReaffirmationDue: About & { readonly personId: string };
  StandDownModerator: About & { readonly personId: string };
  /** `lacks`: the parameters of the policy that the group's moderators do not meet as things stand. */
  AssessCover: About & { readonly lacks: readonly string[]; readonly rules: readonly Rule[] };
  /** `lacks`: the parameters that are not met from `endsAt` (UTC) on, when somebody who was announced to leave has left. */
  ForeseeGap: About & { readonly endsAt: string; readonly lacks: readonly string[]; readonly rules: readonly Rule[] };
  Close: About;
};

type Role = {
  readonly kind: string;
  readonly met: ReadonlySet<Prerequisite>;
  readonly isActivated: boolean;
  /** When the moderator is to be asked again (UTC), until that was said to be due. */
  readonly reaffirmBy?: string;
};
type Group = {
  readonly status: 'unknown' | 'open' | 'closed';
  readonly groupType: string;
  /** Who runs the group, with the kind of the appointment; `admin` for those named at registration. */
  readonly moderators: ReadonlyMap<string, Role>;
  readonly isCovered: boolean;
  /** When cover was last said to end (UTC). */
  readonly endingAt?: string;
};

/** Whether people may be admitted and appointed: registered and not closed (LD-35). */
export const isOpen = ({ status }: Group): boolean => status === 'open';

/** Ids of those who run the group and own its tasks (LD-25, LD-26). */
export const moderatorsOf = ({ moderators }: Group): string[] => [...moderators.keys()];

/** The group type its policy is resolved for; empty for a group nobody registered. */
export const groupTypeOf = ({ groupType }: Group): string => groupType;

type Check = (group: Group) => Decision<Payloads>;

/** Every command but the first needs a group that is registered and in use. */
function inUse(group: Group, rule: Check): Decision<Payloads> {
  if (group.status === 'unknown') return refuse('GroupUnknown', 'No group is registered under this id.');
  if (group.status === 'closed') return refuse('GroupClosed', 'The group is closed.');
  return rule(group);
}

/** Once for a kind, and anew for another (LD-25, AMZ-033, AMZ-034, AMZ-076). */
function appoint(data: GroupCommands['AppointModerator'], { moderators }: Group): Decision<Payloads> {
  const { objection, rules = [], ...appointment } = data;
  if (objection !== undefined) return refuse('ModeratorKindNotAllowed', objection, rules);
  if (moderators.get(data.personId)?.kind === data.kind) return nothing;
  return [record('ModeratorAppointed', appointment, ...rules)];
}

/** The role counts from the moment the last thing asked for is on record (AMZ-084, AMZ-035, AMZ-098). */
function meet(data: GroupCommands['MeetPrerequisite'], { moderators }: Group): Decision<Payloads> {
  const { groupId, personId, prerequisite, needs, reaffirmBy, rules } = data;
  const role = moderators.get(personId);
  if (!role) return refuse('NotAModerator', 'The person does not run the group.');
  if (!needs.includes(prerequisite))
    return refuse('PrerequisiteNotAsked', 'The policy of this group does not ask this of the moderator.', rules);
  const isNew = !role.met.has(prerequisite);
  const isComplete = needs.every((need) => need === prerequisite || role.met.has(need));
  return [
    ...(isNew ? [record('ModeratorPrerequisiteMet', { groupId, personId, prerequisite }, ...rules)] : []),
    ...(isComplete && !role.isActivated
      ? [record('ModeratorActivated', { groupId, personId, ...again(reaffirmBy) }, ...rules)]
      : []),
  ];
}

const again = (reaffirmBy?: string) => (reaffirmBy === undefined ? {} : { reaffirmBy });

function reaffirm(data: GroupCommands['Reaffirm'], { moderators }: Group): Decision<Payloads> {
  const { groupId, personId, reaffirmBy, rules } = data;
  const role = moderators.get(personId);
  if (!role) return refuse('NotAModerator', 'The person does not run the group.');
  // Said twice on one day is said once.
  if (reaffirmBy !== undefined && role.reaffirmBy === reaffirmBy) return nothing;
  return [record('ModeratorReaffirmed', { groupId, personId, ...again(reaffirmBy) }, ...rules)];
}

/** The moderators are asked now and then (AMZ-087); recorded once, however late the deadline fires. */
function declareReaffirmationDue(
  { groupId, personId }: GroupCommands['DeclareReaffirmationDue'],
  { status, moderators }: Group,
  { now }: Moment,
): Decision<Payloads> {
  const dueAt = moderators.get(personId)?.reaffirmBy;
  if (status !== 'open' || dueAt === undefined || dueAt > now) return nothing;
  return [record('ModeratorReaffirmationDue', { groupId, personId, dueAt })];
}

const askAgain = ({ groupId, personId, reaffirmBy }: Payloads['ModeratorReaffirmed']): DeadlineChange[] => [
  reaffirmBy === undefined
    ? { cancel: `reaffirm:${personId}` }
    : {
        schedule: `reaffirm:${personId}`,
        dueAt: reaffirmBy,
        command: { name: 'DeclareReaffirmationDue', data: { groupId, personId } },
      },
];

/** A gap is recorded when it opens and when it is closed, and not in between (AMZ-032, AMZ-034, AMZ-054, BR-62). */
function assess({ groupId, lacks, rules }: GroupCommands['AssessCover'], { status, isCovered }: Group) {
  if (status !== 'open' || isCovered === (lacks.length === 0)) return nothing;
  return isCovered
    ? [record('ModerationCoverLost', { groupId, lacks: [...lacks] }, ...rules)]
    : [record('ModerationCoverRestored', { groupId }, ...rules)];
}

/** Said before it happens, so that somebody else can be found in time; once for an end (AMZ-032, AMZ-054). */
function foresee({ groupId, endsAt, lacks, rules }: GroupCommands['ForeseeGap'], group: Group) {
  const { status, isCovered, endingAt } = group;
  if (status !== 'open' || !isCovered || lacks.length === 0 || endingAt === endsAt) return nothing;
  return [record('ModerationCoverEnding', { groupId, endsAt, lacks: [...lacks] }, ...rules)];
}

function withRole(state: Group, personId: string, change: (role: Role) => Partial<Role>): Group {
  const role = state.moderators.get(personId) ?? { kind: '', met: new Set(), isActivated: false };
  return { ...state, moderators: new Map(state.moderators).set(personId, { ...role, ...change(role) }) };
}

function without(moderators: Group['moderators'], personId: string): Group['moderators'] {
  return new Map([...moderators].filter(([id]) => id !== personId));
}

/** A group's registration, the people who run it, and whether they are those its policy asks for. */
export const group: Decider<Group, GroupCommands, Payloads> = {
  category: 'group',
  initial: { status: 'unknown', groupType: '', moderators: new Map(), isCovered: true },
  decide: {
    Register: (data, { status }) => (status === 'unknown' ? [record('GroupRegistered', data)] : nothing),
    AppointModerator: (data, state) => inUse(state, (open) => appoint(data, open)),
    MeetPrerequisite: (data, state) => inUse(state, (open) => meet(data, open)),
    Reaffirm: (data, state) => inUse(state, (open) => reaffirm(data, open)),
    DeclareReaffirmationDue: declareReaffirmationDue,
    StandDownModerator: (data, state) =>
      inUse(state, ({ moderators }) =>
        moderators.has(data.personId) ? [record('ModeratorStoodDown', data)] : nothing,
      ),
    AssessCover: assess,
    ForeseeGap: foresee,
    Close: (data, state) => (state.status === 'closed' ? nothing : inUse(state, () => [record('GroupClosed', data)])),
  },
  evolve: {
    GroupRegistered: (state, { groupType, admins }) => ({
      ...state,
      status: 'open',
      groupType,
      moderators: new Map(admins.map((id) => [id, { kind: 'admin', met: new Set(), isActivated: false }])),
    }),
    ModeratorAppointed: (state, { personId, kind }) => withRole(state, personId, () => ({ kind })),
    ModeratorPrerequisiteMet: (state, { personId, prerequisite }) =>
      withRole(state, personId, ({ met }) => ({ met: new Set(met).add(prerequisite) })),
    ModeratorActivated: (state, { personId, reaffirmBy }) =>
      withRole(state, personId, () => ({ isActivated: true, ...again(reaffirmBy) })),
    ModeratorReaffirmationDue: (state, { personId }) => withRole(state, personId, () => ({ reaffirmBy: undefined })),
    ModeratorReaffirmed: (state, { personId, reaffirmBy }) => withRole(state, personId, () => ({ reaffirmBy })),
    ModeratorStoodDown: (state, { personId }) => ({ ...state, moderators: without(state.moderators, personId) }),
    ModerationCoverLost: (state) => ({ ...state, isCovered: false, endingAt: undefined }),
    ModerationCoverEnding: (state, { endsAt }) => ({ ...state, endingAt: endsAt }),
    ModerationCoverRestored: (state) => ({ ...state, isCovered: true }),
    GroupClosed: (state) => ({ ...state, status: 'closed' }),
  },
  deadlines: {
    ModeratorActivated: askAgain,
    ModeratorReaffirmed: askAgain,
    ModeratorStoodDown: ({ personId }) => [{ cancel: `reaffirm:${personId}` }],
  },
};
