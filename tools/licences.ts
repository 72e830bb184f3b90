import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A package that runs in production, with the licence it declares: an SPDX expression, or undefined when it names none. */
export interface Licensed {
  readonly name: string;
  readonly version: string;
  readonly licence: string | undefined;
}

/** Licences that ask for no more than their own text to be kept. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** Packages taken in spite of their licence: name to the reason, in one sentence. */
const EXPLAINED: ReadonlyMap<string, string> = new Map([
  [
    'date-holidays',
    'its code is ISC; its data of holidays (CC BY-SA 3.0, from Wikipedia among others) is used unchanged and credited in docs/guide/security.md',
  ],
]);

interface LockFile {
  readonly packages: Readonly<
    Record<string, { version: string; license?: string; dev?: boolean; devOptional?: boolean }>
  >;
}
interface Manifest {
  readonly license?: string | { readonly type: string };
  /** How packages named their licences before SPDX. */
  readonly licenses?: readonly { readonly type: string }[];
}

/**
 * Every package that production installs, from the lock file in `root`; the licence is what the installed package itself says.
 * Builds for other platforms are not installed: for them the lock file's word counts.
 */
export function productionLicences(root: string): Licensed[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version, license }]) => {
      const file = join(root, path, 'package.json');
      const own = existsSync(file) ? declared(JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
      return { name: path.slice(path.lastIndexOf('node_modules/') + 13), version, licence: own ?? license };
    });
}

function declared({ license, licenses }: Manifest): string | undefined {
  if (typeof license === 'string') return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(' OR ');
}

/** Those whose licence is unknown or asks for more than its text to be kept, but for the explained ones. */
export function unaccepted(
  licensed: readonly Licensed[],
  explained: ReadonlyMap<string, string> = EXPLAINED,
): Licensed[] {
  return licensed.filter(({ name, licence }) => !explained.has(name) && !isPermissive(licence ?? ''));
}

/** Of alternatives one is enough; of licences that hold together, each must do. */
function isPermissive(expression: string): boolean {
  const alternatives = expression.replaceAll(/[()]/g, ' ').split(/\bOR\b/);
  return alternatives.some((all) => all.split(/\bAND\b/).every((licence) => PERMISSIVE.has(licence.trim())));
}

/** `npm run licences`: lists production's packages with their licences; ends with 1 when one is not accepted. */
function main(): void {
  const all = productionLicences(process.cwd());
  for (const { name, version, licence } of all) process.stdout.write(`${licence ?? '?'}\t${name}@${version}\n`);
  const left = unaccepted(all);
  if (left.length === 0) return;
  const names = left.map(({ name, licence }) => `${name} (${licence ?? 'names none'})`).join(', ');
  process.stderr.write(`Not accepted: ${names}. Replace them, or explain them in tools/licences.ts.\n`);
  process.exitCode = 1;
}

if (import.meta.main) main();
