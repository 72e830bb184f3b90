import { Type } from 'typebox';
import { isInstant, parseInstant } from '#domain';
import { checked, cursorKey, invalid } from '#nest';

/** An instant a client named, in UTC. Throws the 400 for one that is none. `field` is where it stood, such as `body/startsAt`. */
export function instantIn(field: string, text: string): string {
  const instant = parseInstant(text);
  if (instant === null) throw invalid([{ field, rule: 'must be an RFC 3339 date-time between 1900 and 2200' }]);
  return instant;
}

/** The same for something that has happened: throws the 400 as well for an instant yet to come. `now` is the transaction's own. */
export function pastInstantIn(field: string, text: string, now: string): string {
  const instant = instantIn(field, text);
  if (instant > now) throw invalid([{ field, rule: 'must not lie in the future' }]);
  return instant;
}

const Cursor = Type.Tuple([
  Type.Refine(Type.String(), isInstant, () => 'must be an instant'),
  Type.String({ format: 'uuid' }),
]);

/** Where a list by instant and id goes on; undefined at its start. Throws the 400 for a cursor that is not ours. */
export function cursorAfter(cursor: string | undefined): [string, string] | undefined {
  const key = cursorKey(cursor, 2);
  return key && (checked(Cursor, key, 'query/cursor') as [string, string]);
}
