/** A removal for conduct: whose decision it is, and whether the person may come back. The case before it is another matter. */
import type { Rule } from '#events';
import { type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';
import { type OrderCommands, requireRemoval } from './order.js';
import type { Bar, Participation, ParticipationEvents } from './presence.js';

/** What is wished, and what the application has read about it. `until` is UTC; without it the removal is for good. */
export type ConductFacts = {
  readonly until?: string;
  readonly now: string;
  /** Whether somebody agreed who moderates the group as a member of staff and is not the person concerned. */
  readonly isAgreedByStaff: boolean;
};

type Objection = { readonly code: string; readonly because: string; readonly rule: Rule };

/** Whether the decision counts, and the bar that comes with it. */
export type ConductVerdict =
  | { readonly agreed: true; readonly bar?: Bar; readonly rules: readonly Rule[] }
  | ({ readonly agreed: false } & Objection);

/**
 * Whether somebody may be taken out for conduct, for good or until a date, and what keeps them out afterwards
 * (HSU-28, AMZ-094: the bar; AMZ-095: a lasting removal takes a moderator of the staff).
 */
export function conductVerdict(policy: ResolvedPolicy, facts: ConductFacts): ConductVerdict {
  const { rejoin_after_removal: rejoin, permanent_removal_by: decidedBy } = policy.parameters;
  const { until, now, isAgreedByStaff } = facts;
  const [rejoinRule, deciderRule] = [ruleOf(policy, 'rejoin_after_removal'), ruleOf(policy, 'permanent_removal_by')];
  const objection = (code: string, because: string, rule: Rule) => ({ agreed: false as const, code, because, rule });
  if (until !== undefined && until <= now)
    return objection('BarEndPassed', 'The date until which the person is to stay out has passed.', rejoinRule);
  if (until === undefined && decidedBy.value === 'staff_moderator_agrees' && !isAgreedByStaff) {
    const because = 'A removal for good needs the agreement of a moderator who is on the staff.';
    return objection('StaffModeratorMustAgree', because, deciderRule);
  }
  const mode = until === undefined ? rejoin.value.permanent : rejoin.value.conduct;
  if (mode === 'after_date' && until === undefined)
    return objection('BarEndMissing', 'It has to be said until when the person is to stay out.', rejoinRule);
  const rules = until === undefined ? [rejoinRule, deciderRule] : [rejoinRule];
  if (mode === 'if_eligible') return { agreed: true, rules };
  // A bar for good outlasts any date that was named.
  return { agreed: true, rules, bar: mode === 'after_date' && until !== undefined ? { until } : {} };
}

export type ConductCommands = {
  /** An order to take the person out, in the form of any other, with the verdict it rests on. */
  RemoveForConduct: Omit<OrderCommands['RequireRemoval'], 'trigger'> & {
    readonly until?: string;
    readonly agreedBy?: string;
    readonly verdict: ConductVerdict;
  };
};

/** Records the decision, the bar, and the order to carry it out; a second decision may bar for longer, never for less. */
export function removeForConduct(
  data: ConductCommands['RemoveForConduct'],
  state: Participation,
  moment: Moment,
): Decision<ParticipationEvents> {
  const { verdict, until, agreedBy, ...order } = data;
  const { groupId, personId } = order;
  if (!verdict.agreed) return refuse(verdict.code, verdict.because, [verdict.rule]);
  if (state.where === 'outside') return refuse('NotInGroup', 'The person is not in the group, as far as is known.');
  const { bar, rules } = verdict;
  const decided = {
    groupId,
    personId,
    permanent: until === undefined,
    ...(until === undefined ? {} : { until }),
    ...(agreedBy === undefined ? {} : { agreedBy }),
  };
  const consequences = [
    ...(bar && isLonger(bar, state.bar) ? [record('MemberBarred', { groupId, personId, ...bar }, ...rules)] : []),
    ...requireRemoval({ ...order, trigger: 'conduct' }, state, moment),
  ];
  return consequences.length === 0 ? nothing : [record('ConductRemovalDecided', decided, ...rules), ...consequences];
}

const isLonger = (bar: Bar, known: Bar | undefined): boolean =>
  !known || (known.until !== undefined && (bar.until === undefined || bar.until > known.until));
