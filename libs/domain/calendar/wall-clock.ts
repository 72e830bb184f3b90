import { Temporal } from 'temporal-polyfill';

/** A time as a clock on the wall shows it; months from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY = 86_400_000;

/**
 * Reads wall-clock times of one zone into instants in the house form, many of them fast: the offset of a day without a clock change
 * is looked up once. A time the spring change skips moves an hour on; of one the autumn change repeats, the first is meant.
 * @throws RangeError on an unknown zone, and on a day the calendar has not
 */
export function wallClock(timeZone: string): (wall: WallTime) => string {
  let known = { day: Number.NaN, offset: 0 as number | undefined };
  const offsetOf = (day: number) => {
    if (known.day === day) return known.offset;
    const [first, last] = [day, day + DAY].map((at) => offsetAt(at, timeZone));
    known = { day, offset: first === last ? first : undefined };
    return known.offset;
  };
  return (wall) => {
    const { year, month, day, hour, minute, second } = wall;
    const midnight = Date.UTC(year, month - 1, day);
    if (new Date(midnight).getUTCDate() !== day) throw new RangeError('The calendar has no such day');
    const offset = offsetOf(midnight);
    if (offset !== undefined)
      return new Date(midnight + ((hour * 60 + minute) * 60 + second) * 1000 - offset).toISOString();
    const local = Temporal.PlainDateTime.from(wall, { overflow: 'reject' });
    return new Date(local.toZonedDateTime(timeZone).epochMilliseconds).toISOString();
  };
}

/** How far the zone is ahead of UTC (ms) when its walls show what UTC would show at `at`. */
function offsetAt(at: number, timeZone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO('UTC').toPlainDateTime();
  return at - local.toZonedDateTime(timeZone).epochMilliseconds;
}
