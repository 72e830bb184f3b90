import { describe, expect, it } from '@jest/globals';
import { measure, plain, quantile, spread, type Side } from './harness.js';

const silent = () => undefined;
const size = { quick: true, rounds: 3, span: 1 };
const turns = (log: string[], name: string, values: number[]): Side => {
  const left = [...values];
  return () => {
    log.push(name);
    return Promise.resolve({ rate: left.shift()! });
  };
};
const bar = { id: 'x', what: 'x', metric: 'rate', unit: '/s', beside: 'peer' };
const contest = (ours: number[], peer: number[], asked: object, log: string[] = []) => ({
  sides: { ours: turns(log, 'ours', ours), peer: turns(log, 'peer', peer) },
  bars: [{ ...bar, ...asked }],
});

describe('the bench', () => {
  it('takes the ratio within each round, so that a machine that slows down for a while changes no verdict', async () => {
    const [row] = await measure(contest([200, 20, 400], [100, 10, 200], { atLeast: 2 }), size, silent);
    expect(row).toMatchObject({ ratio: 2, holds: true, ours: { median: 200, min: 20, max: 400 } });
  });

  it('lets another side begin each round', async () => {
    const log: string[] = [];
    await measure(contest([1, 1, 1], [1, 1, 1], {}, log), size, silent);
    expect(log).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  });

  it('says that a bar is missed, whichever way it is meant, and judges nothing that is only stated', async () => {
    const verdict = async (asked: object) =>
      (await measure(contest([3, 3, 3], [2, 2, 2], asked), size, silent))[0]!.holds;
    expect([await verdict({ atLeast: 1.6 }), await verdict({ atMost: 1.4 }), await verdict({})]).toEqual([
      false,
      false,
      null,
    ]);
    expect([await verdict({ atLeast: 1.5 }), await verdict({ atMost: 1.5 })]).toEqual([true, true]);
  });

  it('keeps figures readable', () => {
    expect([plain(12_345.6), plain(0.123456), plain(2)]).toEqual(['12,346', '0.123', '2']);
    expect(spread([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(quantile([4, 1, 3, 2], 0.99)).toBe(4);
  });
});
