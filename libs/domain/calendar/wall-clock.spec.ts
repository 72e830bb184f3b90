import { describe, expect, it } from '@jest/globals';
import { wallClock } from './wall-clock.js';

const london = wallClock('Europe/London');
const at = (text: string) => {
  const [year, month, day, hour, minute, second] = text.split(/\D/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { year, month, day, hour, minute, second };
};

describe('a time on the wall', () => {
  it('is the instant it stands for, in winter, in summer and on the days between', () => {
    expect(london(at('2024-01-15 10:00:00'))).toBe('2024-01-15T10:00:00.000Z');
    expect(london(at('2024-07-15 10:00:30'))).toBe('2024-07-15T09:00:30.000Z');
    expect(london(at('2024-03-31 00:30:00'))).toBe('2024-03-31T00:30:00.000Z');
    expect(london(at('2024-03-31 02:30:00'))).toBe('2024-03-31T01:30:00.000Z');
    expect(london(at('2024-10-27 23:30:00'))).toBe('2024-10-27T23:30:00.000Z');
  });

  it('that spring skips moves on, and of one that autumn repeats the first is meant', () => {
    expect(london(at('2024-03-31 01:30:00'))).toBe('2024-03-31T01:30:00.000Z');
    expect(london(at('2024-10-27 01:30:00'))).toBe('2024-10-27T00:30:00.000Z');
  });

  it('of a day there is not, or a zone there is not, is refused', () => {
    expect(() => london(at('2023-02-29 10:00:00'))).toThrow(RangeError);
    expect(() => wallClock('Europe/Nowhere')(at('2024-01-15 10:00:00'))).toThrow(RangeError);
  });
});
