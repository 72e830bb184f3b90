/** For what somebody is in a group: as part of their work or volunteering, or for themselves (AMZ-038). */
import { isRole, type PersonCategory } from '../person/person.js';
import type { ResolvedPolicy } from '../policy/policy.js';
import type { JoinedFor, Participation } from './presence.js';

type Facts = {
  readonly participation: Participation;
  readonly policy: ResolvedPolicy;
  readonly liveCategories: readonly PersonCategory[];
};

/**
 * For what a person is to be let in: as stated; as on record for somebody who is in already; or as their live categories imply in a
 * group that is for colleagues and others both. Undefined where that says nothing: then every category counts.
 */
export function joinedForOf(
  { participation, policy, liveCategories }: Facts,
  stated?: JoinedFor,
): JoinedFor | undefined {
  if (stated) return stated;
  const { value: eligible } = policy.parameters.eligible_categories;
  if (participation.where === 'inside' && participation.isAdmitted && !participation.order)
    return participation.joinedFor;
  if (!eligible || !isOfBothKinds(eligible)) return undefined;
  const counting = liveCategories.filter((category) => eligible.includes(category));
  if (counting.length === 0 || isOfBothKinds(counting)) return undefined;
  return counting.some(isRole) ? 'work' : 'private';
}

const isOfBothKinds = (categories: readonly PersonCategory[]) =>
  categories.some(isRole) && !categories.every((category) => isRole(category));

/** The live categories that entitle somebody: of one who is there for work, those of a role alone. */
export const countingFor = (
  joinedFor: JoinedFor | undefined,
  live: readonly PersonCategory[],
): readonly PersonCategory[] => (joinedFor === 'work' ? live.filter(isRole) : live);
