import { Temporal } from 'temporal-polyfill';
import { parseInstant } from '#domain';

const LOCAL = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads `2026-05-07 22:00` on the wall clock of `zone`, or RFC 3339 with an offset, into the house form (UTC).
 * @returns undefined for a text that is no time at all
 * @throws Error for a time the wall clock skips or shows twice: which one is meant has to be said by an offset
 */
export function instantOf(text: string, zone: string): string | undefined {
  if (INSTANT.test(text)) return parseInstant(text.replace(' ', 'T')) ?? undefined;
  if (!LOCAL.test(text)) return undefined;
  let local: Temporal.PlainDateTime;
  try {
    local = Temporal.PlainDateTime.from(text.replace(' ', 'T'));
  } catch {
    return undefined;
  }
  try {
    return parseInstant(local.toZonedDateTime(zone, { disambiguation: 'reject' }).toInstant().toString()) ?? undefined;
  } catch {
    throw new Error(
      `${text} does not happen, or happens twice, in ${zone}: state it with an offset, such as ${text.replace(' ', 'T')}:00+01:00`,
    );
  }
}

/** An instant as the wall clock of `zone` shows it, `2026-05-07 22:00`; seconds only where there are any. */
export function wallClock(instant: string, zone: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toPlainDateTime();
  return local
    .toString({ smallestUnit: local.second === 0 && local.millisecond === 0 ? 'minute' : 'millisecond' })
    .replace('T', ' ');
}

/** Every time anywhere in a value, as `instantOf` reads it; everything else stays as it is. */
export function withInstants(value: unknown, zone: string): unknown {
  if (typeof value === 'string') return instantOf(value, zone) ?? value;
  if (Array.isArray(value)) return value.map((item) => withInstants(item, zone));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withInstants(field, zone)]));
}
