/** One thing that has to be done outside the chat because of something in it: due, confirmed by somebody's word, or overdue. */
import type { ConsentPayloads, Rule } from '#events';
import { addDuration, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type FollowUpEvents = Pick<ConsentPayloads, 'FollowUpDue' | 'FollowUpConfirmed' | 'FollowUpOverdue'>;

/** One stream for each thing to be done. */
export type FollowUpCommands = {
  /** `within` is an ISO 8601 duration from when it happened, on the calendar of `timeZone`; null for no limit. */
  Open: Omit<FollowUpEvents['FollowUpDue'], 'dueAt'> & {
    readonly within: string | null;
    readonly timeZone: string;
    readonly rules: readonly Rule[];
  };
  Confirm: Omit<FollowUpEvents['FollowUpConfirmed'], 'lateBySeconds'>;
  DeclareOverdue: { readonly followUpId: string; readonly groupId: string; readonly dueAt: string };
};

type State = {
  readonly status: 'none' | 'open' | 'confirmed';
  readonly channels: readonly string[];
  readonly dueAt?: string;
  /** Whose own word alone counts. */
  readonly onlyBy?: string;
};

/** What the policy wants followed up after a trigger: by any of these channels, within this time. */
export type FollowUpRule = Pick<FollowUpCommands['Open'], 'channels' | 'within' | 'rules'>;

/** The rule for a trigger somebody noticed (AMZ-051, AMZ-061, BR-52, CN-13); undefined where the policy has none. */
export function followUpRule(policy: ResolvedPolicy, trigger: string): FollowUpRule | undefined {
  const { value } = policy.parameters.followup_rules;
  const found = value.find((rule) => rule.trigger === trigger);
  if (!found) return undefined;
  const { channels, deadline, obligations } = found;
  return { channels, within: deadline, rules: [{ ...ruleOf(policy, 'followup_rules'), obligations }] };
}

type Told = { readonly mailbox?: string; readonly within: string | null; readonly rules: readonly Rule[] };

/**
 * Who has to be told of a removal for conduct: a mailbox of the organisation (HSU-29), or every other moderator (AMZ-096, `mailbox`
 * undefined). `when` is what has happened: a member was taken out for conduct, or it was decided that one goes for good.
 */
export function removalNotices(policy: ResolvedPolicy, when: 'conduct_removal' | 'permanent_removal'): Told[] {
  return policy.parameters.removal_notify.value
    .filter((notice) => notice.when === when)
    .map(({ who, mailbox, within }) => ({
      ...(who === 'mailbox' ? { mailbox: mailbox ?? 'mailbox' } : {}),
      within,
      rules: [ruleOf(policy, 'removal_notify')],
    }));
}

export const followUp: Decider<State, FollowUpCommands, FollowUpEvents> = {
  category: 'follow_up',
  initial: { status: 'none', channels: [] },
  decide: {
    Open: ({ within, timeZone, rules, ...opened }, { status }, { occurredAt }) => {
      if (status !== 'none') return nothing;
      const dueAt = within === null ? {} : { dueAt: addDuration(occurredAt, within, timeZone) };
      return [record('FollowUpDue', { ...opened, ...dueAt }, ...rules)];
    },
    Confirm: confirm,
    DeclareOverdue: (overdue, { status, dueAt }) =>
      status === 'open' && dueAt === overdue.dueAt ? [record('FollowUpOverdue', overdue)] : nothing,
  },
  evolve: {
    FollowUpDue: (_, { channels, dueAt, isOwnWord, personId }) => ({
      status: 'open',
      channels,
      ...(dueAt ? { dueAt } : {}),
      ...(isOwnWord && personId ? { onlyBy: personId } : {}),
    }),
    FollowUpConfirmed: (state) => ({ ...state, status: 'confirmed' }),
    FollowUpOverdue: (state) => state,
  },
  deadlines: {
    FollowUpDue: ({ followUpId, groupId, dueAt }) =>
      dueAt
        ? [{ schedule: 'due', dueAt, command: { name: 'DeclareOverdue', data: { followUpId, groupId, dueAt } } }]
        : [],
    FollowUpConfirmed: () => [{ cancel: 'due' }],
  },
};

/** Done counts by a channel the rule names, and where somebody has to know a thing, by their own word (AMZ-096). */
function confirm(
  confirmed: FollowUpCommands['Confirm'],
  { status, channels, dueAt, onlyBy }: State,
  { occurredAt }: Moment,
): Decision<FollowUpEvents> {
  if (status === 'none') return refuse('FollowUpUnknown', 'There is nothing of this id to be followed up.');
  if (status === 'confirmed') return nothing;
  if (!channels.includes(confirmed.channel))
    return refuse('WrongChannel', `This has to be followed up by ${channels.join(' or ')}.`);
  if (onlyBy !== undefined && confirmed.confirmedBy !== onlyBy)
    return refuse('NotTheirWord', 'Only whoever has to know it can say that they do.');
  const lateBySeconds = dueAt ? secondsLate(dueAt, occurredAt) : 0;
  return [record('FollowUpConfirmed', { ...confirmed, lateBySeconds })];
}
