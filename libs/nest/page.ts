import { Type, type Static, type TSchema, type TTuple } from 'typebox';
import { validate } from 'uuid';
import { parseInstant } from '#domain';
import { invalid } from './problem.js';
import { checked } from './unit-of-work.js';

/** Query fields of every list. */
export const PageQuery = {
  cursor: Type.Optional(Type.String({ maxLength: 500, description: 'The `next` of the page before; opaque.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: 'Rows a page, 50 unless said.' })),
};

/** The form of a page in the document. */
export const pageOf = (item: TSchema) =>
  Type.Object({ items: Type.Array(item), next: Type.Union([Type.String(), Type.Null()]) });

/** One page: ask the database for `limit + 1` rows; `keyOf` gives the sort key that the cursor carries. */
export function page<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly (string | number)[],
): { items: T[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    next: rows.length > limit && last ? Buffer.from(JSON.stringify(keyOf(last))).toString('base64url') : null,
  };
}

/** The fields of a row that can be part of its sort key. */
type SortField<Row> = { [F in keyof Row]: Row[F] extends string | number ? F : never }[keyof Row];

/**
 * The page that a query asks for, 50 rows unless said. `after` reads in the cursor where it starts, `find` the rows from there that the
 * rest of the query asks for, up to the limit it is told; `key` names the fields they are sorted by, or gives their values. Throws the problem for
 * a cursor that is not ours.
 */
export async function listed<Asked extends { cursor?: string; limit?: number }, Place, Row>(
  query: Asked,
  after: (cursor: string | undefined) => Place,
  find: (part: Omit<Asked, 'cursor' | 'limit'> & { after: Place; limit: number }) => Promise<readonly Row[]>,
  key: readonly SortField<Row>[] | ((row: Row) => readonly (string | number)[]),
): Promise<{ items: Row[]; next: string | null }> {
  const { cursor, limit = 50, ...rest } = query;
  const keyOf = typeof key === 'function' ? key : (row: Row) => key.map((field) => row[field] as string | number);
  return page(await find({ ...rest, after: after(cursor), limit: limit + 1 }), limit, keyOf);
}

/** The sort key in a cursor. Throws the problem for one that is not ours. */
export function cursorKey(cursor: string | undefined, parts: number): (string | number)[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(key) &&
      key.length === parts &&
      key.every((part) => typeof part === 'string' || typeof part === 'number')
    )
      return key;
  } catch {
    // answered below like any cursor that is not ours
  }
  throw notOurs();
}

/** The id after which a page starts; null for the first. Throws the problem for a cursor that is not ours. */
export function afterId(cursor: string | undefined): string | null {
  const [id] = cursorKey(cursor, 1) ?? [];
  if (id === undefined) return null;
  if (!validate(id)) throw notOurs();
  return String(id);
}

/** The instant and the id after which a page starts; undefined for the first. Throws the problem for a cursor that is not ours. */
export function afterInstant(cursor: string | undefined): readonly [string, string] | undefined {
  const [at, id] = cursorKey(cursor, 2) ?? [];
  if (at === undefined) return undefined;
  const instant = parseInstant(String(at));
  if (instant === null || !validate(id)) throw notOurs();
  return [instant, String(id)];
}

/** Reads a cursor whose sort key has this form, undefined for the first page. Throws the problem for a cursor that is not ours. */
export const afterKey =
  <Form extends TTuple>(form: Form) =>
  (cursor: string | undefined): Static<Form> | undefined => {
    const key = cursorKey(cursor, form.items.length);
    return key && (checked(form, key, 'query/cursor') as Static<Form>);
  };

const notOurs = () => invalid([{ field: 'query/cursor', rule: 'must be the next of an earlier page' }]);
