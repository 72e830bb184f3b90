/** What is told of a run: a line for each fault with its figures, and a table at the end. */
import type { Fault, Figures } from './fault.js';

/** How one fault went. `reasons` is empty when it is green. */
export interface Result {
  readonly fault: Pick<Fault, 'id' | 'what'>;
  readonly figures: Figures;
  readonly reasons: readonly string[];
  readonly seconds: number;
  /** The bug that was planted, where one was: then green means that it was not found. */
  readonly planted?: string;
}

/** Whether it came out as it must: sound without a bug, red with one. */
export const holds = ({ reasons, planted }: Result): boolean =>
  planted === undefined ? reasons.length === 0 : reasons.length > 0;

const FIRST = ['acknowledged', 'events', 'wrong'];

/** The figures in words: those that say how much was tried first, and noughts left out where nothing was to be seen. */
export function figuresIn(figures: Figures): string {
  const names = [...FIRST, ...Object.keys(figures).filter((name) => !FIRST.includes(name))];
  const told = names.filter((name) => figures[name] !== undefined && (FIRST.includes(name) || figures[name] !== 0));
  return told.map((name) => `${name} ${figures[name]}`).join(', ');
}

/** One line for a fault that has been run. */
export function lineOf(result: Result): string {
  const { fault, figures, reasons, seconds, planted } = result;
  const bug = planted === undefined ? '' : ` [planted: ${planted}]`;
  const word = verdictOf(result);
  const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  return `${fault.id} ${word}${bug} after ${seconds} s: ${figuresIn(figures)}${why}`;
}

const verdictOf = ({ reasons }: Result) => (reasons.length === 0 ? 'green' : 'red');

/** The table of all faults, and the words for what is not as it must be. */
export function tableOf(results: readonly Result[], seed: number): string {
  const rows = results.map((result) => [
    result.fault.id,
    verdictOf(result),
    result.planted === undefined ? '' : holds(result) ? 'bug found' : 'BUG NOT FOUND',
    `${result.seconds} s`,
    result.fault.what,
    figuresIn(result.figures),
  ]);
  const head = ['', '', '', 'time', 'fault', 'figures'];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 5 ? cell : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  const failed = results.filter((result) => !holds(result)).length;
  const sum = failed === 0 ? 'All as it must be' : `${failed} not as it must be`;
  return [line(head), ...rows.map(line), '', `${sum}. Seed ${seed}.`].join('\n');
}
