/** When a group has lost its use, and what is done before it closes (LD-35). */
import type { MembershipPayloads, Rule } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';

type Payloads = Pick<
  MembershipPayloads,
  'GroupUseNoted' | 'GroupIdleCheckDue' | 'GroupDormant' | 'ClosingStepAttested' | 'ClosingChecked'
>;
export type ClosingStep = Payloads['ClosingStepAttested']['step'];
export type Lacking = Payloads['ClosingChecked']['missing'][number];
type Checked = { readonly groupId: string; readonly rules: readonly Rule[] };

/** One stream for each group, beside the group's own. */
export type ClosureCommands = {
  /** `lastUsedAt`: when anything last happened in the group; dormant `idleAfter` (ISO 8601) later on the calendar of `timeZone`. */
  AssessUse: Checked & { readonly lastUsedAt: string; readonly idleAfter: string; readonly timeZone: string };
  /** The deadline at `dormantAt`. */
  AskAboutUse: { readonly groupId: string; readonly dormantAt: string };
  /** `isHeld`: a hold covers what was written in the group. */
  AttestStep: Checked & { readonly step: ClosingStep; readonly attestedBy: string; readonly isHeld: boolean };
  /** `openOrders`: how many people still have to be taken out. `mustBeComplete`: refused while anything is missing. */
  CheckClosing: Checked & { readonly openOrders: number; readonly mustBeComplete: boolean };
};

type State = {
  readonly lastUsedAt?: string;
  readonly dormantAt?: string;
  readonly isDormant: boolean;
  readonly done: readonly ClosingStep[];
  readonly isClosed: boolean;
};

/** What is missing before a group is closed: the chat is archived, deleted or both (LD-35). */
export function lackingIn(done: readonly ClosingStep[], openOrders: number): Lacking[] {
  const isGone = done.includes('chat_archived') || done.includes('chat_deleted');
  return [
    ...(['members_told', 'records_captured'] as const).filter((step) => !done.includes(step)),
    ...(isGone ? [] : (['chat'] as const)),
    ...(openOrders > 0 ? (['open_orders'] as const) : []),
  ];
}

/** A use moves the instant from which the group is dormant; where that has come it is, until it is used again. */
function assess(
  { groupId, lastUsedAt, idleAfter, timeZone, rules }: ClosureCommands['AssessUse'],
  { lastUsedAt: known = lastUsedAt, dormantAt: before, isDormant, isClosed }: State,
  { now }: Moment,
): Decision<Payloads> {
  if (isClosed) return nothing;
  // What is told late does not take a later use back.
  const last = compareInstants(known, lastUsedAt) > 0 ? known : lastUsedAt;
  const dormantAt = addDuration(last, idleAfter, timeZone);
  const isOver = compareInstants(dormantAt, now) <= 0;
  if (dormantAt === before && isDormant === isOver) return nothing;
  return [record(isOver ? 'GroupDormant' : 'GroupUseNoted', { groupId, lastUsedAt: last, dormantAt }, ...rules)];
}

/** Under a hold the chat may be archived and not deleted (BR-61). */
function attest(
  { groupId, step, attestedBy, isHeld, rules }: ClosureCommands['AttestStep'],
  { done }: State,
): Decision<Payloads> {
  if (done.includes(step)) return nothing;
  if (isHeld && step === 'chat_deleted')
    return refuse('UnderHold', 'A hold covers the group: its chat must be kept until the hold is released.', rules);
  return [record('ClosingStepAttested', { groupId, step, attestedBy }, ...rules)];
}

function check(
  { groupId, openOrders, mustBeComplete, rules }: ClosureCommands['CheckClosing'],
  { done, isClosed }: State,
): Decision<Payloads> {
  if (isClosed) return nothing;
  const missing = lackingIn(done, openOrders);
  if (mustBeComplete && missing.length > 0)
    return refuse('ClosingIncomplete', `The closing of the group still lacks: ${missing.join(', ')}.`, rules);
  return [record('ClosingChecked', { groupId, missing }, ...rules)];
}

export const closure: Decider<State, ClosureCommands, Payloads> = {
  category: 'closure',
  initial: { isDormant: false, done: [], isClosed: false },
  decide: {
    AssessUse: assess,
    AskAboutUse: ({ groupId, dormantAt }, state) =>
      state.isClosed || state.isDormant || state.dormantAt !== dormantAt
        ? nothing
        : [record('GroupIdleCheckDue', { groupId, dormantAt })],
    AttestStep: attest,
    CheckClosing: check,
  },
  evolve: {
    GroupUseNoted: (state, { lastUsedAt, dormantAt }) => ({ ...state, lastUsedAt, dormantAt, isDormant: false }),
    GroupIdleCheckDue: (state) => state,
    GroupDormant: (state, { lastUsedAt, dormantAt }) => ({ ...state, lastUsedAt, dormantAt, isDormant: true }),
    ClosingStepAttested: (state, { step }) => ({ ...state, done: [...state.done, step] }),
    ClosingChecked: (state) => ({ ...state, isClosed: true }),
  },
  deadlines: {
    GroupUseNoted: ({ groupId, dormantAt }) => [
      { schedule: 'idle', dueAt: dormantAt, command: { name: 'AskAboutUse', data: { groupId, dormantAt } } },
    ],
    GroupIdleCheckDue: () => [{ cancel: 'idle' }],
    GroupDormant: () => [{ cancel: 'idle' }],
    ClosingChecked: () => [{ cancel: 'idle' }],
  },
};
