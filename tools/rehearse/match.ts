/** Comparing what a file expects with what the system says. */
import { isDeepStrictEqual } from 'node:util';

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Whether the actual value has everything that is expected. Objects may have more fields; lists hold the same number of
 * elements in any order; null is also what is not there.
 */
export function has(expected: unknown, actual: unknown): boolean {
  if (expected === null) return actual === null || actual === undefined;
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && actual.length === expected.length && pair(expected, actual).missing.length === 0;
  }
  if (!isObject(expected)) return isDeepStrictEqual(expected, actual);
  return isObject(actual) && Object.entries(expected).every(([name, value]) => has(value, actual[name]));
}

/** Gives each expected element one actual element of its own; says which found none, and which were not asked for. */
export function pair<T>(expected: readonly T[], actual: readonly unknown[]): { missing: T[]; rest: unknown[] } {
  const rest = [...actual];
  // The most demanding first, so that an easy one does not take away the only match of another.
  const byDemand = [...expected].sort((a, b) => JSON.stringify(b).length - JSON.stringify(a).length);
  const missing = byDemand.filter((wanted) => {
    const index = rest.findIndex((candidate) => has(wanted, candidate));
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  return { missing, rest };
}
