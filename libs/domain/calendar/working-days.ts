/** Working days of the parts of the United Kingdom, and the limits the law counts in months from a day of receipt. */
import Holidays from 'date-holidays';
import { Temporal } from 'temporal-polyfill';
import { DEFAULT_TIME_ZONE } from './calendar.js';

/** Each part of the country has bank holidays of its own (Banking and Financial Dealings Act 1971, and its orders). */
export const regions = ['england_and_wales', 'scotland', 'northern_ireland'] as const;
export type Region = (typeof regions)[number];

const calendars: Readonly<Record<Region, Holidays>> = {
  england_and_wales: new Holidays('GB', 'ENG'),
  scotland: new Holidays('GB', 'SCT'),
  northern_ireland: new Holidays('GB', 'NIR'),
};
/** Days proclaimed for once that the calendar library does not know yet. 15 June 2026: for the football world cup. */
const proclaimed: Readonly<Partial<Record<Region, readonly string[]>>> = { scotland: ['2026-06-15'] };
const known = new Map<string, ReadonlySet<string>>();

/** Weekdays that are no bank holidays of the region. `day` is `YYYY-MM-DD`; throws a RangeError on anything else. */
export function isWorkingDay(day: string, region: Region): boolean {
  const date = Temporal.PlainDate.from(day);
  return date.dayOfWeek <= 5 && !bankHolidays(date.year, region).has(date.toString());
}

function bankHolidays(year: number, region: Region): ReadonlySet<string> {
  const key = `${region} ${year}`;
  const found = known.get(key);
  if (found) return found;
  const days = calendars[region]
    .getHolidays(year)
    .filter(({ type }) => type === 'public' || type === 'bank')
    .map(({ date }) => date.slice(0, 10));
  const set = new Set([...days, ...(proclaimed[region] ?? [])]);
  known.set(key, set);
  return set;
}

/** The instant a limit of so many working days after an instant's own day ends: the midnight that ends the last one, ISO 8601 UTC. */
export function workingDaysAfter(instant: string, count: number, region: Region, timeZone = DEFAULT_TIME_ZONE): string {
  let day = dayIn(instant, timeZone);
  for (let left = count; left > 0;) {
    day = day.add({ days: 1 });
    if (isWorkingDay(day.toString(), region)) left -= 1;
  }
  return endOf(day, timeZone);
}

/**
 * The instant a limit of so many days ends: the midnight that ends the last of them, counted from the day after an instant's own day;
 * an end on a weekend or a bank holiday moves to the next working day. ISO 8601 UTC.
 */
export function daysAfter(instant: string, count: number, region: Region, timeZone = DEFAULT_TIME_ZONE): string {
  return endOf(workingDayFrom(dayIn(instant, timeZone).add({ days: count }), region), timeZone);
}

const dayIn = (instant: string, timeZone: string) =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate();

/** The day, or the first working day after it. */
function workingDayFrom(first: Temporal.PlainDate, region: Region): Temporal.PlainDate {
  let day = first;
  while (!isWorkingDay(day.toString(), region)) day = day.add({ days: 1 });
  return day;
}

function endOf(day: Temporal.PlainDate, timeZone: string): string {
  return day.add({ days: 1 }).toZonedDateTime(timeZone).toInstant().toString({ fractionalSecondDigits: 3 });
}

/** A time during which the clock stood still: somebody was asked who they are, or what they mean, and had yet to answer. */
export interface Pause {
  /** When they were asked, and when they answered; ISO 8601 UTC. */
  readonly from: string;
  readonly to: string;
}

/** What a limit of the UK GDPR, article 12(3), is counted from. */
export interface StatutoryTerm {
  /** When the request, or what was needed to know who asks, was received; ISO 8601 UTC. */
  readonly receivedAt: string;
  /** One month, or three where the time was extended by two further months. */
  readonly months: 1 | 3;
  readonly pauses: readonly Pause[];
  readonly region: Region;
  readonly timeZone?: string;
}

/**
 * The last day of the time to answer, and the instant it ends.
 *
 * A month runs from the day of receipt to the day of the same number in the next one, or to its last day where it has
 * none; days on which the clock stood still are added; an end on a weekend or a bank holiday moves to the next working
 * day. Source: UK GDPR article 12(3) as the Information Commissioner reads it, and Regulation 1182/71.
 * @returns `day` as `YYYY-MM-DD`; `dueAt` is the midnight that ends it in the zone, ISO 8601 UTC
 */
export function statutoryDue({ receivedAt, months, pauses, region, timeZone = DEFAULT_TIME_ZONE }: StatutoryTerm): {
  readonly day: string;
  readonly dueAt: string;
} {
  const dayOf = (instant: string) => dayIn(instant, timeZone);
  const stoodStill = pauses.reduce((days, { from, to }) => days + dayOf(from).until(dayOf(to)).days, 0);
  const last = dayOf(receivedAt).add({ months }, { overflow: 'constrain' }).add({ days: stoodStill });
  const day = workingDayFrom(last, region);
  return { day: day.toString(), dueAt: endOf(day, timeZone) };
}
