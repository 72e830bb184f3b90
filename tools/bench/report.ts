import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { growth } from './growth.js';
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

/** Writes results.json, the table and the plots. `order` names all groups; those that are not run this time stay as they were. */
export function writeResults(
  group: string,
  rows: readonly Row[],
  on: Results['machine'],
  order: readonly string[],
): void {
  mkdirSync(FOLDER, { recursive: true });
  const known = new Map(Object.entries(read()));
  known.set(group, rows);
  const groups = Object.fromEntries(order.flatMap((name) => (known.has(name) ? [[name, known.get(name)!]] : [])));
  const results: Results = { takenAt: new Date().toISOString().slice(0, 10), machine: on, groups };
  writeFileSync(`${FOLDER}/results.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${FOLDER}/README.md`, readme(results));
  writeFileSync(`${FOLDER}/growth.svg`, growth(Object.values(groups).flat()));
  writeFileSync(`${FOLDER}/${group}.svg`, page(rows));
}

function read(): Results['groups'] {
  try {
    return (JSON.parse(readFileSync(`${FOLDER}/results.json`, 'utf8')) as Results).groups;
  } catch {
    return {};
  }
}

function readme({ takenAt, machine: on, groups }: Results): string {
  const line = (values: readonly string[]) => `| ${values.join(' | ')} |`;
  const judged = Object.values(groups)
    .flat()
    .filter(({ holds }) => holds !== null);
  const sections = Object.entries(groups).map(
    ([name, rows]) => `## ${name}

${line(HEAD.map((head) => head || 'verdict'))}
${line(HEAD.map(() => '---'))}
${rows.map((row) => line(cells(row))).join('\n')}

![${name}: ours beside the others](${name}.svg)
`,
  );
  return `# How fast it is

Written by \`npm run bench\`; do not edit. Taken on ${takenAt}: ${on.cpu}, ${on.cores} cores shared by Node and Postgres, ${on.memoryGiB} GiB,
Node ${on.node}, PostgreSQL ${on.postgres}, ${on.platform}; fsync and synchronous_commit on; ${on.loadBefore} other processes
wanted a core when it began.

Each figure is the median over interleaved rounds, with the least and the greatest; the ratio (ours divided by theirs) is the median
of the rounds' own ratios. Take ratios from here, not absolute rates. ${judged.filter(({ holds }) => holds === false).length} of ${judged.length} bars are missed.
What each row measures is told in [the guide](../guide/benchmark.md).

## As the data grows

![The cost of an operation as the data grows](growth.svg)

${sections.join('\n')}`;
}
