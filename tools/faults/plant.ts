/** Copies of the built product in which exact pieces of code are replaced: bugs planted to see that a fault finds them, or a kill at a precise place. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Replaces one piece of a compiled file, which must be in it exactly once. */
export interface Edit {
  /** Path below the build, such as `libs/bus/handling.js`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Copies the build into `<folder>/dist`, with the edits. What is needed beside it (packages, the names of the libraries) is linked or copied.
 * Throws when a piece is not there exactly once: the product has changed, and the edit must follow it.
 */
export async function copyOf(build: string, folder: string, edits: readonly Edit[] = []): Promise<string> {
  const root = dirname(build);
  const dist = join(folder, 'dist');
  await mkdir(dist, { recursive: true });
  for (const part of ['apps', 'libs', 'policies']) await cp(join(build, part), join(dist, part), { recursive: true });
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const edit of edits) await apply(dist, edit);
  return dist;
}

async function apply(dist: string, { file, find, replace }: Edit): Promise<void> {
  const path = join(dist, file);
  const text = await readFile(path, 'utf8');
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${file} has the piece to replace ${times} times and not once: ${find}`);
  await writeFile(
    path,
    text.replace(find, () => replace),
  );
}
