/**
 * `npm run obligations -- [--write | --check] [report]`: says from a test run which obligations a passing test proves.
 * The report is Jest's JSON; without one the suite is run. `--write` writes `docs/obligations.md`, `--check` compares it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';

/** What is read of an entry in `policies/obligations.json`; `enforceable` names the mechanism. */
export type Obligation = { readonly id: string; readonly gist: string; readonly enforceable: string };

/** What is read of Jest's JSON report. */
type Test = { readonly ancestorTitles: readonly string[]; readonly title: string; readonly status: string };
type Suite = { readonly name: string; readonly assertionResults: readonly Test[] };
export type Report = { readonly testResults: readonly Suite[] };

/** An obligation with its passing tests: their files from the root, their titles from the outermost. */
type Verdict = Obligation & { readonly proofs: readonly { readonly file: string; readonly test: string }[] };

const path = 'docs/obligations.md';
const mending = 'npm run obligations -- --write';

/** The ids in the brackets of a name, `[LD-09, HSU-03]`. What is quoted in brackets is a value of the test and names nothing. */
function idsIn(name: string): readonly string[] {
  const brackets = [...name.matchAll(/\[([^\]"]*)\]/g)].map(([, inside]) => inside!);
  return brackets.flatMap((inside) => inside.match(/\b[A-Z]{2,}-\d\w*/g) ?? []);
}

/**
 * Takes the catalogue, a report and the root its files lie under. Returns each obligation with the passing tests that name it,
 * in an order that no run changes, and a line for each name that is not in the catalogue, whether its test passed or not.
 */
export function read(catalogue: readonly Obligation[], { testResults }: Report, root: string) {
  const proofs = new Map(catalogue.map(({ id }) => [id, new Set<string>()]));
  const unknown = new Set<string>();
  for (const { name, assertionResults } of testResults) {
    const file = relative(root, name).split(sep).join('/');
    for (const { ancestorTitles, title, status } of assertionResults) {
      const test = [...ancestorTitles, title].join(' › ').replace(/\s+/g, ' ');
      for (const id of idsIn(test)) {
        const known = proofs.get(id);
        if (!known) unknown.add(`${id} is not in the catalogue: ${test} (${file})`);
        else if (status === 'passed') known.add(`${file}\n${test}`);
      }
    }
  }
  const sorted = (id: string) => [...proofs.get(id)!].sort().map((line) => line.split('\n') as [string, string]);
  const verdicts: Verdict[] = catalogue.map((obligation) => {
    return { ...obligation, proofs: sorted(obligation.id).map(([file, test]) => ({ file, test })) };
  });
  return { verdicts, unknown: [...unknown].sort() };
}

const byMechanism = (verdicts: readonly Verdict[]) => [...Map.groupBy(verdicts, ({ enforceable }) => enforceable)];
const isProven = ({ proofs }: Verdict) => proofs.length > 0;
const count = (verdicts: readonly Verdict[]) => `${verdicts.filter(isProven).length} of ${verdicts.length}`;

/** What is printed: for each mechanism the ids that are proven and those that are not yet, and the total. */
export function summary(verdicts: readonly Verdict[]): string {
  const ids = (some: readonly Verdict[]) => some.map(({ id }) => id).join(' ') || 'none';
  const sections = byMechanism(verdicts).map(([mechanism, own]) => {
    const missing = own.filter((verdict) => !isProven(verdict));
    return `${mechanism}: ${count(own)}\n  proven:  ${ids(own.filter(isProven))}\n  not yet: ${ids(missing)}\n`;
  });
  return `${sections.join('\n')}\nProven by a passing test: ${count(verdicts)} obligations\n`;
}

const cell = (text: string) => text.replace(/[\\`*<|]/g, String.raw`\$&`);

function rows({ id, gist, proofs }: Verdict): string[] {
  const [first, ...others] = proofs.map(({ test, file }) => `${cell(test)} | \`${file}\` |`);
  return [`| ${id} | ${cell(gist)} | ${first ?? 'not yet | |'}`, ...others.map((other) => `| | | ${other}`)];
}

/** The text of `docs/obligations.md`: a table for each mechanism, with a row for each test that proves an obligation. */
export function table(verdicts: readonly Verdict[]): string {
  const sections = byMechanism(verdicts).map(([mechanism, own]) => {
    const heading = `## ${mechanism[0]!.toUpperCase()}${mechanism.slice(1)}: ${count(own)}\n`;
    const columns = '| Obligation | Gist | Proven by the test | In |\n| --- | --- | --- | --- |';
    return [heading, columns, ...own.flatMap(rows)].join('\n');
  });
  return `# Obligations and their proofs

${count(verdicts)} obligations in \`policies/obligations.json\` are proven: a test that names the id in brackets passes.
The others may be met or not; no test says so yet. The sections say by what means an obligation can be answered at best.
This page is written from a test run by \`${mending}\`.

${sections.join('\n\n')}
`;
}

/** Takes the committed text and the one the report gives. Returns what is wrong and which command mends it, or nothing. */
export function staleness(committed: string, current: string): string | undefined {
  return committed === current ? undefined : `${path} is not what the tests prove: run \`${mending}\` and commit it.`;
}

const fromJson = <T>(file: string) => JSON.parse(readFileSync(file, 'utf8')) as T;

function runSuite(): { report: Report; status: number } {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-obligations-'));
  try {
    const file = join(folder, 'report.json');
    const { status } = spawnSync('npm', ['test', '--', '--json', `--outputFile=${file}`], { stdio: 'inherit' });
    return { report: fromJson<Report>(file), status: status ?? 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main(): number {
  const options = { write: { type: 'boolean' }, check: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { report, status } = positionals[0] ? { report: fromJson<Report>(positionals[0]), status: 0 } : runSuite();
  const { verdicts, unknown } = read(fromJson<Obligation[]>('policies/obligations.json'), report, process.cwd());
  process.stdout.write(summary(verdicts));
  const current = table(verdicts);
  if (values.write && unknown.length === 0) writeFileSync(path, current);
  const stale = values.check && staleness(existsSync(path) ? readFileSync(path, 'utf8') : '', current);
  const faults = stale ? [...unknown, stale] : unknown;
  process.stderr.write(faults.map((fault) => `${fault}\n`).join(''));
  return faults.length > 0 ? 1 : status;
}

if (import.meta.main) process.exitCode = main();
