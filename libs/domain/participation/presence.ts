import type { MembershipPayloads } from '#events';
import type { Decider } from '../decider.js';

/** The events of one person's participation in one group. */
export type ParticipationEvents = Pick<
  MembershipPayloads,
  | 'AdmissionRefused'
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

/** Why somebody has to leave a group. */
export type LeavingReason = MembershipPayloads['RemovalTaskOpened']['trigger'];

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

/** In the group, as far as anybody has said or seen. `since` is when this became so. */
export type Inside = {
  readonly where: 'inside';
  readonly since: string;
  /** False for somebody a roster shows and nobody let in. */
  readonly isAdmitted: boolean;
  readonly guest?: GuestAccess;
  readonly order?: RemovalOrder;
  readonly hasAsked: boolean;
  readonly snapshots: ReadonlySet<string>;
};

/** Not in the group: never was, left, or was taken out. */
export type Outside = {
  readonly where: 'outside';
  readonly since: string;
  readonly removed?: { readonly evidence: 'admin_confirmed' | 'roster_absent'; readonly trigger?: LeavingReason };
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

function whenInside(state: Participation, change: (inside: Inside) => Partial<Inside>): Participation {
  return state.where === 'inside' ? { ...state, ...change(state) } : state;
}

const onOrder = (state: Participation, change: Partial<RemovalOrder>) =>
  whenInside(state, ({ order }) => ({ order: order && { ...order, ...change } }));

const noted = ({ snapshots }: Participation, snapshotId?: string) =>
  snapshotId === undefined ? snapshots : new Set(snapshots).add(snapshotId);

/** What each event makes of the participation. */
export const evolve: Decider<Participation, never, ParticipationEvents>['evolve'] = {
  AdmissionRefused: (state) => state,
  MemberAdded: (state, { snapshotId }, { occurredAt }) => ({
    where: 'inside',
    since: occurredAt,
    isAdmitted: true,
    order: openOrder(state),
    hasAsked: false,
    snapshots: noted(state, snapshotId),
  }),
  MemberFoundInGroup: (state, { snapshotId }, { occurredAt }) => ({
    since: occurredAt,
    hasAsked: false,
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
  MemberRemoved: ({ snapshots }, { evidence, trigger }, { occurredAt }) => ({
    where: 'outside',
    since: occurredAt,
    removed: { evidence, trigger },
    snapshots,
  }),
  MemberLeftByThemselves: ({ snapshots }, _, { occurredAt }) => ({ where: 'outside', since: occurredAt, snapshots }),
  RemovalContradicted: (state, { snapshotId }) => ({ ...state, snapshots: noted(state, snapshotId) }),
};
