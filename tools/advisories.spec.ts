import { describe, expect, it } from '@jest/globals';
import { advisoriesIn, unexplained } from './advisories.js';

const url = 'https://github.com/advisories/GHSA-xxxx';
const cause = { url, name: 'parser', title: 'It hangs', severity: 'high' };
const report = (...via: (string | object)[]) =>
  JSON.stringify({
    vulnerabilities: { parser: { severity: 'high', via }, user: { severity: 'high', via: ['parser'] } },
  });

describe('advisories on what production installs', () => {
  it('[R64] are listed once each from high on', () => {
    const low = { ...cause, url: `${url}-low`, severity: 'moderate' };
    expect(advisoriesIn(report(cause, cause, low))).toEqual([
      { url, package: 'parser', title: 'It hangs', severity: 'high' },
    ]);
    expect(advisoriesIn(report())).toEqual([]);
  });

  it('[R64] are not taken for none when the registry told nothing', () => {
    for (const told of ['', 'npm error', '{"error":{"code":"E405"}}', '{"message":"405"}'])
      expect(advisoriesIn(told)).toBeUndefined();
  });

  it('[R64] are red unless listed with a reason, and red again when the reason has aged', () => {
    const found = advisoriesIn(report(cause))!;
    expect(unexplained(found, '2026-01-01')).toEqual(found);
    const listed = new Map([[url, { reason: 'we parse nothing foreign with it', until: '2026-02-01' }]]);
    expect(unexplained(found, '2026-02-01', listed)).toEqual([]);
    expect(unexplained(found, '2026-02-02', listed)).toEqual(found);
  });
});
