/** One helper of a campaign in one group: the facts and wishes that the specs of this folder tell their stories with. */
import { record } from '../decider.js';
import type { AdmissionVerdict } from './admission.js';
import type { ParticipationCommands } from './participation.js';
import type { ParticipationEvents } from './presence.js';

export const who = {
  groupId: '0192f0c1-0000-7000-8000-000000000001',
  personId: '0192f0c1-0000-7000-8000-000000000002',
};
export const activityId = '0192f0c1-0000-7000-8000-000000000003';
export const taskId = '0192f0c1-0000-7000-8000-000000000004';
export const snapshotId = '0192f0c1-0000-7000-8000-000000000005';
export const otherSnapshot = '0192f0c1-0000-7000-8000-000000000006';
// Scenario S1, in London's summer time: the activity ends on 7 May at 22:00.
export const april = '2026-04-01T09:00:00.000Z';
export const sixthOfMay = '2026-05-06T12:00:00.000Z';
export const end = '2026-05-07T21:00:00.000Z';
export const eighthOfMay = '2026-05-08T12:00:00.000Z';
export const due = '2026-05-09T21:00:00.000Z';
export const seenAt = '2026-05-10T07:00:00.000Z';
export const confirmedAt = '2026-05-10T10:00:00.000Z';
export const later = '2026-05-14T21:00:00.000Z';
export const rule = (parameter: string, ...obligations: string[]) => ({
  profile: 'political-party@1',
  parameter,
  obligations,
});
export const rules = [rule('guest_access', 'LD-04', 'LD-05')];

type Of<N extends keyof ParticipationEvents> = Partial<ParticipationEvents[N]>;
export const admitted = {
  ...record('MemberAdded', { ...who, capacity: 'member', route: 'admin_add' } as const),
  occurredAt: april,
};
export const asGuest = {
  ...record('MemberAdded', { ...who, capacity: 'guest', route: 'admin_add' } as const),
  occurredAt: april,
};
export const granted = record('GuestAccessGranted', { ...who, until: end, activityId });
export const expired = record('GuestAccessExpired', { ...who, until: end });
export const found = { ...record('MemberFoundInGroup', { ...who, snapshotId }), occurredAt: april };
export const opened = (of: Of<'RemovalTaskOpened'> = {}) =>
  record('RemovalTaskOpened', {
    ...who,
    taskId,
    trigger: 'activity_ended' as const,
    owners: [who.groupId],
    dueAt: due,
    alreadyOverdue: false,
    ...of,
  });
export const overdue = record('RemovalOverdue', { ...who, taskId, dueAt: due });
export const asked = record('RemovalRequestedByMember', who);
export const gone = { ...record('MemberLeftByThemselves', who), occurredAt: due };
export const removed = (of: Of<'MemberRemoved'> = {}) => ({
  ...record('MemberRemoved', { ...who, evidence: 'admin_confirmed' as const, lateBySeconds: 0, ...of }),
  occurredAt: confirmedAt,
});
export const cancelled = (reason: ParticipationEvents['RemovalTaskCancelled']['reason']) =>
  record('RemovalTaskCancelled', { ...who, taskId, reason });

export const yes: AdmissionVerdict = { admitted: true };
export const admit = (of: Partial<ParticipationCommands['Admit']> = {}) => ({
  name: 'Admit' as const,
  data: { ...who, capacity: 'member' as const, route: 'admin_add' as const, verdict: yes, rules, ...of },
});
export const admitGuest = (guestUntil: string) => admit({ capacity: 'guest', guestUntil, activityId });
export const extend = (until: string) => ({ name: 'ExtendGuest' as const, data: { ...who, until, rules } });
export const expire = { name: 'ExpireGuest', data: who } as const;
export const expireBy = (endedAt: string, id = activityId) => ({
  name: 'ExpireGuest' as const,
  data: { ...who, ended: { activityId: id, endedAt } },
});
export const seen = (isEntitled: boolean, takenAt = seenAt, id = otherSnapshot) => ({
  name: 'FoundInRoster' as const,
  data: { ...who, snapshotId: id, takenAt, isEntitled, rules },
});
export const missing = (takenAt = seenAt) => ({
  name: 'MissingFromRoster' as const,
  data: { ...who, snapshotId: otherSnapshot, takenAt },
});
export const ask = { name: 'RequestRemoval', data: { ...who, rules } } as const;
export const requires = (of: Partial<ParticipationCommands['RequireRemoval']> = {}) => ({
  name: 'RequireRemoval' as const,
  data: { ...who, taskId, trigger: 'activity_ended' as const, owners: [who.groupId], dueAt: due, rules, ...of },
});
export const cancel = (reason: ParticipationCommands['CancelRemoval']['reason']) => ({
  name: 'CancelRemoval' as const,
  data: { ...who, reason },
});
export const remind = { name: 'Remind', data: { ...who, taskId } } as const;
export const declareOverdue = { name: 'DeclareOverdue', data: { ...who, taskId } } as const;
export const confirm = { name: 'ConfirmRemoval', data: who } as const;
export const leftAlone = { name: 'RecordSelfLeave', data: who } as const;
