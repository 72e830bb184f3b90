/** Reports for people: a line for each step and each expectation. */
import { styleText } from 'node:util';
import type { Report } from './play.js';
import { wallClock } from './times.js';

/** How many expectations were judged, and how many did not hold. */
export function tally(reports: readonly Report[]): { judged: number; failed: number } {
  const verdicts = reports.flatMap(({ steps }) => steps.flatMap(({ verdicts: of }) => of));
  return { judged: verdicts.length, failed: verdicts.filter(({ ok }) => !ok).length };
}

/** One story as it went. */
export function inLines({ story, steps }: Report): string {
  const { title, file, obligations, zone } = story;
  const lines = steps.flatMap(({ at, note, verdicts }) => [
    `  ${wallClock(at, zone)}  ${note}`,
    ...verdicts.map(({ ok, text, found }) =>
      ok ? styleText('green', `      ✓ ${text}`) : styleText('red', `      ✗ ${text}\n        but found: ${found}`),
    ),
  ]);
  return ['', `${styleText('bold', title)}  ${file}  (${obligations.join(', ')})`, ...lines].join('\n');
}

/** The last line. */
export function summary(reports: readonly Report[]): string {
  const { judged, failed } = tally(reports);
  const what = `${reports.length} ${reports.length === 1 ? 'story' : 'stories'}, ${judged} expectations`;
  return failed === 0
    ? styleText('green', `${what}: all hold`)
    : styleText('red', `${what}: ${failed} ${failed === 1 ? 'does' : 'do'} not hold`);
}
