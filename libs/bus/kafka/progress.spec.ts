import { describe, expect, it } from '@jest/globals';
import { Watched } from './progress.js';

const place = 'rollcall.membership/3';
const behind = (committed: bigint, end = 20n) => [{ place, committed, end }];
const minute = 60_000;

describe('a consumer that is behind', () => {
  it('[R11] is stuck when it has been handed nothing for two minutes and its place has not moved', () => {
    const watched = new Watched();
    expect(watched.look(behind(4n), 0, 0)).toBeUndefined();
    expect(watched.look(behind(4n, 30n), 2 * minute, 0)).toBeUndefined();
    expect(watched.look(behind(4n, 40n), 2 * minute + 1, 0)).toBe(place);
  });

  it('[R11] is not stuck while it gets on, however slowly', () => {
    const watched = new Watched();
    watched.look(behind(4n), 0, 0);
    watched.look(behind(5n), 90_000, 0);
    expect(watched.look(behind(5n), 2 * minute + 1, 0)).toBeUndefined();
  });

  it('[R11] is not stuck while it is handed batches, nor with nothing to get', () => {
    const watched = new Watched();
    watched.look(behind(4n), 0, 0);
    expect(watched.look(behind(4n), 3 * minute, 2 * minute)).toBeUndefined();
    expect(watched.look(behind(20n), 9 * minute, 0)).toBeUndefined();
    expect(watched.look(behind(20n, 21n), 10 * minute, 0)).toBeUndefined();
  });
});
