/** What one person agreed to in one group: told first, asked second, free to take it back at any time. */
import type { ConsentPayloads, Rule } from '#events';
import { compareInstants } from '../calendar/calendar.js';
import { type Decider, type Decision, type Moment, type NewEventOf, nothing, record, refuse } from '../decider.js';

type About = { readonly personId: string; readonly groupId: string };
type Given = ConsentPayloads['ConsentGiven'];
type Method = Given['method'];
type Channel = ConsentPayloads['AlternativeChannelRecorded']['channel'];
type Because = ConsentPayloads['AlternativeChannelNeeded']['because'];
type Reason = ConsentPayloads['ConsentRecordingRefused']['reasons'][number];
type ConsentEvents = Pick<
  ConsentPayloads,
  | 'NoticePresented'
  | 'ConsentGiven'
  | 'ConsentRecordingRefused'
  | 'ConsentRefused'
  | 'ConsentWithdrawn'
  | 'ConsentExpired'
  | 'AlternativeChannelNeeded'
  | 'AlternativeChannelRecorded'
  | 'AlternativeChannelEnded'
  | 'NoticeDelivered'
  | 'NoticeDeliveryUndone'
>;
type AfterNo = { readonly needsAlternative: boolean; readonly rules: readonly Rule[] };

/** One stream for each person and group; the application derives its id from both. */
export type ConsentCommands = {
  PresentNotice: ConsentPayloads['NoticePresented'];
  /** `allowedMethods` empty: the profile asks for no consent, so any method will do. `recordedBy`: a person or a key. */
  GiveConsent: Given & {
    readonly allowedMethods: readonly Method[];
    readonly requiredItems: readonly string[];
    readonly rules: readonly Rule[];
    /** When what this consent is for ended, the activity or the group, where it has (UTC). */
    readonly purposeEndedAt?: string;
  };
  /** Issued by the deadline of a consent with a stated end. */
  DeclareExpired: About;
  /** What the consent was for is over since `endedAt` (UTC): the named activity, or without one the group. */
  EndPurpose: About & { readonly endedAt: string; readonly activityId?: string };
  RefuseConsent: About & AfterNo;
  WithdrawConsent: ConsentPayloads['ConsentWithdrawn'] & AfterNo;
  RecordAlternativeChannel: ConsentPayloads['AlternativeChannelRecorded'];
  /** The person was erased: nobody reaches them any more. */
  EndAlternativeChannel: About;
  /** A text reached somebody who is not in the group; `messageId` where a mail of ours did, else `attestedBy` says so (LD-13). */
  RecordDelivery: ConsentPayloads['NoticeDelivered'];
  /** The mail came back. */
  UndoDelivery: ConsentPayloads['NoticeDeliveryUndone'];
};

type Agreed = Pick<Given, 'noticeVersion' | 'agreementVersion' | 'purpose' | 'scope' | 'expiresAt' | 'activityId'> & {
  readonly at: string;
};
type State = {
  readonly notices: readonly {
    readonly version: string;
    readonly agreementVersion?: string;
    readonly items: readonly string[];
    readonly at: string;
  }[];
  /** What the person agreed to since they last said no; empty means that no consent is live. */
  readonly agreements: readonly Agreed[];
  /** The latest instant at which the person refused or withdrew. */
  readonly saidNoAt?: string;
  readonly stance: 'unasked' | 'agreed' | 'refused' | 'withdrawn' | 'expired';
  readonly alternative: 'none' | 'needed' | Channel;
  /** What reached the person otherwise, by mail or by word. */
  readonly deliveries: readonly ConsentPayloads['NoticeDelivered'][];
};

/** Whether the person agrees at this point of the stream; what MemberAdded asks (LD-09). */
export function isLive(state: State): boolean {
  return state.stance === 'agreed';
}

export const consent: Decider<State, ConsentCommands, ConsentEvents> = {
  category: 'consent',
  initial: { notices: [], agreements: [], stance: 'unasked', alternative: 'none', deliveries: [] },
  decide: {
    PresentNotice: (notice, state, { occurredAt }) =>
      wasPresented(state, notice, occurredAt) ? nothing : [record('NoticePresented', notice)],
    GiveConsent: giveConsent,
    /** A refusal by somebody who had agreed takes the agreement back. */
    RefuseConsent: (wish, state, moment) =>
      isLive(state) ? withdraw({ ...wish, reason: 'asked' }, state, moment) : refuseToJoin(wish, state),
    WithdrawConsent: withdraw,
    DeclareExpired: declareExpired,
    EndPurpose: endPurpose,
    /** Also for whoever cannot join for want of the app: no refusal has to come first (LD-13). */
    RecordAlternativeChannel: (data, state) =>
      state.alternative === data.channel ? nothing : [record('AlternativeChannelRecorded', data)],
    EndAlternativeChannel: (about, { alternative }) =>
      alternative === 'none' ? nothing : [record('AlternativeChannelEnded', about)],
    RecordDelivery: (data, { deliveries }) =>
      deliveries.some((one) => isSameDelivery(one, data)) ? nothing : [record('NoticeDelivered', data)],
    UndoDelivery: (data, { deliveries }) =>
      deliveries.some(({ messageId }) => messageId === data.messageId)
        ? [record('NoticeDeliveryUndone', data)]
        : nothing,
  },
  evolve: {
    NoticePresented: (state, { noticeVersion, agreementVersion, items }, { occurredAt }) => ({
      ...state,
      notices: [...state.notices, { version: noticeVersion, agreementVersion, items, at: occurredAt }],
    }),
    /** Whoever agrees is reached in the group again, so an alternative that was needed is needed no more. */
    ConsentGiven: (
      state,
      { noticeVersion, agreementVersion, purpose, scope, expiresAt, activityId },
      { occurredAt: at },
    ) => ({
      ...state,
      stance: 'agreed',
      agreements: [...state.agreements, { noticeVersion, agreementVersion, purpose, scope, expiresAt, activityId, at }],
      alternative: 'none',
    }),
    ConsentRecordingRefused: (state) => state,
    ConsentRefused: (state, _, { occurredAt }) => ({ ...saidNo(state, occurredAt), stance: 'refused' }),
    ConsentWithdrawn: (state, _, { occurredAt }) => ({ ...saidNo(state, occurredAt), stance: 'withdrawn' }),
    /** Nobody said no: whoever agrees again may name any earlier time. */
    ConsentExpired: (state) => ({ ...state, agreements: [], stance: 'expired' }),
    AlternativeChannelNeeded: (state) => ({ ...state, alternative: 'needed' }),
    AlternativeChannelRecorded: (state, { channel }) => ({ ...state, alternative: channel }),
    AlternativeChannelEnded: (state) => ({ ...state, alternative: 'none' }),
    NoticeDelivered: (state, delivery) => ({ ...state, deliveries: [...state.deliveries, delivery] }),
    NoticeDeliveryUndone: (state, { messageId }) => ({
      ...state,
      deliveries: state.deliveries.filter((one) => one.messageId !== messageId),
    }),
  },
  deadlines: {
    ConsentGiven: ({ personId, groupId, expiresAt: dueAt }) =>
      dueAt === undefined
        ? [letRun]
        : [{ schedule: EXPIRY, dueAt, command: { name: 'DeclareExpired', data: { personId, groupId } } }],
    ConsentWithdrawn: () => [letRun],
    ConsentExpired: () => [letRun],
  },
};

const EXPIRY = 'expiry';
const letRun = { cancel: EXPIRY } as const;

/** The end that was stated when the person agreed last; recorded once, however late the deadline fires. */
function declareExpired({ personId, groupId }: About, state: State, { now }: Moment): Decision<ConsentEvents> {
  const expiredAt = state.agreements.at(-1)?.expiresAt;
  if (!isLive(state) || expiredAt === undefined || compareInstants(expiredAt, now) > 0) return nothing;
  return [record('ConsentExpired', { personId, groupId, because: 'stated_end' as const, expiredAt })];
}

/** A consent lasts no longer than what it was given for: the activity it names, and the group in any case. */
function endPurpose({ personId, groupId, endedAt, activityId }: ConsentCommands['EndPurpose'], state: State) {
  const latest = state.agreements.at(-1);
  if (!latest || (activityId !== undefined && latest.activityId !== activityId)) return nothing;
  const expiredAt = compareInstants(endedAt, latest.at) < 0 ? latest.at : endedAt;
  const because = activityId === undefined ? ('group_closed' as const) : ('activity_ended' as const);
  return [record('ConsentExpired', { personId, groupId, because, expiredAt })];
}

/**
 * Consent counts when its method is one the profile allows (LD-10), a notice of that version with every required item
 * came before it (LD-11), and the person has not said no since. What a live agreement covers already is nothing new.
 */
function giveConsent(wish: ConsentCommands['GiveConsent'], state: State, moment: Moment): Decision<ConsentEvents> {
  if (isCovered(wish, state)) return nothing;
  const { allowedMethods: _, requiredItems: __, purposeEndedAt: ___, rules, ...given } = wish;
  const faults = faultsOf(wish, state, moment.occurredAt);
  const [first] = faults;
  if (!first) return [record('ConsentGiven', given, ...rules)];
  const { personId, groupId, noticeVersion, method } = wish;
  const reasons = faults.map(({ reason }) => reason);
  const evidence = record('ConsentRecordingRefused', { personId, groupId, noticeVersion, method, reasons }, ...rules);
  return refuse<ConsentEvents>(first.reason, faults.map(({ because }) => because).join(' '), rules, [evidence]);
}

function isCovered(wish: Given, { agreements }: State): boolean {
  const same = ['noticeVersion', 'agreementVersion', 'purpose', 'expiresAt', 'activityId'] as const;
  return agreements.some(
    (agreed) =>
      same.every((part) => agreed[part] === wish[part]) && wish.scope.every((part) => agreed.scope.includes(part)),
  );
}

function faultsOf(
  {
    noticeVersion,
    agreementVersion,
    method,
    allowedMethods,
    requiredItems,
    purposeEndedAt,
  }: ConsentCommands['GiveConsent'],
  { notices, saidNoAt }: State,
  at: string,
): { reason: Reason; because: string }[] {
  const faults: { reason: Reason; because: string }[] = [];
  const isAgreedOn = (notice: State['notices'][number]) =>
    notice.version === noticeVersion && (!agreementVersion || notice.agreementVersion === agreementVersion);
  const told = notices.filter((notice) => isAgreedOn(notice) && compareInstants(notice.at, at) <= 0);
  const missing = told.map(({ items }) => requiredItems.filter((item) => !items.includes(item)));
  if (told.length === 0)
    faults.push({ reason: 'NoticeNotPresented', because: 'The notice was not presented before the consent.' });
  else if (missing.every((items) => items.length > 0))
    faults.push({ reason: 'NoticeIncomplete', because: `The notice lacked: ${missing[0]!.join(', ')}.` });
  if (allowedMethods.length > 0 && !allowedMethods.includes(method))
    faults.push({ reason: 'MethodNotAllowed', because: `The profile does not accept consent of the kind ${method}.` });
  if (purposeEndedAt !== undefined && compareInstants(purposeEndedAt, at) <= 0)
    faults.push({
      reason: 'PurposeOver',
      because: 'What this consent is for is over: the activity has ended, or the group is closed.',
    });
  if (saidNoAt && compareInstants(at, saidNoAt) < 0)
    faults.push({ reason: 'ConsentOutdated', because: 'The person has refused or withdrawn since this consent.' });
  return faults;
}

function refuseToJoin({ personId, groupId, needsAlternative, rules }: ConsentCommands['RefuseConsent'], state: State) {
  if (state.stance === 'refused') return nothing;
  return [
    record('ConsentRefused', { personId, groupId }, ...rules),
    ...reachOtherwise({ personId, groupId, because: 'refused' }, { needsAlternative, rules }, state),
  ];
}

/**
 * Taking consent back is as easy as giving it: nothing stands in the way of a person who asks. A removal or departure
 * that lies before the consent is old news about an earlier membership and leaves it alone. With no consent to take
 * back there may still be a person to be reached (LD-13).
 */
function withdraw(wish: ConsentCommands['WithdrawConsent'], state: State, { occurredAt }: Moment) {
  const { personId, groupId, reason, rules } = wish;
  const because: Because = reason === 'removed' ? 'removed' : 'withdrawn';
  const events: NewEventOf<ConsentEvents>[] = reachOtherwise({ personId, groupId, because }, wish, state);
  if (!isLive(state)) return events;
  const isOldNews = reason !== 'asked' && state.agreements.some(({ at }) => compareInstants(occurredAt, at) < 0);
  return isOldNews ? nothing : [record('ConsentWithdrawn', { personId, groupId, reason }, ...rules), ...events];
}

/** The same mail, or the same text by the same way said again. */
function isSameDelivery(one: ConsentPayloads['NoticeDelivered'], other: ConsentPayloads['NoticeDelivered']): boolean {
  return (
    one.messageId === other.messageId &&
    (one.messageId !== undefined || (one.channel === other.channel && one.textVersion === other.textVersion))
  );
}

function reachOtherwise(need: ConsentPayloads['AlternativeChannelNeeded'], after: AfterNo, { alternative }: State) {
  return after.needsAlternative && alternative === 'none'
    ? [record('AlternativeChannelNeeded', need, ...after.rules)]
    : [];
}

function wasPresented(state: State, notice: ConsentPayloads['NoticePresented'], at: string): boolean {
  return state.notices.some(
    ({ version, agreementVersion, items, at: earlier }) =>
      version === notice.noticeVersion &&
      agreementVersion === notice.agreementVersion &&
      compareInstants(earlier, at) <= 0 &&
      notice.items.every((item) => items.includes(item)),
  );
}

function saidNo(state: State, at: string): State {
  const isLatest = !state.saidNoAt || compareInstants(at, state.saidNoAt) > 0;
  return { ...state, agreements: [], saidNoAt: isLatest ? at : state.saidNoAt };
}
