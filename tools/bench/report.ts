import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { plain, type Results, type Row, type Spread } from './harness.js';
import { page } from './page.js';

const FOLDER = 'docs/bench';
const HEAD = ['what', 'ours', 'beside', 'theirs', 'ratio', 'bar', ''];

/** `median (min – max)` and the unit. */
const told = ({ median, min, max }: Spread, unit: string): string =>
  `${plain(median)} ${unit} (${plain(min)} – ${plain(max)})`;

const verdict = ({ holds }: Row) => (holds === null ? '–' : holds ? 'holds' : 'MISSED');

const cells = (row: Row): string[] => [
  row.what,
  told(row.ours, row.unit),
  row.beside,
  told(row.theirs, row.unit),
  plain(row.ratio),
  row.bar,
  verdict(row),
];

/** Prints the rows as one table. */
export function print(rows: readonly Row[]): void {
  const table = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  const text = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(`${text.join('\n')}\n\n`);
}

/** Writes results.json, the table and the page of plots. Rows of a group that was not run this time stay as they were. */
export function writeResults(rows: readonly Row[], on: Results['machine']): void {
  mkdirSync(FOLDER, { recursive: true });
  const fresh = new Map(rows.map((row) => [row.id, row]));
  // In the place they had, so that the table keeps its order whichever groups are run.
  const kept = read().map((row) => fresh.get(row.id) ?? row);
  const all = [...kept, ...rows.filter(({ id }) => !kept.some((row) => row.id === id))];
  const results: Results = { takenAt: new Date().toISOString().slice(0, 10), machine: on, rows: all };
  writeFileSync(`${FOLDER}/results.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${FOLDER}/README.md`, readme(results));
  writeFileSync(`${FOLDER}/plots.svg`, page(results));
}

function read(): readonly Row[] {
  try {
    return (JSON.parse(readFileSync(`${FOLDER}/results.json`, 'utf8')) as Results).rows;
  } catch {
    return [];
  }
}

function readme({ takenAt, machine: on, rows }: Results): string {
  const line = (values: readonly string[]) => `| ${values.join(' | ')} |`;
  const missed = rows.filter(({ holds }) => holds === false);
  return `# How fast it is

Written by \`npm run bench\`; do not edit. Taken on ${takenAt}: ${on.cpu}, ${on.cores} cores shared by Node and Postgres, ${on.memoryGiB} GiB,
Node ${on.node}, PostgreSQL ${on.postgres}, ${on.platform}; fsync and synchronous_commit on; ${on.loadBefore} other processes
wanted a core when it began.

Each figure is the median over interleaved rounds, with the least and the greatest; the ratio (ours divided by theirs) is the median
of the rounds' own ratios. Take ratios from here, not absolute rates. ${missed.length} of ${rows.filter(({ holds }) => holds !== null).length} bars are missed.

${line(HEAD.map((head) => head || 'bar'))}
${line(HEAD.map(() => '---'))}
${rows.map((row) => line(cells(row))).join('\n')}

![Ours beside the others](plots.svg)
`;
}
