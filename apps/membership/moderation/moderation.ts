/** Who runs a group and whether that is what its policy asks: read here, judged by the rules. */
import {
  coverEnding,
  coverLacks,
  coverWarnings,
  liveCategories,
  needsOf,
  person,
  type GroupLack,
  type GroupWarning,
  type Moderator,
  type Prerequisite,
  type ResolvedPolicy,
} from '#domain';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { leavesOf } from '../people/people.read-model.js';
import { rolesIn } from '../groups/groups.read-model.js';

/** Which of these people are on the staff now, by everything reported so far. */
export async function staffAmong(kit: ServiceKit, tx: Transaction, personIds: readonly string[]): Promise<Set<string>> {
  const people = await kit.commands.states(tx, person, [...new Set(personIds)]);
  return new Set(personIds.filter((id) => liveCategories(people.get(id)!.state, tx.now).includes('staff')));
}

/** A moderator with what is on record of the role, and what is still to come before it counts. */
export type RoleStanding = Moderator & {
  readonly met: readonly Prerequisite[];
  readonly missing: readonly Prerequisite[];
  /** When the moderator is, or was, to be asked whether they go on (UTC); null where nobody asks. */
  readonly reaffirmBy: string | null;
};

/** How a group is run at `tx.now`, and whether it has the texts it needs. */
export interface Moderation {
  readonly moderators: readonly RoleStanding[];
  readonly lacks: readonly GroupLack[];
  readonly warnings: readonly GroupWarning[];
  /** The gap that announced departures will open, if they do. */
  readonly ending: ReturnType<typeof coverEnding>;
}

/**
 * Reads who runs the group and measures it against the policy. A role that was recorded as active stays so when the policy comes to
 * ask for more; what it asks anew is shown as missing.
 */
export async function moderationOf(
  kit: ServiceKit,
  tx: Transaction,
  groupId: string,
  policy: ResolvedPolicy,
): Promise<Moderation> {
  const roles = await rolesIn(tx, groupId);
  const staff = await staffAmong(
    kit,
    tx,
    roles.map(({ personId }) => personId),
  );
  const moderators = roles.map(({ personId, kind, activatedAt, reaffirmBy, met }) => {
    const isStaff = staff.has(personId);
    const missing = needsOf(policy, { kind, isStaff }).filter((need) => !met.includes(need));
    return {
      personId,
      kind,
      isStaff,
      isActive: activatedAt !== null || missing.length === 0,
      met,
      missing,
      reaffirmBy,
    };
  });
  const members = await countMembers(tx, groupId);
  const ending = coverEnding(policy, moderators, members, await departuresOf(tx, [...staff]));
  const warnings = [...coverWarnings(policy, moderators), ...(ending ? [endingSoon(ending.endsAt)] : [])];
  return { moderators, lacks: coverLacks(policy, moderators, members), warnings, ending };
}

/** When these people, who are on the staff, are announced to leave it. */
async function departuresOf(tx: Transaction, personIds: readonly string[]) {
  if (personIds.length === 0) return [];
  return (await leavesOf(tx, personIds)).filter(({ category, isAnnounced }) => category === 'staff' && isAnnounced);
}

const endingSoon = (endsAt: string): GroupWarning => ({
  code: 'CoverEnding',
  because: `Somebody on the staff leaves: from ${endsAt.slice(0, 10)} on the group is not run as its policy asks.`,
  parameter: 'staff_moderators_min',
});

/** How many people are in the group now. */
export async function countMembers(tx: Transaction, groupId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    'select count(*)::integer as count from participations where tenant_id = $1 and group_id = $2 and present',
    [tx.tenantId, groupId],
  );
  return row!.count;
}
