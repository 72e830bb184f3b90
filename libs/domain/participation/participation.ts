import type { MembershipPayloads, Rule } from '#events';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import type { AdmissionVerdict } from './admission.js';
import { type ConductCommands, removeForConduct } from './conduct.js';
import {
  cancelRemoval,
  declareOverdue,
  isFirm,
  lateBySeconds,
  letGo,
  type OrderCommands,
  pressOn,
  remind,
  requireRemoval,
} from './order.js';
import {
  barAt,
  evolve,
  type Inside,
  type JoinedFor,
  type Outside,
  type Participation,
  type ParticipationEvents,
  type RemovalEvidence,
  stranger,
} from './presence.js';

type About = { readonly groupId: string; readonly personId: string };
type Seen = About & { readonly snapshotId: string; readonly takenAt: string };

/**
 * What may be asked of one person's participation in one group. Instants are UTC in the house form.
 * `occurredAt` is what the source said: for the roster's commands `takenAt`, for a confirmation when the person was taken out;
 * an ExtendGuest that follows an activity's extension keeps the time of that extension.
 */
export type ParticipationCommands = OrderCommands &
  ConductCommands & {
    /** `isOpen`: by the policy anybody in the group may propose; `byMember`: the proposer is in it. */
    Propose: About & {
      readonly proposedBy: string;
      readonly isOpen: boolean;
      readonly byMember: boolean;
      readonly rules: readonly Rule[];
    };
    DeclineProposal: About;
    Admit: About & {
      readonly capacity: MembershipPayloads['MemberAdded']['capacity'];
      readonly route: MembershipPayloads['MemberAdded']['route'];
      /** For work or privately; nothing for guests, and where nobody can tell (AMZ-038). */
      readonly joinedFor?: JoinedFor;
      /** For guests: the verdict has seen to it that there is one. */
      readonly guestUntil?: string;
      readonly activityId?: string;
      readonly verdict: AdmissionVerdict;
      readonly rules: readonly Rule[];
    };
    ExtendGuest: About & { readonly until: string; readonly rules: readonly Rule[] };
    /** Without `ended`: the limited time is over, by the deadline. With it: the activity is over, and the time of guests tied to it. */
    ExpireGuest: About & { readonly ended?: { readonly activityId: string; readonly endedAt: string } };
    /** `isEntitled`: by category, as a guest still in time, or as a moderator. */
    FoundInRoster: Seen & { readonly isEntitled: boolean; readonly rules: readonly Rule[] };
    MissingFromRoster: Seen;
    RequestRemoval: About & { readonly rules: readonly Rule[] };
    ConfirmRemoval: About;
    /** A line of an exported chat says so; `occurredAt` is the line's own time. Evidence, and no proof. */
    ReadInChat: About & { readonly evidence: 'left' | 'removed' };
    RecordSelfLeave: About;
  };

type Decided = Decision<ParticipationEvents>;
type Row<N extends keyof ParticipationCommands> = (
  data: ParticipationCommands[N],
  state: Participation,
  moment: Moment,
) => Decided;

const notInside = (): Decided => refuse('NotInGroup', 'The person is not in the group, as far as is known.');

/** Whoever is in the group may suggest somebody where the policy lets them; only a suggestion comes of it (AMZ-115). */
const propose: Row<'Propose'> = ({ groupId, personId, proposedBy, isOpen, byMember, rules }, state) => {
  if (!isOpen) return refuse('ProposalsClosed', 'In this group only those who may add people propose them.', rules);
  if (!byMember) return refuse('ProposerNotInGroup', 'Only somebody in the group may propose another person.', rules);
  if (state.where === 'inside') return refuse('AlreadyInGroup', 'The person is in the group already.', rules);
  return state.isProposed ? nothing : [record('MemberProposed', { groupId, personId, proposedBy }, ...rules)];
};

const declineProposal: Row<'DeclineProposal'> = (data, state) =>
  state.where === 'outside' && state.isProposed
    ? [record('MemberProposalDeclined', data)]
    : refuse('NotProposed', 'Nobody has proposed the person, or it is decided already.');

/** Nobody is let in past a gate; what was refused, and why, stays on record (LD-03, LD-08, LD-09). */
const admit: Row<'Admit'> = (data, state) => {
  const { verdict, groupId, personId } = data;
  if (!verdict.admitted) {
    const { reasons } = verdict;
    const rules = [...new Map(reasons.map(({ rule }) => [rule.parameter, rule])).values()];
    const because = reasons.map((reason) => reason.because).join(' ');
    const codes = reasons.map(({ code }) => code);
    const barredBy = reasons.filter(({ code }) => code === 'Barred').map(({ rule }) => rule);
    return refuse('AdmissionRefused', because, rules, [
      record('AdmissionRefused', { groupId, personId, reasons: codes }, ...rules),
      ...(barredBy.length > 0 ? [record('ReadmissionBlocked', { groupId, personId }, ...barredBy)] : []),
    ]);
  }
  return state.where === 'inside' ? admitAnew(data, state) : added(data);
};

/** Somebody inside is admitted again only where that changes something: found by a roster, for something else, a guest whose time matters, an order open. */
function admitAnew(data: ParticipationCommands['Admit'], inside: Inside): Decided {
  const { isAdmitted, guest, order, hasAsked } = inside;
  if (hasAsked || (order && isFirm(order.trigger)))
    return refuse('RemovalOpen', 'The person has to be taken out first, for a reason that an admission does not undo.');
  const { groupId, personId, capacity, rules } = data;
  if (order) {
    const reason = capacity === 'guest' ? ('extended' as const) : ('eligibility_restored' as const);
    return [
      record('RemovalTaskCancelled', { groupId, personId, taskId: order.taskId, reason }, ...rules),
      ...added(data),
    ];
  }
  const isForElse = capacity === 'member' && data.joinedFor !== inside.joinedFor;
  const changes = !isAdmitted || isForElse || guest?.isOver || (guest !== undefined && capacity === 'member');
  return changes ? added(data) : nothing;
}

function added(data: ParticipationCommands['Admit']) {
  const { groupId, personId, capacity, route, joinedFor, guestUntil, activityId, rules } = data;
  const purpose = joinedFor ? { joinedFor } : {};
  const member = record('MemberAdded', { groupId, personId, capacity, route, ...purpose }, ...rules);
  if (capacity !== 'guest' || guestUntil === undefined) return [member];
  const access = { groupId, personId, until: guestUntil, ...(activityId ? { activityId } : {}) };
  return [member, record('GuestAccessGranted', access, ...rules)];
}

/** Prolonged before its end by the source's time, even if the end has fallen due meanwhile; afterwards a new admission is needed (LD-04). */
const extendGuest: Row<'ExtendGuest'> = ({ groupId, personId, until, rules }, state, { occurredAt }) => {
  if (state.where === 'outside') return notInside();
  const { guest, order } = state;
  if (!guest) return refuse('NotAGuest', 'The person is not in the group for a limited time.', rules);
  if (occurredAt >= guest.until)
    return refuse('GuestAccessOver', 'The limited time is over; a new admission is needed.', rules);
  if (until === guest.until) return nothing;
  if (until < guest.until) return refuse('NotAnExtension', 'The new end is before the one that holds.', rules);
  const extended = record('GuestAccessExtended', { groupId, personId, until }, ...rules);
  if (order?.trigger !== 'activity_ended') return [extended];
  return [
    extended,
    record('RemovalTaskCancelled', { groupId, personId, taskId: order.taskId, reason: 'extended' as const }),
  ];
};

/** Only records that the time is over; the order that follows counts from the end named here (LD-05). */
const expireGuest: Row<'ExpireGuest'> = ({ groupId, personId, ended }, state, { now }) => {
  if (state.where === 'outside' || !state.guest || state.guest.isOver) return nothing;
  const { until, activityId } = state.guest;
  if (ended && ended.activityId !== activityId) return nothing;
  const end = ended && ended.endedAt < until ? ended.endedAt : until;
  return end <= now ? [record('GuestAccessExpired', { groupId, personId, until: end })] : nothing;
};

/** A roster is later than what happened before it was taken, and says nothing about what happened since (LD-06, HSU-07). */
const foundInRoster: Row<'FoundInRoster'> = (data, state) => {
  const { groupId, personId, snapshotId, takenAt, isEntitled, rules } = data;
  if (state.snapshots.has(snapshotId) || takenAt < state.since) return nothing;
  const found = record('MemberFoundInGroup', { groupId, personId, snapshotId }, ...rules);
  if (state.where === 'outside' && barAt(state, takenAt)) return [...backInSpiteOfBar(data, state), found];
  if (state.where === 'inside') {
    const { order } = state;
    if (order) return [record('RemovalEvidenceAdded', { groupId, personId, taskId: order.taskId, snapshotId })];
    return isEntitled ? nothing : [found];
  }
  const { removed } = state;
  if (isSaid(removed)) {
    const { trigger } = removed;
    return [record('RemovalContradicted', { groupId, personId, snapshotId, ...(trigger ? { trigger } : {}) }), found];
  }
  if (!isEntitled) return [found];
  const entry = { groupId, personId, capacity: 'member' as const, route: 'roster' as const, snapshotId };
  return [record('MemberAdded', entry, ...rules)];
};

/** Seen again before the bar ends: whoever said that the person was out is contradicted, and the bar has been passed (HSU-28). */
function backInSpiteOfBar({ groupId, personId, snapshotId }: ParticipationCommands['FoundInRoster'], state: Outside) {
  const { removed } = state;
  const trigger = removed?.trigger ? { trigger: removed.trigger } : {};
  return [
    ...(isSaid(removed) ? [record('RemovalContradicted', { groupId, personId, snapshotId, ...trigger })] : []),
    record('ReadmissionBlocked', { groupId, personId, snapshotId }),
  ];
}

const missingFromRoster: Row<'MissingFromRoster'> = ({ groupId, personId, takenAt }, state, moment) => {
  if (state.where === 'outside' || takenAt < state.since) return nothing;
  return state.order
    ? takenOut({ groupId, personId }, state, 'roster_absent', moment)
    : [record('MemberLeftByThemselves', { groupId, personId })];
};

/** Always accepted from somebody inside, whatever else is open (LD-39). */
const requestRemoval: Row<'RequestRemoval'> = ({ groupId, personId, rules }, state) => {
  if (state.where === 'outside') return notInside();
  return state.hasAsked ? nothing : [record('RemovalRequestedByMember', { groupId, personId }, ...rules)];
};

const confirmRemoval: Row<'ConfirmRemoval'> = (data, state, moment) =>
  state.where === 'outside' ? notInside() : takenOut(data, state, 'admin_confirmed', moment);

function takenOut(
  { groupId, personId }: About,
  { order }: Inside,
  evidence: RemovalEvidence,
  { occurredAt }: Moment,
): Decided {
  const late = order ? lateBySeconds(order.dueAt, occurredAt) : 0;
  const task = order ? { taskId: order.taskId, trigger: order.trigger } : {};
  return [record('MemberRemoved', { groupId, personId, ...task, evidence, lateBySeconds: late })];
}

/** Whoever leaves alone needs no removing (LD-38). */
const recordSelfLeave: Row<'RecordSelfLeave'> = ({ groupId, personId }, state) => {
  if (state.where === 'outside') return notInside();
  const task = state.order ? { taskId: state.order.taskId } : {};
  return [record('MemberLeftByThemselves', { groupId, personId, ...task })];
};

/** What a chat says of an earlier time than the person's last coming in says nothing of today (LD-37, LD-38). */
const readInChat: Row<'ReadInChat'> = ({ groupId, personId, evidence }, state, moment) => {
  if (state.where === 'outside' || moment.occurredAt < state.since) return nothing;
  if (evidence === 'removed') return takenOut({ groupId, personId }, state, 'chat_line', moment);
  return recordSelfLeave({ groupId, personId }, state, moment);
};

/** Somebody's word, or the chat's, that a roster can contradict. */
const isSaid = (removed: Outside['removed']): removed is NonNullable<Outside['removed']> =>
  removed?.evidence === 'admin_confirmed' || removed?.evidence === 'chat_line';

const expireAt = ({ groupId, personId, until }: ParticipationEvents['GuestAccessExtended']) => [
  { schedule: 'guest', dueAt: until, command: { name: 'ExpireGuest', data: { groupId, personId } } },
];

/** One person in one group: let in, found, for a limited time, and out again by an order with a limit. */
export const participation: Decider<Participation, ParticipationCommands, ParticipationEvents> = {
  category: 'participation',
  initial: stranger,
  decide: {
    Propose: propose,
    DeclineProposal: declineProposal,
    Admit: admit,
    RemoveForConduct: removeForConduct,
    ExtendGuest: extendGuest,
    ExpireGuest: expireGuest,
    FoundInRoster: foundInRoster,
    MissingFromRoster: missingFromRoster,
    RequestRemoval: requestRemoval,
    RequireRemoval: requireRemoval,
    CancelRemoval: cancelRemoval,
    Remind: remind,
    DeclareOverdue: declareOverdue,
    ConfirmRemoval: confirmRemoval,
    RecordSelfLeave: recordSelfLeave,
    ReadInChat: readInChat,
  },
  evolve,
  deadlines: {
    MemberAdded: () => [{ cancel: 'guest' }],
    GuestAccessGranted: expireAt,
    GuestAccessExtended: expireAt,
    GuestAccessExpired: () => [{ cancel: 'guest' }],
    RemovalTaskOpened: pressOn,
    RemovalBroughtForward: pressOn,
    RemovalOverdue: () => [{ cancel: 'remind' }],
    RemovalTaskCancelled: () => letGo,
    MemberRemoved: () => [{ cancel: 'guest' }, ...letGo],
    MemberLeftByThemselves: () => [{ cancel: 'guest' }, ...letGo],
  },
};
