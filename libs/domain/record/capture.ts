/** What a phone exported of a chat: handed in, read, looked through, and gone but for what was chosen. */
import type { RetentionPayloads } from '#events';
import { addDuration, compareInstants } from '../calendar/calendar.js';
import { type Decider, nothing, record, refuse } from '../decider.js';

type CaptureEvents = Pick<
  RetentionPayloads,
  'ChatExportReceived' | 'ChatExportRead' | 'ChatExportRejected' | 'ChatExportDiscarded'
>;
type Received = CaptureEvents['ChatExportReceived'];

/** How long an export may be looked through: elapsed time, the product's own reading. */
const LOOK_THROUGH = 'PT24H';

/** One stream for each export. */
export type CaptureCommands = {
  ReceiveExport: Omit<Received, 'expiresAt'>;
  FinishReading: CaptureEvents['ChatExportRead'];
  RejectExport: Pick<CaptureEvents['ChatExportRejected'], 'captureId' | 'reason'>;
  /** Everything that was wanted of it is kept. */
  FinishCapture: { readonly captureId: string };
  /** The deadline at `expiresAt`. */
  Expire: { readonly captureId: string };
};

type State =
  | { readonly status: 'unknown' }
  | { readonly status: 'reading' | 'ready'; readonly received: Received }
  | { readonly status: 'over' };

/** Whether an export can be looked through and chosen from. */
export const isReady = ({ status }: State): boolean => status === 'ready';

export const capture: Decider<State, CaptureCommands, CaptureEvents> = {
  category: 'capture',
  initial: { status: 'unknown' },
  decide: {
    ReceiveExport: (data, state, { now }) =>
      state.status === 'unknown'
        ? [record('ChatExportReceived', { ...data, expiresAt: addDuration(now, LOOK_THROUGH) })]
        : nothing,
    FinishReading: (data, state) => (state.status === 'reading' ? [record('ChatExportRead', data)] : nothing),
    RejectExport: (data, state) =>
      state.status === 'reading'
        ? [record('ChatExportRejected', { ...data, groupId: state.received.groupId })]
        : nothing,
    FinishCapture: ({ captureId }, state) => {
      if (state.status !== 'ready') return refuse('NotReady', 'The export is not there to be looked through.');
      return [record('ChatExportDiscarded', { captureId, groupId: state.received.groupId, because: 'done' as const })];
    },
    Expire: ({ captureId }, state, { now }) => {
      if (state.status !== 'reading' && state.status !== 'ready') return nothing;
      const { groupId, expiresAt } = state.received;
      return compareInstants(expiresAt, now) <= 0
        ? [record('ChatExportDiscarded', { captureId, groupId, because: 'expired' as const })]
        : nothing;
    },
  },
  evolve: {
    ChatExportReceived: (_, received) => ({ status: 'reading', received }),
    ChatExportRead: (state) => (state.status === 'reading' ? { ...state, status: 'ready' } : state),
    ChatExportRejected: () => ({ status: 'over' }),
    ChatExportDiscarded: () => ({ status: 'over' }),
  },
  deadlines: {
    ChatExportReceived: ({ captureId, expiresAt }) => [
      { schedule: 'expire', dueAt: expiresAt, command: { name: 'Expire', data: { captureId } } },
    ],
    ChatExportRejected: () => [{ cancel: 'expire' }],
    ChatExportDiscarded: () => [{ cancel: 'expire' }],
  },
};

type Once<Name extends 'ChatMessageKept' | 'RosterEvidenceFound', Command extends string> = Decider<
  boolean,
  Record<Command, RetentionPayloads[Name]>,
  Pick<RetentionPayloads, Name>
>;

/** A message of a chat; its stream is named by what it says, who said it and when, so that it is kept once however often it is handed in. */
export const keptMessage: Once<'ChatMessageKept', 'KeepMessage'> = {
  category: 'kept_message',
  initial: false,
  decide: { KeepMessage: (data, isKept) => (isKept ? nothing : [record('ChatMessageKept', data)]) },
  evolve: { ChatMessageKept: () => true },
};

/** A line of a chat about who came or went, named by the person and the time: found once, in whatever exports. */
export const rosterEvidence: Once<'RosterEvidenceFound', 'FindEvidence'> = {
  category: 'roster_evidence',
  initial: false,
  decide: { FindEvidence: (data, isFound) => (isFound ? nothing : [record('RosterEvidenceFound', data)]) },
  evolve: { RosterEvidenceFound: () => true },
};
