/** Whether a group is run as its policy asks: enough moderators, of the right kinds, ready for the role. */
import type { ParameterName } from '../policy/parameters.js';
import type { ResolvedPolicy } from '../policy/policy.js';
import type { Prerequisite } from './group.js';

/** Somebody who runs a group. */
export type Moderator = {
  readonly personId: string;
  /** As appointed; `admin` for those named at registration. */
  readonly kind: string;
  /** Whether all that the policy asks before the role counts is on record. */
  readonly isActive: boolean;
  /** Whether the person is on the staff now. */
  readonly isStaff: boolean;
};

/** Something a group lacks before anybody may be let in: a code, one plain sentence, and the parameter that asks for it. */
export type GroupLack = {
  readonly code: 'ModerationNotCovered' | 'TextsMissing';
  readonly because: string;
  readonly parameter: ParameterName;
};

/** Something to be mended that keeps nobody out. */
export type GroupWarning = {
  readonly code: 'TooFewAdmins' | 'TooManyAdmins' | 'KindNotNamed' | 'ManyGroups' | 'LargeGroup' | 'CoverEnding';
  readonly because: string;
  readonly parameter: ParameterName;
};

/** Kinds that anybody may be appointed as, whatever the policy says of co-moderators. */
const STAFF = 'staff';
const ADMIN = 'admin';

/**
 * Whether somebody counts towards the minimum of staff: on the staff, ready, and not appointed as a co-moderator
 * (AMZ-032, AMZ-034, AMZ-055, AMZ-076).
 */
export function isStaffModerator({ kind, isActive, isStaff }: Moderator): boolean {
  return isActive && isStaff && (kind === STAFF || kind === ADMIN);
}

/** What keeps people out: too few staff moderators (AMZ-032, AMZ-054, AMZ-075, HSU-19), or admins where their number blocks (BR-62). */
export function coverLacks(policy: ResolvedPolicy, moderators: readonly Moderator[], members: number): GroupLack[] {
  const { staff_moderators_min: staff, admin_count: admins } = policy.parameters;
  const needed = staffNeeded(staff.value, members);
  const lack = (parameter: ParameterName, because: string): GroupLack => ({
    code: 'ModerationNotCovered',
    because,
    parameter,
  });
  const lacks: GroupLack[] = [];
  if (moderators.filter(isStaffModerator).length < needed)
    lacks.push(lack('staff_moderators_min', `The group needs at least ${needed} active moderator(s) on the staff.`));
  const { min, enforce, kinds } = admins.value;
  if (enforce === 'block' && active(moderators).length < min)
    lacks.push(lack('admin_count', `The group needs at least ${min} admins.`));
  for (const { kind, min: fewest } of kinds)
    if (enforce === 'block' && active(moderators).filter((one) => one.kind === kind).length < fewest)
      lacks.push(lack('admin_count', `The group needs at least ${fewest} admin(s) of the kind ${kind}.`));
  return lacks;
}

/** An end somebody's work on the staff is announced to have (UTC). */
export type Departure = { readonly personId: string; readonly leavesAt: string };

/**
 * When a group that is run as its policy asks will no longer be, as far as departures are announced, and what it will lack then;
 * undefined while none of them opens a gap.
 */
export function coverEnding(
  policy: ResolvedPolicy,
  moderators: readonly Moderator[],
  members: number,
  departures: readonly Departure[],
): { readonly endsAt: string; readonly lacks: readonly GroupLack[] } | undefined {
  if (coverLacks(policy, moderators, members).length > 0) return undefined;
  for (const endsAt of departures.map(({ leavesAt }) => leavesAt).toSorted()) {
    const gone = new Set(departures.filter(({ leavesAt }) => leavesAt <= endsAt).map(({ personId }) => personId));
    // Whoever was appointed as staff does not run the group any more; anybody else just is not on the staff.
    const left = moderators
      .filter(({ personId, kind }) => !(gone.has(personId) && kind === STAFF))
      .map((one) => (gone.has(one.personId) ? { ...one, isStaff: false } : one));
    const lacks = coverLacks(policy, left, members);
    if (lacks.length > 0) return { endsAt, lacks };
  }
  return undefined;
}

/**
 * What a group that has never had its required texts lacks: until they are there it is in preparation, and nobody is let in
 * (AMZ-099, AMZ-101, LD-28). A text that goes out of date later is a matter for its owners and shuts nobody out.
 */
export function textLacks(policy: ResolvedPolicy, hasTexts: boolean): GroupLack[] {
  if (hasTexts) return [];
  const asked = (['description_items', 'agreement_topics'] as const).filter(
    (parameter) => policy.parameters[parameter].value.length > 0,
  );
  const because = 'The group is in preparation: the texts its policy asks for are not published yet.';
  return asked.map((parameter) => ({ code: 'TextsMissing', because, parameter }));
}

/** What should be mended: a number of admins outside the range (LD-26), or one appointed as nothing the policy names (LD-25). */
export function coverWarnings(policy: ResolvedPolicy, moderators: readonly Moderator[]): GroupWarning[] {
  const { admin_count, co_moderators } = policy.parameters;
  const { min, max } = admin_count.value;
  const warning = (code: GroupWarning['code'], because: string, parameter: ParameterName) => ({
    code,
    because,
    parameter,
  });
  const kinds: readonly string[] = co_moderators.value;
  const unnamed = moderators.filter(({ kind, isStaff }) => kind === ADMIN && !isStaff);
  return [
    ...(moderators.length < min ? [warning('TooFewAdmins', `A group has at least ${min} admins.`, 'admin_count')] : []),
    ...(max !== null && moderators.length > max
      ? [warning('TooManyAdmins', `A group has at most ${max} admins.`, 'admin_count')]
      : []),
    ...(kinds.length > 0 && unnamed.length > 0
      ? [warning('KindNotNamed', `Admins are to be one of: ${kinds.join(', ')}.`, 'co_moderators')]
      : []),
  ];
}

/**
 * What to think of when somebody comes in: that the person is in many groups (LD-47), that the group is large enough to need a plan
 * for its moderation (AMZ-088). Both numbers count the newcomer.
 */
export function loadWarnings(
  policy: ResolvedPolicy,
  { groups, members }: { readonly groups: number; readonly members: number },
): GroupWarning[] {
  const { warn_groups_per_person: most, plan_at_group_size: large } = policy.parameters.load_limits.value;
  const parameter = 'load_limits';
  return [
    ...(most !== null && groups > most
      ? [{ code: 'ManyGroups' as const, because: `The person is now in more than ${most} groups.`, parameter } as const]
      : []),
    ...(large !== null && members >= large
      ? [
          {
            code: 'LargeGroup' as const,
            because: `With ${large} people or more the group needs an agreed plan for its moderation.`,
            parameter,
          } as const,
        ]
      : []),
  ];
}

/** One more for each further `per_members` people. */
function staffNeeded({ min, per_members: per }: { min: number; per_members: number | null }, members: number): number {
  return min === 0 || per === null ? min : min + Math.floor(Math.max(0, members - 1) / per);
}

/**
 * All that the policy asks before this moderator's role counts. Whom to call in an emergency is asked of those who are not on the
 * staff (AMZ-098), the rest of everybody (AMZ-084, AMZ-035, AMZ-086).
 */
export function needsOf(
  policy: ResolvedPolicy,
  { kind, isStaff }: Pick<Moderator, 'kind' | 'isStaff'>,
): Prerequisite[] {
  const isOfStaff = isStaff && (kind === STAFF || kind === ADMIN);
  return policy.parameters.moderator_prereqs.value.filter((need) => !isOfStaff || need !== 'urgent_contacts');
}

const active = (moderators: readonly Moderator[]) => moderators.filter(({ isActive }) => isActive);

/** Why somebody may not be appointed as this kind; undefined when they may (LD-25, AMZ-033, AMZ-034, AMZ-076, BR-62). */
export function kindRefusal(policy: ResolvedPolicy, kind: string, isStaff: boolean): string | undefined {
  if (kind === STAFF) return isStaff ? undefined : 'Only somebody on the staff can be a staff moderator.';
  const kinds: readonly string[] = policy.parameters.co_moderators.value;
  if (kind === ADMIN || kinds.includes(kind)) return undefined;
  return `Beside staff, these may run the group: ${kinds.length === 0 ? 'nobody' : kinds.join(', ')}.`;
}
