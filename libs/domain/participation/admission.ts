import type { MembershipPayloads, Rule } from '#events';
import type { PersonCategory } from '../person/person.js';
import type { ParameterName } from '../policy/parameters.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

/** Full years of age on the day of the decision, or that no date of birth is on record. */
export type Age = { readonly known: true; readonly years: number } | { readonly known: false };

/** One gate that stays shut: a code for machines, one plain sentence that names nobody, and the rule. */
export type AdmissionReason = { readonly code: AdmissionGate; readonly because: string; readonly rule: Rule };

export type AdmissionVerdict =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly reasons: readonly AdmissionReason[] };

export type AdmissionGate =
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

/** What the application has read about the person and the wish. Instants are UTC in the house form. */
export type AdmissionFacts = {
  readonly now: string;
  readonly capacity: MembershipPayloads['MemberAdded']['capacity'];
  readonly liveCategories: readonly PersonCategory[];
  /** Whether the person has left some category for good, as far as is known. */
  readonly hasLeft: boolean;
  readonly isModerator: boolean;
  readonly age: Age;
  readonly hasLiveConsent: boolean;
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
 * The gates: category (LD-03, HSU-07, AMZ-046, BR-33), age (LD-08), guest end (LD-04), consent (LD-09).
 */
export function admissionVerdict(policy: ResolvedPolicy, facts: AdmissionFacts): AdmissionVerdict {
  const { eligible_categories, min_age, guest_access, consent_methods } = policy.parameters;
  const gates: readonly [ParameterName, readonly Shut[]][] = [
    ['eligible_categories', categoryGate(eligible_categories.value, facts)],
    ['min_age', ageGate(min_age.value, facts.age)],
    ['guest_access', guestGate(guest_access.value, facts)],
    ['consent_methods', consentGate(consent_methods.value.length > 0, facts)],
  ];
  const reasons = gates.flatMap(([parameter, shut]) =>
    shut.map(([code, because]) => ({ code, because, rule: ruleOf(policy, parameter) })),
  );
  return reasons.length === 0 ? { admitted: true } : { admitted: false, reasons };
}

/** A guest is by definition outside the categories; a moderator is entitled by the appointment. */
function categoryGate(eligible: Eligible, facts: AdmissionFacts): Shut[] {
  const { capacity, liveCategories, isModerator, hasLeft } = facts;
  if (capacity === 'guest' || isModerator || isEntitled(liveCategories, eligible)) return [];
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
