/** A business message that was sent in a chat, and the system of record it is owed to. */
import type { RetentionPayloads, Rule } from '#events';
import { addDuration, compareInstants, secondsLate } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { type ResolvedPolicy, ruleOf } from '../policy/policy.js';

type RecordEvents = Pick<
  RetentionPayloads,
  'BusinessRecordDue' | 'BusinessRecordOverdue' | 'BusinessRecordCaptured' | 'ImproperUseNoted'
>;
type Due = RecordEvents['BusinessRecordDue'];
type Captured = RecordEvents['BusinessRecordCaptured'];

/** What the policy says of a matter that does not belong in a chat: never there, and where instead (CN-24, CN-25, CN-26). */
export interface Improper {
  readonly topic: string;
  readonly redirect?: string;
  readonly rules: readonly Rule[];
}

/** One stream for each message. */
export type RecordCommands = {
  /** `within` is an ISO 8601 duration from `sentAt` on the calendar of `timeZone`. */
  NoteMessage: Omit<Due, 'dueAt' | 'alreadyOverdue'> & {
    readonly within: string;
    readonly timeZone: string;
    readonly improper?: Improper;
    readonly rules: readonly Rule[];
  };
  /** The deadline at `dueAt`. */
  DeclareOverdue: RecordEvents['BusinessRecordOverdue'];
  /** The moment's `occurredAt` is when the system had it; `approved` are the systems that count (CN-18). */
  CaptureBusinessRecord: Omit<Captured, 'lateBySeconds' | 'groupId'> & {
    readonly approved: readonly string[];
    readonly rules: readonly Rule[];
  };
};

type State =
  | { readonly status: 'unknown' }
  | { readonly status: 'owed'; readonly due: Due; readonly isOverdue: boolean }
  | { readonly status: 'captured'; readonly due: Due; readonly captured: Captured };

export const businessRecord: Decider<State, RecordCommands, RecordEvents> = {
  category: 'business_record',
  initial: { status: 'unknown' },
  decide: {
    NoteMessage: noteMessage,
    DeclareOverdue: (data, state, { now }) =>
      state.status === 'owed' && !state.isOverdue && compareInstants(data.dueAt, now) <= 0
        ? [record('BusinessRecordOverdue', data)]
        : nothing,
    CaptureBusinessRecord: captureRecord,
  },
  evolve: {
    BusinessRecordDue: (_, due) => ({ status: 'owed', due, isOverdue: false }),
    BusinessRecordOverdue: (state) => (state.status === 'owed' ? { ...state, isOverdue: true } : state),
    BusinessRecordCaptured: (state, captured) =>
      state.status === 'owed' ? { status: 'captured', due: state.due, captured } : state,
    ImproperUseNoted: (state) => state,
  },
  deadlines: {
    BusinessRecordDue: ({ recordId, groupId, dueAt }) => [
      { schedule: 'overdue', dueAt, command: { name: 'DeclareOverdue', data: { recordId, groupId, dueAt } } },
    ],
    BusinessRecordOverdue: () => [{ cancel: 'overdue' }],
    BusinessRecordCaptured: () => [{ cancel: 'overdue' }],
  },
};

/**
 * A business message is in the chat, where no system of record has it (CN-08): it is owed to one from the time it was sent
 * (CN-17). One that is noted late is owed all the same, and overdue from the start. What does not belong in the chat at all is
 * said beside it.
 */
function noteMessage(
  { within, timeZone, improper, rules, ...message }: RecordCommands['NoteMessage'],
  state: State,
  { now }: Moment,
): Decision<RecordEvents> {
  if (state.status !== 'unknown') {
    const { groupId, personId, sentAt } = state.due;
    const isSame = groupId === message.groupId && personId === message.personId && sentAt === message.sentAt;
    return isSame ? nothing : refuse('AlreadyNoted', 'Another message is noted under this id.', rules);
  }
  const dueAt = addDuration(message.sentAt, within, timeZone);
  const alreadyOverdue = compareInstants(dueAt, now) <= 0;
  const due = record('BusinessRecordDue', { ...message, dueAt, alreadyOverdue }, ...rules);
  if (!improper) return [due];
  const { recordId, groupId } = message;
  const { topic, redirect } = improper;
  const noted = { recordId, groupId, topic, ...(redirect ? { redirect } : {}) };
  return [due, record('ImproperUseNoted', noted, ...improper.rules)];
}

/** Nothing but a reference in an approved system closes what is owed (CN-17, CN-18); a second one changes nothing. */
function captureRecord(
  { approved, rules, ...capture }: RecordCommands['CaptureBusinessRecord'],
  state: State,
  { occurredAt }: Moment,
): Decision<RecordEvents> {
  if (state.status === 'unknown') return refuse('RecordUnknown', 'No business message of this id is noted.', rules);
  if (state.status === 'captured') {
    const isSame = state.captured.system === capture.system && state.captured.recordClass === capture.recordClass;
    return isSame ? nothing : refuse('AlreadyCaptured', 'The message is on record already, elsewhere.', rules);
  }
  if (!approved.includes(capture.system))
    return refuse('SystemNotApproved', 'The organisation has not approved this system for its records.', rules);
  const { groupId, sentAt, dueAt } = state.due;
  if (compareInstants(occurredAt, sentAt) < 0)
    return refuse('CapturedBeforeSent', 'A message cannot be on record before it was sent.', rules);
  return [
    record('BusinessRecordCaptured', { ...capture, groupId, lateBySeconds: secondsLate(dueAt, occurredAt) }, ...rules),
  ];
}

/** How soon a business message has to be in a system of record under this policy, with the rule; undefined where none is owed (CN-17). */
export function recordDuty(policy: ResolvedPolicy): { readonly within: string; readonly rule: Rule } | undefined {
  const row = policy.parameters.followup_rules.value.find(
    ({ channels, deadline }) => channels.includes('case_system') && deadline !== null,
  );
  if (!row?.deadline) return undefined;
  return { within: row.deadline, rule: { ...ruleOf(policy, 'followup_rules'), obligations: row.obligations } };
}

/** Whether a topic may not be dealt with in a chat under this policy, and where it belongs (CN-24, CN-25, CN-26). */
export function improperUse(policy: ResolvedPolicy, topic: string): Improper | undefined {
  const row = policy.parameters.content_rules.value.find((rule) => rule.topic === topic && rule.verdict === 'never');
  if (!row) return undefined;
  const rules = [{ ...ruleOf(policy, 'content_rules'), obligations: row.obligations }];
  return { topic, rules, ...(row.redirect ? { redirect: row.redirect } : {}) };
}
