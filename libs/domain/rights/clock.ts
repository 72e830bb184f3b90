/** The time the law gives to answer: when it begins, when it stands still, and by when it may be told that it is longer. */
import type { RetentionPayloads } from '#events';
import { compareInstants, secondsLate } from '../calendar/calendar.js';
import { daysAfter, type Pause, statutoryDue, workingDaysAfter } from '../calendar/working-days.js';

type Received = RetentionPayloads['RequestReceived'];
type Kind = Received['kind'];
/** A refusal's code and its sentence; undefined where nothing is wrong. */
type Fault = readonly [code: string, because: string];

export const NOT_RUNNING: Fault = ['ClockNotRunning', 'The time to answer does not run at the moment.'];

/**
 * Whether the time begins only when it is known who asks: of the rights over one's own data. A complaint is acknowledged whoever
 * it is from, and freedom of information is anybody's.
 */
export const waitsForIdentity = (kind: Kind): boolean => kind !== 'complaint' && kind !== 'freedom_of_information';

/**
 * The end of the time to answer: a calendar month (UK GDPR, article 12(3)); twenty working days from the day after
 * receipt (Freedom of Information Act 2000, section 10); for a complaint thirty days to acknowledge it, counted from the day
 * after receipt as the Information Commissioner reads it (Data Protection Act 2018, section 164A). ISO 8601 UTC.
 */
export function dueOf(
  { kind, region, timeZone }: Pick<Received, 'kind' | 'region' | 'timeZone'>,
  {
    runsFrom,
    pauses,
    months,
  }: { readonly runsFrom: string; readonly pauses: readonly Pause[]; readonly months: 1 | 3 },
): string {
  if (kind === 'complaint') return daysAfter(runsFrom, 30, region, timeZone);
  if (kind === 'freedom_of_information') return workingDaysAfter(runsFrom, 20, region, timeZone);
  return statutoryDue({ receivedAt: runsFrom, months, pauses, region, timeZone }).dueAt;
}

/** Why a question to the person does not stop the clock. `dueAt`: undefined while the clock does not run. */
export function faultInQuestion(kind: Kind, dueAt: string | undefined, askedAt: string): Fault | undefined {
  if (kind === 'complaint') return ['ClockDoesNotPause', 'A complaint is acknowledged whatever is unclear about it.'];
  if (dueAt === undefined) return NOT_RUNNING;
  return compareInstants(dueAt, askedAt) <= 0
    ? ['TooLateToAsk', 'The time to answer was over by then, and a question does not bring it back.']
    : undefined;
}

/** Why the time is not extended: for a right that knows none, or told after the first month (UK GDPR, article 12(3)). */
export function faultInExtension(kind: Kind, dueAt: string | undefined, toldAt: string): Fault | undefined {
  if (kind === 'complaint' || kind === 'freedom_of_information')
    return ['NotExtendable', 'The time for this kind of request cannot be extended.'];
  if (dueAt === undefined) return NOT_RUNNING;
  return compareInstants(dueAt, toldAt) <= 0
    ? ['TooLateToExtend', 'The person has to be told of an extension within the first month.']
    : undefined;
}

/** By how many seconds it is late; what has no limit is never late. */
export const lateness = (dueAt: string | undefined, at: string): number =>
  dueAt === undefined ? 0 : secondsLate(dueAt, at);
