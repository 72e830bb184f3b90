/**
 * Every date rule of the product, in one place.
 *
 * An instant is text in the house form `2026-05-09T21:00:00.000Z`: UTC, milliseconds, a trailing Z. House-form texts
 * sort as the instants they stand for. Functions that take an instant accept any RFC 3339 text and throw a RangeError
 * on anything else: input from outside goes through `parseInstant` first.
 */
import { Temporal } from 'temporal-polyfill';

/** The zone of the five guidance documents, all of them British. An organisation may state its own. */
export const DEFAULT_TIME_ZONE = 'Europe/London';

/** A window of wall-clock times, `HH:MM`, from the first up to but not including the last; it may span midnight. */
export type QuietHours = { readonly from: string; readonly to: string };

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const EARLIEST = Temporal.Instant.from('1900-01-01T00:00:00Z');
const LATEST = Temporal.Instant.from('2201-01-01T00:00:00Z');

/**
 * Reads an RFC 3339 date-time that states its offset.
 * @returns the same instant in the house form, finer fractions cut to milliseconds; null where the text is malformed,
 * names no day of the calendar, or lies before 1900 or after 2200 in UTC (a slip of the pen, not a date of ours).
 */
export function parseInstant(text: string): string | null {
  if (!RFC_3339.test(text)) return null;
  if (isHouseForm(text)) return text;
  try {
    const instant = Temporal.Instant.from(text.toUpperCase());
    const isAbsurd = Temporal.Instant.compare(instant, EARLIEST) < 0 || Temporal.Instant.compare(instant, LATEST) >= 0;
    return isAbsurd ? null : houseForm(instant);
  } catch {
    return null;
  }
}

const HOUSE_FORM =
  /^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
/** Every month has so many days. */
const SHORTEST_MONTH = 28;

/** Most instants that come in are in the house form already, and this says so in a small part of the time. */
function isHouseForm(text: string): boolean {
  if (!HOUSE_FORM.test(text)) return false;
  if (Number(text.slice(8, 10)) <= SHORTEST_MONTH) return true;
  // A day that the month lacks is read as one of the next month: then it is another text.
  const milliseconds = Date.parse(text);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === text;
}

/** Whether `parseInstant` can read this value. */
export function isInstant(value: unknown): value is string {
  return typeof value === 'string' && parseInstant(value) !== null;
}

/**
 * Adds an ISO 8601 duration such as `P2D`, `PT1H` or `P1Y`.
 *
 * Hours, minutes and seconds are elapsed time. Days, weeks, months and years keep the wall-clock time of `timeZone`, so
 * that a two-day period which crosses a clock change still ends at the hour it began. A day the month lacks becomes its
 * last day: 29 February plus years falls on 28 February. A wall-clock time the spring change skips moves an hour on;
 * of one the autumn change repeats, the first is meant. Source: the product's timer rules, which make S1 and S10 come
 * out (LD-05, BR-57).
 * @returns the instant in the house form
 * @throws RangeError on a malformed instant, duration or zone
 */
export function addDuration(instantIso: string, isoDuration: string, timeZone = DEFAULT_TIME_ZONE): string {
  const start = Temporal.Instant.from(instantIso).toZonedDateTimeISO(timeZone);
  return houseForm(start.add(Temporal.Duration.from(isoDuration), { overflow: 'constrain' }).toInstant());
}

/** The midnight that ends a day (`YYYY-MM-DD`) in the zone, in the house form. Throws a RangeError on anything else. */
export function endOfDay(day: string, timeZone = DEFAULT_TIME_ZONE): string {
  return houseForm(Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone).toInstant());
}

/** The day so many intervals after a first one, counted from the first: 29 February plus four years is 29 February again. */
export function nthDay(first: string, every: string, count: number): string {
  const { years, months, weeks, days } = Temporal.Duration.from(every);
  const step = { years: years * count, months: months * count, weeks: weeks * count, days: days * count };
  return Temporal.PlainDate.from(first).add(step, { overflow: 'constrain' }).toString();
}

/** An instant as the clocks of the zone show it, with their offset: `2026-05-09T22:00:00+01:00`. */
export function onTheClock(instantIso: string, timeZone = DEFAULT_TIME_ZONE): string {
  const local = Temporal.Instant.from(instantIso).toZonedDateTimeISO(timeZone);
  return local.toString({ timeZoneName: 'never', smallestUnit: 'second' });
}

/** Orders two instants: -1 where `a` is earlier, 1 where it is later, 0 where they are the same, whatever the offsets. */
export function compareInstants(a: string, b: string): -1 | 0 | 1 {
  const order = Temporal.Instant.compare(Temporal.Instant.from(a), Temporal.Instant.from(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/** Whole seconds by which an instant lies after a limit, 0 where it does not. Both in the house form. */
export function secondsLate(dueAt: string, at: string): number {
  return Math.max(0, Math.floor((Date.parse(at) - Date.parse(dueAt)) / 1000));
}

/**
 * Full years of age at an instant, by the calendar day it is in `timeZone`.
 *
 * An age is reached when the birthday begins (Family Law Reform Act 1969, section 9). Somebody born on 29 February
 * reaches it on 1 March of a common year: British practice, and the cautious reading for a minimum age (LD-08, CN-16),
 * since nobody is let in a day early.
 * @param dateOfBirth `YYYY-MM-DD`
 * @returns years; negative for a birth that is yet to come
 * @throws RangeError on a malformed date, without repeating it: a date of birth belongs in no message
 */
export function ageOn(dateOfBirth: string, instantIso: string, timeZone = DEFAULT_TIME_ZONE): number {
  const born = readDate(dateOfBirth);
  const day = Temporal.Instant.from(instantIso).toZonedDateTimeISO(timeZone).toPlainDate();
  const isBeforeBirthday = day.month < born.month || (day.month === born.month && day.day < born.day);
  return day.year - born.year - (isBeforeBirthday ? 1 : 0);
}

/**
 * Whether an instant falls within quiet hours on the wall clock of `timeZone` (HSU-16, AMZ-037, AMZ-105).
 * A window that ends where it begins is empty.
 */
export function withinQuietHours(instantIso: string, hours: QuietHours, timeZone = DEFAULT_TIME_ZONE): boolean {
  const clock = Temporal.Instant.from(instantIso).toZonedDateTimeISO(timeZone).toPlainTime().toString().slice(0, 5);
  const { from, to } = hours;
  return from <= to ? from <= clock && clock < to : from <= clock || clock < to;
}

function readDate(text: string): Temporal.PlainDate {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.PlainDate.from(text);
  } catch {
    // The cause quotes the text, so it goes no further.
  }
  throw new RangeError('The date of birth is not a calendar date of the form YYYY-MM-DD');
}

function houseForm(instant: Temporal.Instant): string {
  return instant.toString({ fractionalSecondDigits: 3, roundingMode: 'trunc' });
}
