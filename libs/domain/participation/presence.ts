import type { MembershipPayloads } from '#events';
import type { Decider } from '../decider.js';

/** The events of one person's participation in one group. */
export type ParticipationEvents = Pick<
  MembershipPayloads,
  | 'MemberProposed'
  | 'MemberProposalDeclined'
  | 'AdmissionRefused'
  | 'ReadmissionBlocked'
  | 'ConductRemovalDecided'
  | 'MemberBarred'
  | 'MemberAdded'
  | 'MemberFoundInGroup'
  | 'GuestAccessGranted'
  | 'GuestAccessExtended'
  | 'GuestAccessExpired'
  | 'RemovalRequestedByMember'
  | 'RemovalTaskOpened'
  | 'RemovalBroughtForward'
  | 'RemovalReminderDue'
  | 'RemovalOverdue'
  | 'RemovalEvidenceAdded'
  | 'RemovalTaskCancelled'
  | 'MemberRemoved'
  | 'MemberLeftByThemselves'
  | 'RemovalContradicted'
>;

/** For work or privately (AMZ-038). */
export type JoinedFor = NonNullable<MembershipPayloads['MemberAdded']['joinedFor']>;

/** Why somebody has to leave a group. */
export type LeavingReason = MembershipPayloads['RemovalTaskOpened']['trigger'];

/** What shows that somebody was taken out. */
export type RemovalEvidence = MembershipPayloads['MemberRemoved']['evidence'];

/** An open order to take the person out. */
export type RemovalOrder = {
  readonly taskId: string;
  readonly trigger: LeavingReason;
  readonly dueAt: string;
  readonly remindAt?: string;
  readonly isReminded: boolean;
  readonly isOverdue: boolean;
};

/** Access for a limited time, perhaps tied to an activity. */
export type GuestAccess = { readonly until: string; readonly activityId?: string; readonly isOver: boolean };

/** What keeps somebody out: until an instant (UTC), or for good. */
export type Bar = { readonly until?: string };

/** In the group, as far as anybody has said or seen. `since` is when this became so. */
export type Inside = {
  readonly where: 'inside';
  readonly since: string;
  /** False for somebody a roster shows and nobody let in. */
  readonly isAdmitted: boolean;
  /** For work or privately, where that is on record (AMZ-038). */
  readonly joinedFor?: JoinedFor;
  readonly guest?: GuestAccess;
  readonly order?: RemovalOrder;
  readonly hasAsked: boolean;
  readonly bar?: Bar;
  readonly snapshots: ReadonlySet<string>;
};

/** Not in the group: never was, left, or was taken out. */
export type Outside = {
  readonly where: 'outside';
  readonly since: string;
  /** Somebody in the group has suggested the person, and nobody has decided yet. */
  readonly isProposed?: boolean;
  readonly bar?: Bar;
  /** Of somebody taken out, since a roster may show them still. */
  readonly joinedFor?: JoinedFor;
  readonly removed?: { readonly evidence: RemovalEvidence; readonly trigger?: LeavingReason };
  readonly snapshots: ReadonlySet<string>;
};

/** `snapshots` are the rosters that changed something here, so that one delivered again changes nothing. */
export type Participation = Inside | Outside;

export const stranger: Outside = { where: 'outside', since: '', snapshots: new Set() };

/** Whether the person is in the group. */
export const isInside = (participation: Participation): boolean => participation.where === 'inside';

/** The guest access on record of a person inside; undefined for others. */
export const guestAccess = (participation: Participation): GuestAccess | undefined =>
  participation.where === 'inside' ? participation.guest : undefined;

/** The open order to take the person out; undefined where there is none. */
export const openOrder = (participation: Participation): RemovalOrder | undefined =>
  participation.where === 'inside' ? participation.order : undefined;

/** The bar that holds at this instant (UTC); undefined where none does (HSU-28, AMZ-094). */
export const barAt = ({ bar }: Participation, at: string): Bar | undefined =>
  bar && (bar.until === undefined || bar.until > at) ? bar : undefined;

function whenInside(state: Participation, change: (inside: Inside) => Partial<Inside>): Participation {
  return state.where === 'inside' ? { ...state, ...change(state) } : state;
}

const onOrder = (state: Participation, change: Partial<RemovalOrder>) =>
  whenInside(state, ({ order }) => ({ order: order && { ...order, ...change } }));

const noted = ({ snapshots }: Participation, snapshotId?: string) =>
  snapshotId === undefined ? snapshots : new Set(snapshots).add(snapshotId);

const purpose = ({ joinedFor }: { readonly joinedFor?: JoinedFor }) => (joinedFor ? { joinedFor } : {});

const barred = ({ bar }: Participation) => (bar ? { bar } : {});

/** What each event makes of the participation. */
export const evolve: Decider<Participation, never, ParticipationEvents>['evolve'] = {
  MemberProposed: (state) => (state.where === 'outside' ? { ...state, isProposed: true } : state),
  MemberProposalDeclined: (state) => (state.where === 'outside' ? { ...state, isProposed: false } : state),
  AdmissionRefused: (state) => state,
  ReadmissionBlocked: (state) => state,
  ConductRemovalDecided: (state) => state,
  MemberBarred: (state, { until }) => ({ ...state, bar: until === undefined ? {} : { until } }),
  MemberAdded: (state, { snapshotId, joinedFor }, { occurredAt }) => ({
    where: 'inside',
    since: occurredAt,
    isAdmitted: true,
    ...purpose({ joinedFor }),
    order: openOrder(state),
    hasAsked: false,
    ...barred(state),
    snapshots: noted(state, snapshotId),
  }),
  MemberFoundInGroup: (state, { snapshotId }, { occurredAt }) => ({
    since: occurredAt,
    hasAsked: false,
    ...barred(state),
    ...purpose(state),
    ...(state.where === 'inside' ? state : {}),
    where: 'inside',
    isAdmitted: false,
    snapshots: noted(state, snapshotId),
  }),
  GuestAccessGranted: (state, { until, activityId }) =>
    whenInside(state, () => ({ guest: { until, activityId, isOver: false } })),
  GuestAccessExtended: (state, { until }) =>
    whenInside(state, ({ guest }) => ({ guest: { ...guest, until, isOver: false } })),
  GuestAccessExpired: (state, { until }) =>
    whenInside(state, ({ guest }) => ({ guest: { ...guest, until, isOver: true } })),
  RemovalRequestedByMember: (state) => whenInside(state, () => ({ hasAsked: true })),
  RemovalTaskOpened: (state, { taskId, trigger, dueAt, remindAt }) =>
    whenInside(state, () => ({
      order: { taskId, trigger, dueAt, remindAt, isReminded: false, isOverdue: false },
    })),
  // A new limit gets a reminder of its own; an order that was overdue stays so, since it is later still.
  RemovalBroughtForward: (state, { trigger, dueAt, remindAt }) =>
    onOrder(state, { trigger, dueAt, remindAt, ...(dueAt === openOrder(state)?.dueAt ? {} : { isReminded: false }) }),
  RemovalReminderDue: (state) => onOrder(state, { isReminded: true }),
  RemovalOverdue: (state) => onOrder(state, { isOverdue: true }),
  RemovalEvidenceAdded: (state, { snapshotId }) => ({ ...state, snapshots: noted(state, snapshotId) }),
  RemovalTaskCancelled: (state) => whenInside(state, () => ({ order: undefined, hasAsked: false })),
  MemberRemoved: (state, { evidence, trigger }, { occurredAt }) => ({
    where: 'outside',
    since: occurredAt,
    removed: { evidence, trigger },
    ...purpose(state),
    ...barred(state),
    snapshots: state.snapshots,
  }),
  MemberLeftByThemselves: (state, _, { occurredAt }) => ({
    where: 'outside',
    since: occurredAt,
    ...barred(state),
    snapshots: state.snapshots,
  }),
  RemovalContradicted: (state, { snapshotId }) => ({ ...state, snapshots: noted(state, snapshotId) }),
};
