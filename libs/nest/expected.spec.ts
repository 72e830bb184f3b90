import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { expected } from './expected.js';

const api = readFileSync(new URL('../../apps/gateway/documentation/openapi.json', import.meta.url), 'utf8');

/** Every value of this key, at any depth. */
function valuesOf(key: string): string[] {
  const found = new Set<string>();
  JSON.parse(api, (name, value: unknown) => {
    if (name === key && typeof value === 'string') found.add(value);
    return value;
  });
  return [...found];
}
const fault = (keyword: string, params: object) => ({
  keyword,
  params,
  message: `must match ${JSON.stringify(params)}`,
});

describe('a field that is not as it has to be', () => {
  it('is told in words of its own for every pattern of the API', () => {
    const patterns = valuesOf('pattern');
    expect(patterns.length).toBeGreaterThan(10);
    const silent = patterns.filter((pattern) => /description of the API/.test(expected(fault('pattern', { pattern }))));
    expect(silent).toEqual([]);
  });

  it('is told in words for every format of the API', () => {
    const silent = valuesOf('format').filter((format) => expected(fault('format', { format })).includes('match'));
    expect(silent).toEqual([]);
  });

  it('never shows a pattern, also not one without words', () => {
    expect(expected(fault('pattern', { pattern: '^[q]{3}$' }))).not.toContain('[q]');
  });

  it('names the words there are to choose from', () => {
    expect(expected(fault('enum', { allowedValues: ['work', 'private'] }))).toBe('must be one of: work, private');
  });

  it('leaves other rules as they are', () => {
    expect(expected({ keyword: 'type', params: { type: 'string' }, message: 'must be string' })).toBe('must be string');
  });
});
