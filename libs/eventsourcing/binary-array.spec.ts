import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { array as arrayOf, assert, asyncProperty, integer, option, string, uuid, type Arbitrary } from 'fast-check';
import { Client } from 'pg';
import { testPostgres } from '../testing/postgres.js';
import { integerArray, textArray, uuidArray } from './binary-array.js';

describe('arrays in binary form', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: (await testPostgres()).ownerUrl });
    await client.connect();
  });
  afterAll(() => client.end());

  const stored = async (type: string, array: Buffer) =>
    (await client.query<{ same: unknown[] }>(`select $1::${type}[] as same`, [array])).rows[0]!.same;
  const each = <T>(values: Arbitrary<T>, type: string, form: (values: T[]) => Buffer) =>
    assert(
      asyncProperty(arrayOf(values, { minLength: 1 }), async (some) => {
        expect(await stored(type, form(some))).toEqual(some);
      }),
      { numRuns: 50 },
    );

  it('Postgres reads any texts as they are', () =>
    each(
      string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
      'text',
      textArray,
    ));
  it('integers and nulls', () => each(option(integer()), 'integer', integerArray));
  it('and UUIDs', () => each(uuid(), 'uuid', uuidArray));
});
