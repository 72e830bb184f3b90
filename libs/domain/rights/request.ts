/** What somebody asks of the organisation by right, and the time the law gives it to answer. */
import type { RetentionPayloads, Rule, Service } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import type { Pause } from '../calendar/working-days.js';
import { type Decider, type Decision, type Moment, nothing, record, refuse } from '../decider.js';
import { dueOf, faultInExtension, faultInQuestion, lateness, NOT_RUNNING, waitsForIdentity } from './clock.js';
import { type Answered, faultInAnswer, faultInCorrection, faultInRequest } from './substance.js';

type RequestEvents = Pick<
  RetentionPayloads,
  | 'RequestReceived'
  | 'IdentityConfirmed'
  | 'ClarificationAsked'
  | 'ClarificationGiven'
  | 'RequestExtended'
  | 'RequestOverdue'
  | 'ComplaintAcknowledged'
  | 'RequestAnswered'
  | 'ErasureRefused'
  | 'ErasureOrdered'
  | 'ErasureConfirmed'
  | 'ErasureCompleted'
  | 'CorrectionNoted'
  | 'RecipientsTold'
  | 'ObjectionWithdrawn'
>;
type Received = RequestEvents['RequestReceived'];
export type RequestKind = Received['kind'];
type Kept = RequestEvents['ErasureOrdered']['kept'];

/** The services that hold something about people, each of which must say that it is destroyed. */
export const HOLDERS: readonly Service[] = ['membership', 'consent', 'retention'];

/** One stream for each request. A moment's `occurredAt` is when it came, was asked, answered. */
export type RequestCommands = {
  Receive: Omit<Received, 'dueAt'> & { readonly isIdentityKnown: boolean; readonly rules: readonly Rule[] };
  ConfirmIdentity: { readonly requestId: string };
  AskClarification: { readonly requestId: string };
  TakeClarification: { readonly requestId: string };
  /** The person is told why, before the first month is over. */
  Extend: { readonly requestId: string };
  AcknowledgeComplaint: { readonly requestId: string };
  Answer: Answered & { readonly requestId: string };
  /** Data was changed; what was changed before the request came, or is not what was wrong, does not count. */
  NoteCorrection: RequestEvents['CorrectionNoted'];
  /** Others who had the data were told; also after the answer. */
  TellRecipients: RequestEvents['RecipientsTold'];
  WithdrawObjection: { readonly requestId: string };
  /** The deadline at `dueAt`. */
  DeclareOverdue: { readonly requestId: string; readonly dueAt: string };
  /** `holdIds`: the holds that are placed on the person as such; `kept`: items that stay, by right. */
  OrderErasure: {
    readonly requestId: string;
    readonly holdIds: readonly string[];
    readonly kept: Kept;
    readonly rules: readonly Rule[];
  };
  ConfirmErasure: { readonly requestId: string; readonly service: Service };
};

interface Open {
  readonly status: 'open';
  readonly request: Received;
  readonly receivedAt: string;
  /** When the clock began to run; undefined while it is not known who asks. */
  readonly runsFrom: string | undefined;
  readonly pauses: readonly Pause[];
  readonly pausedSince: string | undefined;
  readonly months: 1 | 3;
  readonly dueAt: string | undefined;
  readonly isOverdue: boolean;
  readonly isAcknowledged: boolean;
  readonly erasure: { readonly confirmed: readonly string[] } | undefined;
  readonly corrections: readonly RequestEvents['CorrectionNoted'][];
  readonly isWithdrawn: boolean;
}
type State = { readonly status: 'none' } | Open | (Omit<Open, 'status'> & { readonly status: 'answered' });

export const rightsRequest: Decider<State, RequestCommands, RequestEvents> = {
  category: 'request',
  initial: { status: 'none' },
  decide: {
    Receive: ({ isIdentityKnown, rules, ...request }, state, { occurredAt }) => {
      if (state.status !== 'none') return nothing;
      const fault = faultInRequest(request);
      if (fault) return refuse(...fault, rules);
      const runs = isIdentityKnown || !waitsForIdentity(request.kind);
      const due = runs ? { dueAt: dueOf(request, { runsFrom: occurredAt, pauses: [], months: 1 }) } : {};
      return [record('RequestReceived', { ...request, ...due }, ...rules)];
    },
    ConfirmIdentity: ({ requestId }, state, { occurredAt }) =>
      since(state, occurredAt, ({ runsFrom, request }) =>
        runsFrom !== undefined
          ? nothing
          : [
              record('IdentityConfirmed', {
                requestId,
                dueAt: dueOf(request, { runsFrom: occurredAt, pauses: [], months: 1 }),
              }),
            ],
      ),
    AskClarification: ({ requestId }, state, { occurredAt }) =>
      since(state, occurredAt, ({ pausedSince, request, dueAt }) => {
        if (pausedSince !== undefined) return nothing;
        const fault = faultInQuestion(request.kind, dueAt, occurredAt);
        return fault ? refuse(...fault) : [record('ClarificationAsked', { requestId })];
      }),
    TakeClarification: takeClarification,
    Extend: ({ requestId }, state, { occurredAt }) =>
      since(state, occurredAt, ({ request, runsFrom, pauses, months, dueAt }) => {
        if (months === 3) return nothing;
        const fault = faultInExtension(request.kind, dueAt, occurredAt);
        if (fault || runsFrom === undefined) return refuse(...(fault ?? NOT_RUNNING));
        return [record('RequestExtended', { requestId, dueAt: dueOf(request, { runsFrom, pauses, months: 3 }) })];
      }),
    AcknowledgeComplaint: ({ requestId }, state, { occurredAt }) =>
      since(state, occurredAt, ({ request, isAcknowledged, dueAt }) => {
        if (request.kind !== 'complaint') return refuse('NotAComplaint', 'Only a complaint is acknowledged.');
        return isAcknowledged
          ? nothing
          : [record('ComplaintAcknowledged', { requestId, lateBySeconds: lateness(dueAt, occurredAt) })];
      }),
    Answer: (answer, state, { occurredAt }) =>
      since(state, occurredAt, ({ request, runsFrom, dueAt, erasure, corrections, isWithdrawn }) => {
        const { outcome } = answer;
        const fault = faultInAnswer(request, corrections, isWithdrawn, answer);
        if (fault) return refuse(...fault);
        if (runsFrom === undefined && outcome !== 'refused')
          return refuse(
            'IdentityUnknown',
            'It is not known yet who asks: nothing is given to, or done for, a stranger.',
          );
        const isErased = erasure !== undefined && erasure.confirmed.length === HOLDERS.length;
        if (request.kind === 'erasure' && outcome !== 'refused' && !isErased)
          return refuse('NotErased', 'Not every service has destroyed what it holds yet.');
        const limit = request.kind === 'complaint' ? undefined : dueAt;
        return [record('RequestAnswered', { ...answer, lateBySeconds: lateness(limit, occurredAt) })];
      }),
    NoteCorrection: (correction, state) =>
      whileOpen(state, ({ request, receivedAt, corrections }) => {
        if (corrections.some(({ correctionId }) => correctionId === correction.correctionId)) return nothing;
        const fault = faultInCorrection(request, receivedAt, correction);
        return fault ? refuse(...fault) : [record('CorrectionNoted', correction)];
      }),
    TellRecipients: (told, state) => {
      if (state.status === 'none') return unknown();
      return state.corrections.length > 0 || state.erasure
        ? [record('RecipientsTold', told)]
        : refuse('NothingToTell', 'Others are told of what was corrected or erased, and nothing was so far.');
    },
    WithdrawObjection: ({ requestId }, state) => {
      if (state.status === 'none') return unknown();
      if (state.request.kind !== 'objection') return refuse('NotAnObjection', 'Only an objection is withdrawn.');
      return state.isWithdrawn ? nothing : [record('ObjectionWithdrawn', { requestId })];
    },
    DeclareOverdue: (data, state, { now }) =>
      state.status === 'open' &&
      !state.isOverdue &&
      !state.isAcknowledged &&
      state.dueAt === data.dueAt &&
      compareInstants(data.dueAt, now) <= 0
        ? [record('RequestOverdue', data)]
        : nothing,
    OrderErasure: orderErasure,
    ConfirmErasure: ({ requestId, service }, state) => {
      if (state.status === 'none' || !state.erasure || state.erasure.confirmed.includes(service)) return nothing;
      const confirmed = record('ErasureConfirmed', { requestId, service });
      const isLast = HOLDERS.every((holder) => holder === service || state.erasure!.confirmed.includes(holder));
      return isLast ? [confirmed, record('ErasureCompleted', { requestId })] : [confirmed];
    },
  },
  evolve: {
    RequestReceived: (_, request, { occurredAt }) => ({
      status: 'open',
      request,
      receivedAt: occurredAt,
      runsFrom: request.dueAt === undefined ? undefined : occurredAt,
      pauses: [],
      pausedSince: undefined,
      months: 1,
      dueAt: request.dueAt,
      isOverdue: false,
      isAcknowledged: false,
      erasure: undefined,
      corrections: [],
      isWithdrawn: false,
    }),
    IdentityConfirmed: (state, { dueAt }, { occurredAt }) => change(state, { dueAt, runsFrom: occurredAt }),
    ClarificationAsked: (state, _, { occurredAt }) => change(state, { pausedSince: occurredAt, dueAt: undefined }),
    ClarificationGiven: (state, { dueAt }, { occurredAt }) =>
      state.status === 'none' || state.pausedSince === undefined
        ? state
        : change(state, {
            dueAt,
            isOverdue: false,
            pausedSince: undefined,
            pauses: [...state.pauses, { from: state.pausedSince, to: occurredAt }],
          }),
    RequestExtended: (state, { dueAt }) => change(state, { dueAt, months: 3, isOverdue: false }),
    RequestOverdue: (state) => change(state, { isOverdue: true }),
    ComplaintAcknowledged: (state) => change(state, { isAcknowledged: true }),
    RequestAnswered: (state) => (state.status === 'open' ? { ...state, status: 'answered' } : state),
    ErasureRefused: (state) => state,
    ErasureOrdered: (state) => change(state, { erasure: { confirmed: [] } }),
    ErasureConfirmed: (state, { service }) =>
      state.status === 'none'
        ? state
        : change(state, { erasure: { confirmed: [...(state.erasure?.confirmed ?? []), service] } }),
    ErasureCompleted: (state) => state,
    CorrectionNoted: (state, correction) =>
      state.status === 'none' ? state : change(state, { corrections: [...state.corrections, correction] }),
    RecipientsTold: (state) => state,
    ObjectionWithdrawn: (state) => change(state, { isWithdrawn: true }),
  },
  deadlines: {
    RequestReceived: ({ requestId, dueAt }) => (dueAt ? [due(requestId, dueAt)] : []),
    IdentityConfirmed: ({ requestId, dueAt }) => [due(requestId, dueAt)],
    ClarificationAsked: () => [{ cancel: 'due' }],
    ClarificationGiven: ({ requestId, dueAt }) => [due(requestId, dueAt)],
    RequestExtended: ({ requestId, dueAt }) => [due(requestId, dueAt)],
    ComplaintAcknowledged: () => [{ cancel: 'due' }],
    RequestOverdue: () => [{ cancel: 'due' }],
    RequestAnswered: () => [{ cancel: 'due' }],
  },
};

const due = (requestId: string, dueAt: string) => ({
  schedule: 'due',
  dueAt,
  command: { name: 'DeclareOverdue', data: { requestId, dueAt } },
});

function change(state: State, to: Partial<Omit<Open, 'status'>>): State {
  return state.status === 'none' ? state : { ...state, ...to };
}

const unknown = (): Decision<RequestEvents> => refuse('RequestUnknown', 'No request of this id was received.');

function whileOpen(state: State, decide: (open: Open) => Decision<RequestEvents>): Decision<RequestEvents> {
  if (state.status === 'none') return unknown();
  return state.status === 'answered' ? refuse('RequestAnswered', 'The request has been answered.') : decide(state);
}

/** A step somebody took while the request was open, and not before it came: a slip that would move the clock. */
function since(state: State, at: string, decide: (open: Open) => Decision<RequestEvents>): Decision<RequestEvents> {
  return whileOpen(state, (open) =>
    compareInstants(at, open.receivedAt) < 0
      ? refuse('BeforeReceipt', 'That cannot have been before the request was received.')
      : decide(open),
  );
}

/** The clock runs on for what is left; for freedom of information it begins anew (section 1(3) and 10 of the act). */
function takeClarification(
  { requestId }: RequestCommands['TakeClarification'],
  state: State,
  { occurredAt }: Moment,
): Decision<RequestEvents> {
  return whileOpen(state, ({ request, runsFrom, pauses, pausedSince, months }) => {
    if (pausedSince === undefined) return nothing;
    if (compareInstants(occurredAt, pausedSince) < 0)
      return refuse('AnsweredBeforeAsked', 'The answer cannot have come before the question.');
    if (runsFrom === undefined) return refuse('IdentityUnknown', 'It is not known yet who asks.');
    const from = request.kind === 'freedom_of_information' ? occurredAt : runsFrom;
    const dueAt = dueOf(request, {
      runsFrom: from,
      pauses: [...pauses, { from: pausedSince, to: occurredAt }],
      months,
    });
    return [record('ClarificationGiven', { requestId, dueAt })];
  });
}

/** A hold on the person keeps everything about them (BR-61); otherwise all goes but what the law keeps item by item (AMZ-113). */
function orderErasure(
  { requestId, holdIds, kept, rules }: RequestCommands['OrderErasure'],
  state: State,
): Decision<RequestEvents> {
  return whileOpen(state, ({ request, runsFrom, erasure }) => {
    const { kind, personId } = request;
    if (kind !== 'erasure' || personId === undefined)
      return refuse('NotAnErasure', 'Only a request to erase a known person’s data leads to erasure.', rules);
    if (runsFrom === undefined) return refuse('IdentityUnknown', 'It is not known yet who asks.', rules);
    if (erasure) return nothing;
    if (holdIds.length > 0)
      return refuse<RequestEvents>(
        'UnderHold',
        'A hold covers the person: nothing about them may be erased until it is released.',
        rules,
        [record('ErasureRefused', { requestId, holdIds: [...holdIds] }, ...rules)],
      );
    return [record('ErasureOrdered', { requestId, personId, kept }, ...rules)];
  });
}
