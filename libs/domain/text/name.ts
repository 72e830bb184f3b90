/** Names of groups: what shows that a group is official, and what shows that it is not. */
import type { Rule } from '#events';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

/** Whether the organisation runs the group. */
export type NameFacts = { readonly official: boolean };

type NameFault = { readonly item: string; readonly where: string; readonly because: string; readonly rule: Rule };

/**
 * Checks a group's name. An official one holds a reserved term, which shows whose it is (AMZ-006, AMZ-045, AMZ-074). An unofficial one
 * holds none, in whatever spelling (AMZ-042, AMZ-069, AMZ-081), and says that it is unofficial and has no moderator (AMZ-068, AMZ-072,
 * AMZ-080). Empty means that the name may be used.
 */
export function checkName(policy: ResolvedPolicy, name: string, { official }: NameFacts): NameFault[] {
  const { value } = policy.parameters.name_rule;
  const rule = ruleOf(policy, 'name_rule');
  const fault = (item: string, because: string): NameFault => ({ item, where: 'text', because, rule });
  const held = value.reserved_terms.filter((term) => holds(name, term));
  if (official)
    return value.official_marker && held.length === 0
      ? [
          fault(
            'official_marker',
            `The name of an official group has to hold one of: ${value.reserved_terms.join(', ')}.`,
          ),
        ]
      : [];
  const faults = held.map((term) => fault('reserved_terms', `Only an official group may be called ${term}.`));
  if (value.unofficial_marker && !/\bunofficial\b|\bsocial\b|\binformal\b/iu.test(name))
    faults.push(fault('unofficial_marker', 'The name does not say that the group is unofficial.'));
  if (
    value.no_moderator_statement &&
    !/\bunmoderated\b|\bnot moderated\b|\bno moderators?\b|\bwithout moderators?\b/iu.test(name)
  )
    faults.push(fault('no_moderator_statement', 'The name does not say that nobody moderates the group.'));
  return faults;
}

/**
 * Whether a name holds a term at the start of a word, in any case, with accents, lookalike widths, invisible characters or
 * dots and blanks between its letters: `A.maze` is held to be `Amaze`.
 */
function holds(name: string, term: string): boolean {
  const letters = bare(term).match(/[\p{L}\p{N}]/gu) ?? [];
  const spelled = letters.join('[^\\p{L}\\p{N}]{0,3}');
  return letters.length > 0 && new RegExp(`(?<![\\p{L}\\p{N}])${spelled}`, 'u').test(bare(name));
}

const bare = (text: string) =>
  text
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase();
