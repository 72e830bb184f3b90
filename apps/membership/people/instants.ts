import { parseInstant } from '#domain';
import { invalid } from '#nest';

/** The instant in the house form. Throws the problem that names the field where it is none, or one of another age. */
export function instantIn(field: string, text: string): string {
  const instant = parseInstant(text);
  if (instant === null) throw invalid([{ field, rule: 'must be an RFC 3339 date-time between 1900 and 2200' }]);
  return instant;
}

/** When something happened by the caller's account: now when left out, never later than now. */
export function pastInstantIn(field: string, text: string | undefined, now: string): string {
  if (text === undefined) return now;
  const instant = instantIn(field, text);
  if (instant > now) throw invalid([{ field, rule: 'must not be in the future' }]);
  return instant;
}
