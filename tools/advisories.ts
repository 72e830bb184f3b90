import { spawnSync } from 'node:child_process';

/** An advisory that weighs high or more and touches a package of production. */
export interface Advisory {
  /** Its address, which names it for good. */
  readonly url: string;
  readonly package: string;
  readonly title: string;
  readonly severity: 'high' | 'critical';
}

/** Why an advisory does not touch Rollcall, and until when somebody must look again (ISO 8601 date). */
export interface Exception {
  readonly reason: string;
  readonly until: string;
}

/** Advisories lived with: address to the exception. There is none so far. */
const EXCEPTIONS: ReadonlyMap<string, Exception> = new Map();

interface Report {
  readonly error?: unknown;
  readonly vulnerabilities?: Readonly<
    Record<
      string,
      { readonly via: readonly (string | { url: string; name: string; title: string; severity: string })[] }
    >
  >;
}

/** What `npm audit --json` found of weight high or more, each advisory once. Undefined when the registry told nothing: then nothing is known. */
export function advisoriesIn(json: string): Advisory[] | undefined {
  const report = parsed(json);
  if (!report?.vulnerabilities || report.error) return undefined;
  const found = new Map<string, Advisory>();
  for (const { via } of Object.values(report.vulnerabilities))
    for (const cause of via)
      if (typeof cause === 'object' && (cause.severity === 'high' || cause.severity === 'critical'))
        found.set(cause.url, { url: cause.url, package: cause.name, title: cause.title, severity: cause.severity });
  return [...found.values()];
}

function parsed(json: string): Report | undefined {
  try {
    return JSON.parse(json) as Report;
  } catch {
    return undefined;
  }
}

/** Those without an exception, or whose exception ended before `today` (ISO 8601 date). */
export function unexplained(
  advisories: readonly Advisory[],
  today: string,
  exceptions: ReadonlyMap<string, Exception> = EXCEPTIONS,
): Advisory[] {
  return advisories.filter(({ url }) => !(exceptions.get(url) && exceptions.get(url)!.until >= today));
}

/** `node dist/tools/advisories.js`: 0 when all is well, 1 for an advisory nobody explained, 2 when the registry answers no such question. */
function main(): number {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  const advisories = advisoriesIn(stdout);
  if (!advisories) {
    process.stderr.write('The registry told nothing of advisories; ask again where one answers.\n');
    return 2;
  }
  const open = unexplained(advisories, new Date().toISOString().slice(0, 10));
  for (const { severity, package: name, title, url } of open)
    process.stdout.write(`${severity} ${name}: ${title} ${url}\n`);
  process.stdout.write(`${advisories.length} advisories of weight high or more, ${open.length} of them unexplained\n`);
  return open.length > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = main();
