import type { MembershipPayloads, Rule } from '#events';
import type { PersonCategory } from '../person/person.js';
import type { GroupLack } from '../group/cover.js';
import type { ParameterName, PolicyParameters } from '../policy/parameters.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { countingFor } from './capacity.js';
import type { Bar, JoinedFor } from './presence.js';

/** Full years of age on the day of the decision, or that no date of birth is on record. */
export type Age = { readonly known: true; readonly years: number } | { readonly known: false };

/** One gate that stays shut: a code for machines, one plain sentence that names nobody, and the rule. */
export type AdmissionReason = { readonly code: AdmissionGate; readonly because: string; readonly rule: Rule };

export type AdmissionVerdict =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reasons: readonly AdmissionReason[] };

export type AdmissionGate =
  | 'NotAllowedToAdd'
  | 'RouteNotAllowed'
  | 'Barred'
  | 'ModerationNotCovered'
  | 'TextsMissing'
  | 'CategoryNotEligible'
  | 'HasLeft'
  | 'AgeUnknown'
  | 'TooYoung'
  | 'GuestsNotAllowed'
  | 'GuestEndMissing'
  | 'GuestEndPassed'
  | 'ActivityOver'
  | 'GuestEndAfterActivity'
  | 'ConsentMissing';

/** A way in that somebody can choose; a roster is none. */
export type Route = Exclude<MembershipPayloads['MemberAdded']['route'], 'roster'>;

/**
 * Who lets somebody in: the organisation by a system of its own, or a person with the roles they hold for this group, or a key that
 * names nobody and does not speak for the organisation.
 */
export type Adder =
  | { readonly is: 'organisation' }
  | { readonly is: 'person'; readonly roles: readonly AddingRole[]; readonly isJoining: boolean }
  | { readonly is: 'unnamed' };
export type AddingRole = PolicyParameters['add_authority']['roles'][number];

/** What the application has read about the person and the wish. Instants are UTC in the house form. */
export type AdmissionFacts = {
  readonly now: string;
  readonly capacity: MembershipPayloads['MemberAdded']['capacity'];
  readonly liveCategories: readonly PersonCategory[];
  /** For work or privately, as far as it is known; nothing for guests. */
  readonly joinedFor?: JoinedFor;
  /** Whether the person has left some category for good, as far as is known. */
  readonly hasLeft: boolean;
  readonly isModerator: boolean;
  readonly age: Age;
  readonly hasLiveConsent: boolean;
  readonly route: Route;
  readonly adder: Adder;
  /** What keeps the person out at `now`, if anything does. */
  readonly bar?: Bar;
  /** What the group lacks before anybody may come in, each with its sentence. */
  readonly lacks: readonly GroupLack[];
  readonly guestUntil?: string;
  /** The activity a guest is tied to, if any. */
  readonly activity?: { readonly isOver: boolean; readonly endsAt?: string };
};

type Eligible = ResolvedPolicy['parameters']['eligible_categories']['value'];
type Shut = readonly [AdmissionGate, string];

/** Whether one of the person's live categories is among those the group is for; null leaves it unchecked (LD-03, HSU-07, AMZ-046). */
export function isEntitled(live: readonly PersonCategory[], eligible: Eligible): boolean {
  return eligible === null || live.some((category) => eligible.includes(category));
}

/**
 * Whether the person may be let in under this policy. Every gate that stays shut is named, so that an admin learns all at once.
 * The gates: who adds (AMZ-116), the way in (LD-12, HSU-03, HSU-08, HSU-22), a bar (HSU-28, AMZ-094), category (LD-03, HSU-07,
 * AMZ-046, BR-33), age (LD-08), guest end (LD-04), consent (LD-09), and what the group itself lacks (AMZ-032, BR-62, AMZ-101).
 */
export function admissionVerdict(policy: ResolvedPolicy, facts: AdmissionFacts): AdmissionVerdict {
  const { add_authority, join_routes, eligible_categories, min_age, guest_access, consent_methods } = policy.parameters;
  const gates: readonly [ParameterName, readonly Shut[]][] = [
    ['add_authority', authorityGate(add_authority.value.roles, facts)],
    ['join_routes', routeGate(join_routes.value, facts.route)],
    ['rejoin_after_removal', barGate(facts.bar)],
    ['eligible_categories', categoryGate(eligible_categories.value, facts)],
    ['min_age', ageGate(min_age.value, facts.age)],
    ['guest_access', guestGate(guest_access.value, facts)],
    ['consent_methods', consentGate(consent_methods.value.length > 0, facts)],
    ...facts.lacks.filter((lack) => holdsUp(lack, facts)).map(lackGate),
  ];
  const reasons = gates.flatMap(([parameter, shut]) =>
    shut.map(([code, because]) => ({ code, because, rule: ruleOf(policy, parameter) })),
  );
  return reasons.length === 0 ? { admitted: true } : { admitted: false, reasons };
}

/** Whoever follows a link lets themselves in: who may send one out is asked when it is made. */
function authorityGate(roles: readonly AddingRole[], { adder, route }: AdmissionFacts): Shut[] {
  if (adder.is === 'organisation') return [];
  if (adder.is === 'unnamed') return [['NotAllowedToAdd', 'It has to be said on whose behalf the person is added.']];
  if (adder.isJoining && route !== 'admin_add') return [];
  return roles.some((role) => adder.roles.includes(role))
    ? []
    : [['NotAllowedToAdd', `Only these may add people to the group: ${roles.join(', ')}.`]];
}

function routeGate(routes: readonly Route[], route: Route): Shut[] {
  if (routes.includes(route)) return [];
  const ways = routes.length === 0 ? 'and there is no other' : `which is by ${routes.join(', ')}`;
  return [['RouteNotAllowed', `This is not a way into the group, ${ways}.`]];
}

function barGate(bar: Bar | undefined): Shut[] {
  if (!bar) return [];
  const term = bar.until === undefined ? 'may not come back' : `may not come back before ${bar.until.slice(0, 10)}`;
  return [['Barred', `The person was taken out for their conduct and ${term}.`]];
}

/** Without cover nobody is let in but those who are to run the group. */
const holdsUp = ({ code }: GroupLack, { isModerator }: AdmissionFacts): boolean =>
  !isModerator || code !== 'ModerationNotCovered';

const lackGate = ({ parameter, code, because }: GroupLack): [ParameterName, Shut[]] => [parameter, [[code, because]]];

/** A guest is by definition outside the categories; a moderator is entitled by the appointment, for work while in some role. */
function categoryGate(eligible: Eligible, facts: AdmissionFacts): Shut[] {
  const { capacity, liveCategories, joinedFor, isModerator, hasLeft } = facts;
  if (capacity === 'guest') return [];
  const counting = countingFor(joinedFor, liveCategories);
  const isForWork = joinedFor === 'work';
  if ((isModerator && !(isForWork && counting.length === 0)) || isEntitled(counting, eligible)) return [];
  if (isForWork) return [['CategoryNotEligible', 'The person has no role by which to be in this group for work.']];
  const shut: Shut[] = [['CategoryNotEligible', 'The person is in none of the categories this group is for.']];
  return hasLeft && liveCategories.length === 0
    ? [...shut, ['HasLeft', 'The person has left and is in no category any more.']]
    : shut;
}

/** Worded as advice, but a safeguarding rule: it blocks, and not knowing the age blocks too. */
function ageGate(minimum: number | null, age: Age): Shut[] {
  if (minimum === null) return [];
  if (!age.known) return [['AgeUnknown', 'No date of birth is on record, and the group has a minimum age.']];
  return age.years < minimum ? [['TooYoung', `The person is below the minimum age of ${minimum}.`]] : [];
}

function guestGate(access: 'none' | 'time_boxed', facts: AdmissionFacts): Shut[] {
  const { capacity, guestUntil: until, activity, now } = facts;
  if (capacity !== 'guest') return [];
  if (access === 'none') return [['GuestsNotAllowed', 'This group takes no guests.']];
  if (activity?.isOver) return [['ActivityOver', 'The activity the guest would be tied to is over.']];
  if (until === undefined) return [['GuestEndMissing', 'A guest is let in until a stated end.']];
  if (until <= now) return [['GuestEndPassed', 'The stated end of the guest’s time has passed already.']];
  return activity?.endsAt !== undefined && until > activity.endsAt
    ? [['GuestEndAfterActivity', 'A guest’s time ends with the activity at the latest.']]
    : [];
}

function consentGate(isRequired: boolean, { hasLiveConsent }: AdmissionFacts): Shut[] {
  return isRequired && !hasLiveConsent ? [['ConsentMissing', 'The person has given no consent that still holds.']] : [];
}
