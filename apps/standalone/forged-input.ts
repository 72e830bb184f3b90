import * as fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

/** As much of JSON Schema as the product's API documents. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** Text that has hurt others: what a database, a page, a spreadsheet, a reader or a loop stumbles over. */
export const NASTY = [
  '\u0000',
  'before\u0000after',
  '\ud800',
  '\u202egro.elpmaxe@ecila',
  'مرحبا \u200f بالعالم',
  '👩‍👩‍👧‍👦🇬🇧',
  'Z͑ͫa̴l̵g̶o̷',
  '<script>alert(1)</script>',
  '"; drop table events; --',
  "' or '1'='1",
  '=HYPERLINK("http://x.example")',
  '{{7*7}}<%= it %>${1}',
  '%00%0d%0aSet-Cookie: x=1',
  '../../etc/passwd',
  ' ',
  '\t\r\n',
  '\ufeff',
  'constructor',
  '__proto__',
  '-0',
  '1e999',
];

const INSTANTS = [
  '2026-01-01T09:00:00.000Z',
  '2025-12-24T10:00:00+01:00',
  '2024-02-29T23:59:59.999Z',
  '1900-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '2016-12-31T23:59:60Z',
  '2026-01-01T00:00:00.123456789+14:00',
  '2026-03-29T01:30:00-23:59',
];

/** Values that are known to fit a field of this name, such as the ids of what there is; for ids never none. */
export type Ids = (name: string) => readonly string[];

/** Values of a schema that a client might send in a field of this name. Strings that have no form are nasty ones. */
export function valuesOf(schema: Schema, ids: Ids, name = ''): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valuesOf(one, ids, name)));
  const of: Readonly<Record<string, () => Arbitrary<unknown>>> = {
    object: () => objectsOf(schema, ids),
    array: () => arraysOf(schema, ids, name),
    string: () => stringsOf(schema, ids, name),
    integer: () => numbersOf(schema),
    number: () => numbersOf(schema),
    boolean: () => fc.boolean(),
    null: () => fc.constant(null),
  };
  return (of[schema.type ?? ''] ?? (() => fc.constantFrom<unknown>(...NASTY, 0, null, [], {})))();
}

function objectsOf({ properties = {}, patternProperties = {}, required = [] }: Schema, ids: Ids) {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema, ids, name)])),
    { requiredKeys: [...required], noNullPrototype: true },
  );
  const [free] = Object.entries(patternProperties);
  if (!free) return known;
  return fc.dictionary(fc.stringMatching(new RegExp(free[0])), valuesOf(free[1], ids), {
    maxKeys: 3,
    noNullPrototype: true,
  });
}

function arraysOf({ items = {}, minItems = 0, maxItems = 3, uniqueItems }: Schema, ids: Ids, name: string) {
  const range = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) };
  const values = valuesOf(items, ids, name);
  return uniqueItems
    ? fc.uniqueArray(values, { ...range, selector: (value) => JSON.stringify(value) })
    : fc.array(values, range);
}

function stringsOf({ format, pattern, minLength = 0, maxLength }: Schema, ids: Ids, name: string): Arbitrary<string> {
  if (pattern) return matching(pattern);
  // Fields such as `admins` name people.
  const known = ids(format === 'uuid' && !name.endsWith('Id') ? 'personId' : name);
  if (format === 'uuid')
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: fc.uuid() });
  if (format === 'date-time') return fc.constantFrom(...INSTANTS);
  if (format === 'date') return fc.constantFrom('1980-04-01', '2024-02-29', '0001-01-01', '9999-12-31', '2026-01-01');
  if (format === 'email') return fc.constantFrom('ada@example.org', `${'a'.repeat(60)}@example.org`);
  if (format === 'uri') return fc.constantFrom('https://example.org/x', 'javascript:alert(1)', 'https://x.example/%00');
  const longest = Math.min(maxLength ?? 5000, 20_000);
  const fitting = (text: string) => text.padEnd(minLength, 'x').slice(0, longest);
  return fc.oneof(
    ...(name.endsWith('Id') || known.length === 0 ? [] : [{ weight: 6, arbitrary: fc.constantFrom(...known) }]),
    fc.constantFrom(...NASTY.map(fitting)),
    fc.constant('x'.repeat(longest)),
    fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(longest, minLength + 20) }).map(fitting),
  );
}

/** Text of a form; looking ahead is beyond the generator, so what it makes without is looked through. */
function matching(pattern: string): Arbitrary<string> {
  const form = new RegExp(pattern);
  return fc
    .stringMatching(new RegExp(pattern.replaceAll(/\(\?[=!][^)]*\)/g, '')), { size: 'small' })
    .filter((text) => form.test(text));
}

function numbersOf({ type, minimum = -2_147_483_648, maximum = 2_147_483_647 }: Schema): Arbitrary<number> {
  const edges = fc.constantFrom(minimum, maximum);
  return type === 'integer' ? fc.oneof(edges, fc.integer({ min: minimum, max: maximum })) : edges;
}

/** A body that one thing is wrong with, and the field that an answer has to name for it. */
export interface Broken {
  readonly body: Readonly<Record<string, unknown>>;
  readonly field: string;
}

/** Bodies of a closed object schema with one field too many, one missing, or one of another type. */
export function brokenOf(schema: Schema, ids: Ids): Arbitrary<Broken> {
  const properties = Object.entries(schema.properties ?? {});
  const whole = valuesOf(schema, ids) as Arbitrary<Record<string, unknown>>;
  const tooMany = whole.map((body) => ({ body: { ...body, colour: 'blue' }, field: 'body/colour' }));
  const missing = (schema.required ?? []).map((name) =>
    whole.map((body) => ({
      body: Object.fromEntries(Object.entries(body).filter(([other]) => other !== name)),
      field: 'body',
    })),
  );
  const otherwise = properties
    .filter(([, { type }]) => type !== undefined)
    .map(([name, { type }]) =>
      fc
        .tuple(whole, fc.constantFrom<unknown>(...WRONG[type!]!))
        .map(([body, value]) => ({ body: { ...body, [name]: value }, field: `body/${name}` })),
    );
  return fc.oneof(...(schema.additionalProperties === false ? [tooMany] : []), ...missing, ...otherwise);
}

const LONG = 'x'.repeat(100_001);
const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  string: [null, 0, true, [], {}, ['x'], { toString: 'x' }],
  integer: [null, '1', 1.5, true, [], {}],
  number: [null, '1', true, [], {}],
  boolean: [null, 'true', 1, [], {}],
  array: [null, 'x', 0, {}, LONG],
  object: [null, 'x', 0, [], LONG],
};
