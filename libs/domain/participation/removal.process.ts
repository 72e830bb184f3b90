/**
 * Which order follows for one participation from what has happened to the person, the group, the activity or the consent.
 * Pure: the application finds the participations an event concerns, reads the facts, asks here, and issues what comes back.
 */
import type { ConsentPayloads, MembershipPayloads } from '#events';
import { addDuration } from '../calendar/calendar.js';
import type { CommandOf } from '../decider.js';
import type { PersonCategory } from '../person/person.js';
import type { ParameterName, RemovalTrigger as LimitName } from '../policy/parameters.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { type Age, isEntitled } from './admission.js';
import { countingFor } from './capacity.js';
import type { ParticipationCommands } from './participation.js';
import { barAt, guestAccess, type LeavingReason, openOrder, type Participation } from './presence.js';

/** The events that may lead to an order, or end one. */
export type RemovalCauses = Pick<
  MembershipPayloads,
  | 'PersonStatusSynced'
  | 'LeaverDetected'
  | 'LeaverRescinded'
  | 'EligibilityRestored'
  | 'DateOfBirthCorrected'
  | 'GuestAccessExpired'
  | 'RemovalRequestedByMember'
  | 'MemberAdded'
  | 'MemberFoundInGroup'
  | 'RemovalContradicted'
  | 'ModeratorStoodDown'
  | 'ActivityExtended'
  | 'ActivityEnded'
  | 'GroupClosed'
> &
  Pick<ConsentPayloads, 'ConsentGiven' | 'ConsentWithdrawn' | 'ConsentExpired'>;

/** One of these events, with its own time. */
export type RemovalCause = {
  [N in keyof RemovalCauses]: { readonly name: N; readonly data: RemovalCauses[N]; readonly occurredAt: string };
}[keyof RemovalCauses];

/** What the application has read, as it stands now, about one person in one group. */
export type RemovalFacts = {
  readonly groupId: string;
  readonly personId: string;
  readonly participation: Participation;
  /** The group's. */
  readonly policy: ResolvedPolicy;
  /** The organisation's IANA zone, for limits in days. */
  readonly timeZone: string;
  /** Ids of the group's admins, who own the order. */
  readonly owners: readonly string[];
  readonly isModerator: boolean;
  readonly liveCategories: readonly PersonCategory[];
  readonly age: Age;
  readonly hasLiveConsent: boolean;
  /** A fresh id, used if an order has to be opened. */
  readonly taskId: string;
};

type OrderFacts = Pick<RemovalFacts, 'groupId' | 'personId' | 'taskId' | 'owners' | 'policy' | 'timeZone'>;

/** A command to the participation, and when what it rests on happened. */
export type RemovalStep = { readonly command: CommandOf<ParticipationCommands>; readonly occurredAt: string };

type Command = CommandOf<ParticipationCommands> | undefined;
type Rows = {
  readonly [N in keyof RemovalCauses]: (data: RemovalCauses[N], facts: RemovalFacts, occurredAt: string) => Command;
};

/** What has to be done about this participation now; undefined when nothing has. */
export function removalFor(event: RemovalCause, facts: RemovalFacts): RemovalStep | undefined {
  if (facts.participation.where === 'outside') return undefined;
  const row = rows[event.name] as (data: object, facts: RemovalFacts, occurredAt: string) => Command;
  const command = row(event.data, facts, event.occurredAt);
  return command && { command, occurredAt: event.occurredAt };
}

/**
 * Whether the person may be in the group as things stand: by category, as a guest in time, or as a moderator (LD-03, LD-04, HSU-07).
 * Who is there for work has to be in some role for it, a moderator too (AMZ-038).
 */
export function mayStay(
  facts: Pick<RemovalFacts, 'liveCategories' | 'policy' | 'participation' | 'isModerator'>,
): boolean {
  const holdsOffice = facts.isModerator && (facts.participation.joinedFor !== 'work' || counting(facts).length > 0);
  return holdsOffice || staysWithoutOffice(facts);
}

const counting = ({ participation, liveCategories }: Pick<RemovalFacts, 'liveCategories' | 'participation'>) =>
  countingFor(participation.joinedFor, liveCategories);

function staysWithoutOffice(facts: Pick<RemovalFacts, 'liveCategories' | 'policy' | 'participation'>): boolean {
  const guest = guestAccess(facts.participation);
  const isGuest = guest !== undefined && !guest.isOver;
  return isGuest || isEntitled(counting(facts), facts.policy.parameters.eligible_categories.value);
}

const rows: Rows = {
  LeaverDetected: (data, facts) =>
    concerns(data.category, facts) ? orderOut(facts, data.trigger, data.leftAt, 'eligible_categories') : undefined,
  // The first status of somebody a roster showed before any source spoke of them comes without EligibilityRestored.
  PersonStatusSynced: ({ status }, facts) => (status === 'active' ? restored(facts) : undefined),
  EligibilityRestored: (_, facts) => restored(facts),
  LeaverRescinded: (_, facts) => (mayStay(facts) ? cancel(facts, 'rescinded') : undefined),
  DateOfBirthCorrected: (_, facts, occurredAt) => {
    if (isTooYoung(facts)) return orderOut(facts, 'age', occurredAt, 'min_age');
    // An age nobody knows is a reason not to let in; it neither puts anybody out nor takes an order back.
    return facts.age.known && openOrder(facts.participation)?.trigger === 'age' && mayStay(facts)
      ? cancel(facts, 'rescinded')
      : undefined;
  },
  GuestAccessExpired: ({ until }, facts) =>
    staysWithoutOffice(facts) ? undefined : orderOut(facts, 'activity_ended', until, 'guest_access'),
  RemovalRequestedByMember: (_, facts, occurredAt) => orderOut(facts, 'on_request', occurredAt),
  ConsentWithdrawn: ({ reason }, facts, occurredAt) =>
    reason === 'asked' ? orderOut(facts, 'consent_withdrawn', occurredAt, 'consent_methods') : undefined,
  // Only where the policy asks for consent is it missed; the purpose being over, the limit is the one of an activity's end (LD-05, LD-09).
  ConsentExpired: ({ expiredAt }, facts) =>
    facts.hasLiveConsent || facts.policy.parameters.consent_methods.value.length === 0
      ? undefined
      : orderOut(facts, 'consent_expired', expiredAt, 'consent_methods'),
  // Agreeing again takes back the withdrawal; it does not make up for a membership that has ended meanwhile (LD-03, LD-09).
  ConsentGiven: (_, facts) => (mayStay(facts) ? cancel(facts, 'consent_given') : undefined),
  // Nobody asked for an age before a roster showed the person.
  MemberAdded: ({ route }, facts, occurredAt) =>
    route === 'roster' && isTooYoung(facts) ? orderOut(facts, 'age', occurredAt, 'min_age') : undefined,
  MemberFoundInGroup: (_, facts, occurredAt) => {
    if (barAt(facts.participation, occurredAt)) return outAtOnce(facts, occurredAt);
    if (isTooYoung(facts)) return orderOut(facts, 'age', occurredAt, 'min_age');
    return mayStay(facts) ? undefined : orderOut(facts, 'not_entitled', occurredAt, 'eligible_categories');
  },
  // Whoever was in the group by the office alone goes with it (LD-38, BR-33).
  ModeratorStoodDown: (_, facts, occurredAt) =>
    mayStay(facts) ? undefined : orderOut(facts, 'role_ended', occurredAt, 'eligible_categories'),
  RemovalContradicted: contradicted,
  ActivityEnded: ({ activityId, endedAt }, facts) => {
    const { groupId, personId } = facts;
    const guest = tiedTo(activityId, facts);
    return guest && { name: 'ExpireGuest', data: { groupId, personId, ended: { activityId, endedAt } } };
  },
  // Whoever was let in for a shorter time than the activity's stays for that time.
  ActivityExtended: ({ activityId, endsAt, previously }, facts) => {
    const { groupId, personId, policy } = facts;
    if (tiedTo(activityId, facts)?.until !== previously || previously === undefined) return undefined;
    const rules = [ruleOf(policy, 'guest_access')];
    return { name: 'ExtendGuest', data: { groupId, personId, until: endsAt, rules } };
  },
  GroupClosed: (_, facts) => cancel(facts, 'group_closed'),
};

/**
 * A leave concerns the group if it is for that category and nothing else entitles the person. Running the group is no entitlement
 * by itself once its ground is gone: a moderator who leaves stays only while some category is left (LD-37, BR-33, AMZ-046). Of
 * somebody who is there for work only a role counts (AMZ-038).
 */
function concerns(category: PersonCategory, facts: RemovalFacts): boolean {
  const { value: eligible } = facts.policy.parameters.eligible_categories;
  if (eligible === null || !(eligible.includes(category) || facts.isModerator)) return false;
  if (staysWithoutOffice(facts)) return false;
  return !facts.isModerator || counting(facts).length === 0;
}

function isTooYoung({ age, policy }: RemovalFacts): boolean {
  const { value: minimum } = policy.parameters.min_age;
  return minimum !== null && age.known && age.years < minimum;
}

function restored(facts: RemovalFacts): Command {
  return mayStay(facts) ? cancel(facts, 'eligibility_restored') : undefined;
}

/** The reason of a removal that did not happen still holds, unless the person has agreed to be in the group since. */
function contradicted(
  { trigger }: RemovalCauses['RemovalContradicted'],
  facts: RemovalFacts,
  occurredAt: string,
): Command {
  if (barAt(facts.participation, occurredAt)) return outAtOnce(facts, occurredAt);
  const isFree = trigger === 'on_request' || trigger === 'consent_withdrawn';
  if (isFree) return facts.hasLiveConsent ? undefined : orderOut(facts, trigger, occurredAt);
  return trigger === 'conduct' || trigger === 'age' ? orderOut(facts, trigger, occurredAt) : undefined;
}

/** Somebody barred has no business in the group: the limit is the one for what has to be done immediately (HSU-28, AMZ-094). */
function outAtOnce(facts: RemovalFacts, occurredAt: string): Command {
  return orderOut(facts, 'conduct', occurredAt, 'rejoin_after_removal', 'on_request');
}

const tiedTo = (activityId: string, { participation }: RemovalFacts) => {
  const guest = guestAccess(participation);
  return guest?.activityId === activityId ? guest : undefined;
};

/** An end of consent has no limit of its own: taken back, it is a wish to be out; run out, it is the end of what it was for. */
function limitFor(trigger: LeavingReason): LimitName {
  if (trigger === 'consent_withdrawn') return 'on_request';
  return trigger === 'consent_expired' ? 'activity_ended' : trigger;
}

/**
 * An order to take somebody out, with its limit, its reminder and its rules.
 * The limit counts from the event's own time, so that a late report yields an order that is overdue already. Withdrawing has to
 * take effect as soon as asking to be taken out: it is the same wish, said the other way (LD-09, LD-39).
 */
export function requiredBy(
  facts: OrderFacts,
  trigger: LeavingReason,
  start: string,
  ground?: ParameterName,
  within: LimitName = limitFor(trigger),
): ParticipationCommands['RequireRemoval'] {
  const { groupId, personId, taskId, owners, policy, timeZone } = facts;
  const { value: limits } = policy.parameters.removal_sla;
  const dueAt = addDuration(start, limits[within], timeZone);
  const rules = [ruleOf(policy, 'removal_sla'), ...(ground ? [ruleOf(policy, ground)] : [])];
  const remindAt = reminderBefore(start, dueAt);
  const order = { groupId, personId, taskId, trigger, owners, dueAt, rules };
  return remindAt === undefined ? order : { ...order, remindAt };
}

const orderOut = (...terms: Parameters<typeof requiredBy>): Command => ({
  name: 'RequireRemoval',
  data: requiredBy(...terms),
});

const TWO_HOURS = 2 * 60 * 60 * 1000;

/** When three quarters of the time are gone; none where it is so short that the order itself is the reminder. */
function reminderBefore(start: string, dueAt: string): string | undefined {
  const due = Date.parse(dueAt);
  const span = due - Date.parse(start);
  return span < TWO_HOURS ? undefined : new Date(due - span / 4).toISOString();
}

function cancel(
  { groupId, personId }: RemovalFacts,
  reason: ParticipationCommands['CancelRemoval']['reason'],
): Command {
  return { name: 'CancelRemoval', data: { groupId, personId, reason } };
}
