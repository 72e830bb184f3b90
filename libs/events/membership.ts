import { Type } from 'typebox';
import { closureEvents } from './closure.js';
import { disappearingEvents } from './disappearing.js';
import { standingEvents } from './standing.js';
import { declareEvents, event, type PayloadsOf } from './language.js';
import { operations } from './operations.js';
import { rotaEvents } from './rota.js';
import { usageEvents } from './usage.js';
import { Category, Commitment, Id, Instant, LinkKind, oneOf, Prerequisite, RemovalTrigger, Term } from './terms.js';

const inGroup = { groupId: Id, personId: Id };
const task = { ...inGroup, taskId: Id };

/** Membership: who belongs to which group, who has to leave it and by when. Names, numbers and dates of birth are in the vault. */
export const membershipEvents = declareEvents('membership', {
  ...operations,
  ...closureEvents,
  ...disappearingEvents,
  ...standingEvents,
  ...rotaEvents,
  ...usageEvents,
  // people
  PersonRegistered: event('A person became known, under an opaque id', { personId: Id, source: Term }),
  PersonLinked: event('An outside identifier was found to belong to the person', {
    personId: Id,
    kind: LinkKind,
    commitment: Commitment,
    source: Term,
    confidence: oneOf('stated', 'matched', 'assumed'),
  }),
  PersonStatusSynced: event('A source stated the status of the person in a category', {
    personId: Id,
    category: Category,
    status: oneOf('active', 'ended'),
    from: Instant,
    reportedAt: Instant,
    source: Term,
  }),
  LeaverAnnounced: event('The person will leave a category at a future instant', {
    personId: Id,
    category: Category,
    leavesAt: Instant,
    reportedAt: Instant,
    source: Term,
  }),
  LeaverDetected: event('The person has left a category; every group that required it must let them go', {
    personId: Id,
    category: Category,
    trigger: RemovalTrigger,
    leftAt: Instant,
    reportedAt: Instant,
    source: Term,
  }),
  LeaverRescinded: event('A leaver report was taken back', {
    personId: Id,
    category: Category,
    reportedAt: Instant,
    source: Term,
  }),
  EligibilityRestored: event('The person is in a category again', {
    personId: Id,
    category: Category,
    restoredAt: Instant,
    source: Term,
  }),
  DateOfBirthCorrected: event('The date of birth on record changed; the value is in the vault', {
    personId: Id,
    reportedAt: Instant,
    source: Term,
  }),
  PersonalDataCorrected: event('Values on record were replaced by others; the values are in the vault', {
    personId: Id,
    fields: Type.Array(oneOf('name', 'email', 'phone'), { minItems: 1 }),
    reportedAt: Instant,
    source: Term,
  }),
  PersonalDataDropped: event('Values were removed from the vault: the consent they were kept by has ended', {
    subjectId: Id,
    fields: Type.Array(Term),
  }),
  PersonalDataRead: event('Somebody was shown personal data', { keyId: Id, subjectId: Id, fields: Type.Array(Term) }),
  // groups and activities
  GroupRegistered: event('A group is run under a profile; its name and purpose are in the vault', {
    groupId: Id,
    groupType: Term,
    official: Type.Boolean(),
    admins: Type.Array(Id),
    activityId: Type.Optional(Id),
    endsAt: Type.Optional(Instant),
  }),
  ModeratorAppointed: event('A person runs the group and owns its tasks', { ...inGroup, kind: Term }),
  ModeratorPrerequisiteMet: event('Something the policy asks before the role counts is on record', {
    ...inGroup,
    prerequisite: Prerequisite,
  }),
  ModeratorActivated: event('All that the policy asks of the moderator is on record; the role counts from now on', {
    ...inGroup,
    reaffirmBy: Type.Optional(Instant),
  }),
  ModeratorReaffirmationDue: event('The moderator is to be asked whether they can and will go on', {
    ...inGroup,
    dueAt: Instant,
  }),
  ModeratorReaffirmed: event('The moderator can and will go on', { ...inGroup, reaffirmBy: Type.Optional(Instant) }),
  ModeratorStoodDown: event('A person no longer runs the group', inGroup),
  ModerationCoverLost: event('The group is not run as its policy asks; nobody is let in meanwhile', {
    groupId: Id,
    lacks: Type.Array(Term, { minItems: 1 }),
  }),
  ModerationCoverEnding: event(
    'Somebody who runs the group will leave: from then on it is not run as its policy asks',
    {
      groupId: Id,
      endsAt: Instant,
      lacks: Type.Array(Term, { minItems: 1 }),
    },
  ),
  ModerationCoverRestored: event('The group is run as its policy asks again', { groupId: Id }),
  GroupClosed: event('The group is no longer used', { groupId: Id }),
  ActivityStarted: event('A campaign, project or role that groups and guests are tied to', {
    activityId: Id,
    kind: oneOf('campaign', 'project', 'role'),
    startsAt: Instant,
    endsAt: Type.Optional(Instant),
  }),
  ActivityExtended: event('The activity ends later than planned', {
    activityId: Id,
    endsAt: Instant,
    previously: Type.Optional(Instant),
  }),
  ActivityEnded: event('The activity is over', { activityId: Id, endedAt: Instant }),
  // admission
  MemberProposed: event('Somebody in the group suggests a person; whoever may add decides', {
    ...inGroup,
    proposedBy: Id,
  }),
  MemberProposalDeclined: event('The suggested person will not be added', inGroup),
  AdmissionRefused: event('The person may not be added; the rules that said so are named', {
    ...inGroup,
    reasons: Type.Array(Term, { minItems: 1 }),
  }),
  MemberAdded: event('The person is in the group and was entitled to be', {
    ...inGroup,
    capacity: oneOf('member', 'guest'),
    joinedFor: Type.Optional(oneOf('work', 'private')),
    route: oneOf('admin_add', 'personal_invite', 'emailed_link', 'qr', 'staff_issued_link', 'roster'),
    snapshotId: Type.Optional(Id),
  }),
  MemberFoundInGroup: event('A roster shows the person in the group without an admission that still holds', {
    ...inGroup,
    snapshotId: Id,
  }),
  ReadmissionBlocked: event('Somebody who is barred was to be let in again, or was seen in the group again', {
    ...inGroup,
    snapshotId: Type.Optional(Id),
  }),
  GuestAccessGranted: event('The person is in for a limited time', {
    ...inGroup,
    until: Instant,
    activityId: Type.Optional(Id),
  }),
  GuestAccessExtended: event('The limited time was prolonged before it ended', { ...inGroup, until: Instant }),
  GuestAccessExpired: event('The limited time is over', { ...inGroup, until: Instant }),
  // removal
  RemovalRequestedByMember: event('The person asked to be taken out', inGroup),
  ConductRemovalDecided: event('The person has to go for their conduct, for a while or for good', {
    ...inGroup,
    permanent: Type.Boolean(),
    until: Type.Optional(Instant),
    agreedBy: Type.Optional(Id),
  }),
  MemberBarred: event('The person may not come back: until an instant, or for good where none is named', {
    ...inGroup,
    until: Type.Optional(Instant),
  }),
  RemovalTaskOpened: event('Somebody must be taken out of a group by an instant', {
    ...task,
    trigger: RemovalTrigger,
    owners: Type.Array(Id),
    dueAt: Instant,
    remindAt: Type.Optional(Instant),
    alreadyOverdue: Type.Boolean(),
  }),
  RemovalBroughtForward: event('An open removal got a stricter reason and an earlier limit', {
    ...task,
    trigger: RemovalTrigger,
    dueAt: Instant,
    remindAt: Type.Optional(Instant),
  }),
  RemovalReminderDue: event('The owners are to be reminded that the limit is near', { ...task, dueAt: Instant }),
  RemovalOverdue: event('The limit passed and nobody showed that the person is out', { ...task, dueAt: Instant }),
  RemovalEvidenceAdded: event('A roster still shows the person', { ...task, snapshotId: Id }),
  RemovalTaskCancelled: event('The reason to remove went away', {
    ...task,
    reason: oneOf('eligibility_restored', 'rescinded', 'extended', 'consent_given', 'group_closed'),
  }),
  MemberRemoved: event(
    'The person is out, by somebody’s word, a roster that no longer shows them, or a line of the chat',
    {
      ...inGroup,
      taskId: Type.Optional(Id),
      trigger: Type.Optional(RemovalTrigger),
      evidence: oneOf('admin_confirmed', 'roster_absent', 'chat_line'),
      lateBySeconds: Type.Integer({ minimum: 0 }),
    },
  ),
  MemberLeftByThemselves: event('The person left without being removed', { ...inGroup, taskId: Type.Optional(Id) }),
  RemovalContradicted: event('A roster shows a person who was said to be out', {
    ...inGroup,
    snapshotId: Id,
    trigger: Type.Optional(RemovalTrigger),
  }),
  // roster
  RosterSnapshotRecorded: event('Who somebody saw in the group, and when', {
    groupId: Id,
    snapshotId: Id,
    takenAt: Instant,
    seen: Type.Array(Id),
    unknown: Type.Integer({ minimum: 0 }),
  }),
  RosterDiscrepancyFound: event('A participant nobody can name; a task to find out or remove them', {
    groupId: Id,
    snapshotId: Id,
    entryId: Id,
    dueAt: Instant,
  }),
  RosterDiscrepancyOverdue: event('The unknown participant was neither named nor removed in time', {
    groupId: Id,
    entryId: Id,
    dueAt: Instant,
  }),
  RosterDiscrepancyClosed: event('The unknown participant was named, or is gone', {
    groupId: Id,
    entryId: Id,
    outcome: oneOf('identified', 'gone'),
    personId: Type.Optional(Id),
  }),
});
export type MembershipPayloads = PayloadsOf<typeof membershipEvents>;
