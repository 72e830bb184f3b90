/** A message to one person: due at an instant, tried until a mail server takes it or its time is over, sent once as far as anybody can know. */
import type { ConsentPayloads } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';

type Events = Pick<
  ConsentPayloads,
  | 'MessageQueued'
  | 'MessageDue'
  | 'MessageAttempted'
  | 'MessageSent'
  | 'MessageFailed'
  | 'MessageOutcomeUncertain'
  | 'MessageGivenUp'
  | 'MessageHeld'
  | 'MessageUndeliverable'
  | 'MessageBounced'
  | 'MessageDeliveredByHand'
  | 'MessageCalledOff'
>;
type About = { readonly messageId: string; readonly personId: string };
type Tried = About & { readonly attempt: number };

export type MessageCommands = {
  /** Times are ISO 8601 UTC; without `giveUpAt` it is tried for two days. */
  QueueMessage: Omit<Events['MessageQueued'], 'giveUpAt'> & { readonly giveUpAt?: string };
  /** The deadline: time to send it, to try again, or to wonder what became of it. */
  ChaseMessage: About;
  /** Takes it up for sending; whoever gets the MessageAttempted event sends it, and nobody else. */
  AttemptMessage: About;
  ReportSent: Tried;
  /** `isFinal` when the server said that trying again is of no use. */
  ReportFailed: Tried & { readonly reason: Events['MessageFailed']['reason']; readonly isFinal: boolean };
  /** There is no mail server. */
  HoldMessage: About;
  DeclareUndeliverable: About & Pick<Events['MessageUndeliverable'], 'because'>;
  /** Tries it anew: one that was held, given up or had nowhere to go. */
  ReleaseMessage: About;
  ReportBounce: About;
  /** It need not go out any more: nothing becomes of it unless a mail server has it already. */
  CallOffMessage: Events['MessageCalledOff'];
  DeliverByHand: About & Pick<Events['MessageDeliveredByHand'], 'channel'>;
};

type Status =
  | 'unknown'
  | 'queued'
  | 'due'
  | 'attempted'
  | 'retrying'
  | 'held'
  | 'sent'
  | 'given_up'
  | 'undeliverable'
  | 'bounced'
  | 'by_hand'
  | 'called_off';
type Message = {
  readonly status: Status;
  readonly attempt: number;
  readonly giveUpAt: string;
  /** Attempts since it was last begun anew: they set the pause before the next. */
  readonly inRow: number;
};

const TRIED_FOR = 'P2D';
/** After the first attempt, the second, and so on; the last counts for those beyond. */
const PAUSES = ['PT1M', 'PT5M', 'PT30M', 'PT2H', 'PT12H'];
/** Much longer than a conversation with a mail server may last: whoever began it is gone by then. */
const LOST_AFTER = 'PT10M';

const OVER: readonly Status[] = ['sent', 'given_up', 'undeliverable', 'bounced', 'by_hand', 'called_off'];
const WAITING: readonly Status[] = ['queued', 'due', 'retrying', 'held'];

export const message: Decider<Message, MessageCommands, Events> = {
  category: 'message',
  initial: { status: 'unknown', attempt: 0, giveUpAt: '', inRow: 0 },
  decide: {
    QueueMessage: ({ giveUpAt, ...queued }, { status }) =>
      status === 'unknown'
        ? [record('MessageQueued', { ...queued, giveUpAt: giveUpAt ?? addDuration(queued.dueAt, TRIED_FOR) })]
        : nothing,
    ChaseMessage: chase,
    AttemptMessage: (about, { status, attempt }, { now }) =>
      status === 'due'
        ? [record('MessageAttempted', { ...about, attempt: attempt + 1, again: addDuration(now, LOST_AFTER) })]
        : nothing,
    /** Also when it comes late: a message that was taken over is sent, whatever was thought of it meanwhile. */
    ReportSent: ({ attempt, ...about }, state) =>
      state.attempt < attempt || ['sent', 'bounced', 'by_hand'].includes(state.status)
        ? nothing
        : [record('MessageSent', { ...about, attempt })],
    ReportFailed: failed,
    HoldMessage: (about, { status }) => (status === 'due' ? [record('MessageHeld', about)] : nothing),
    DeclareUndeliverable: ({ because, ...about }, { status }) =>
      status === 'attempted' ? [record('MessageUndeliverable', { ...about, because })] : nothing,
    ReleaseMessage: release,
    ReportBounce: (about, { status }) => {
      if (status === 'bounced') return nothing;
      return status === 'sent'
        ? [record('MessageBounced', about)]
        : refuse('MessageNotSent', 'Only a message that was sent can come back.');
    },
    CallOffMessage: (off, { status }) =>
      WAITING.includes(status) || status === 'attempted' ? [record('MessageCalledOff', off)] : nothing,
    DeliverByHand: ({ channel, ...about }, { status }) => {
      if (status === 'unknown') return refuse('MessageUnknown', 'There is no such message.');
      return status === 'by_hand' ? nothing : [record('MessageDeliveredByHand', { ...about, channel })];
    },
  },
  evolve: {
    MessageQueued: (state, { giveUpAt }) => ({ ...state, status: 'queued', giveUpAt }),
    MessageDue: (state) => ({ ...state, status: 'due', inRow: OVER.includes(state.status) ? 0 : state.inRow }),
    MessageAttempted: (state, { attempt }) => ({ ...state, status: 'attempted', attempt, inRow: state.inRow + 1 }),
    MessageSent: (state) => ({ ...state, status: 'sent' }),
    MessageFailed: (state, { again }) => ({ ...state, status: again ? 'retrying' : 'given_up' }),
    MessageOutcomeUncertain: (state) => ({ ...state, status: 'retrying' }),
    MessageGivenUp: (state) => ({ ...state, status: 'given_up' }),
    MessageHeld: (state) => ({ ...state, status: 'held' }),
    MessageUndeliverable: (state) => ({ ...state, status: 'undeliverable' }),
    MessageBounced: (state) => ({ ...state, status: 'bounced' }),
    MessageDeliveredByHand: (state) => ({ ...state, status: 'by_hand' }),
    MessageCalledOff: (state) => ({ ...state, status: 'called_off' }),
  },
  deadlines: {
    MessageQueued: ({ messageId, personId, dueAt }) => chaseAt(dueAt, { messageId, personId }),
    MessageDue: ({ again, ...about }) => chaseAt(again, about),
    MessageAttempted: ({ messageId, personId, again }) => chaseAt(again, { messageId, personId }),
    MessageFailed: ({ messageId, personId, again }) => (again ? chaseAt(again, { messageId, personId }) : NO_MORE),
    MessageSent: () => NO_MORE,
    MessageGivenUp: () => NO_MORE,
    MessageHeld: () => NO_MORE,
    MessageUndeliverable: () => NO_MORE,
    MessageDeliveredByHand: () => NO_MORE,
    MessageCalledOff: () => NO_MORE,
  },
};

const NO_MORE = [{ cancel: 'chase' }];

function chaseAt(dueAt: string, data: About) {
  return [{ schedule: 'chase', dueAt, command: { name: 'ChaseMessage', data } }];
}

const dueNow = (about: About, now: string) => record('MessageDue', { ...about, again: addDuration(now, LOST_AFTER) });

/** What nobody took up falls due again; what somebody took up and never told of may have been sent or not. */
function chase(about: About, { status, attempt, giveUpAt }: Message, { now }: Moment): Decision<Events> {
  if (status !== 'attempted' && !WAITING.includes(status)) return nothing;
  if (status === 'held') return nothing;
  const uncertain: NewEventOf<Events>[] =
    status === 'attempted' ? [record('MessageOutcomeUncertain', { ...about, attempt })] : [];
  if (status !== 'queued' && compareInstants(now, giveUpAt) >= 0)
    return [...uncertain, record('MessageGivenUp', { ...about, because: 'too_late' as const })];
  return [...uncertain, dueNow(about, now)];
}

/** An attempt that failed is followed by another after a pause, unless that would come too late or is of no use. */
function failed(
  { attempt, reason, isFinal, ...about }: MessageCommands['ReportFailed'],
  state: Message,
  { now }: Moment,
): Decision<Events> {
  if (state.status !== 'attempted' || state.attempt !== attempt) return nothing; // it has been taken up again since
  const again = addDuration(now, PAUSES[Math.min(state.inRow, PAUSES.length) - 1]!);
  if (!isFinal && compareInstants(again, state.giveUpAt) < 0)
    return [record('MessageFailed', { ...about, attempt, reason, again })];
  return [
    record('MessageFailed', { ...about, attempt, reason }),
    record('MessageGivenUp', { ...about, because: isFinal ? ('refused' as const) : ('too_late' as const) }),
  ];
}

function release(about: About, { status, giveUpAt }: Message, { now }: Moment): Decision<Events> {
  if (status === 'unknown') return refuse('MessageUnknown', 'There is no such message.');
  if (!['held', 'given_up', 'undeliverable', 'bounced'].includes(status))
    return refuse('MessageNotWaiting', 'This message is on its way, or was delivered already.');
  if (compareInstants(now, giveUpAt) >= 0)
    return refuse('MessageTooLate', 'The time in which this message was of use is over. Queue another.');
  return [dueNow(about, now)];
}
