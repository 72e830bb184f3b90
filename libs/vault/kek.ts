import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transaction } from '#eventsourcing';
import { KekRefused, Vault } from './vault.js';

export interface KekSource {
  /** `ROLLCALL_KEK`: 32 bytes in base64. It wins over the folder. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where one process alone keeps its key, in the file `kek`. Without it the key must come from `env`. */
  readonly folder?: string;
}

/** Loads the key, compares it with the one this schema was filled under, and gives the vault. Call it once at start. */
export async function openVault(tx: Transaction, schema: string, source: KekSource): Promise<Vault> {
  const kek = await loadKek({ ...source, isInUse: await Vault.isInUse(tx, schema) });
  const vault = new Vault(kek, schema);
  await vault.verifyKek(tx);
  return vault;
}

/**
 * The key-encryption key: from the environment, else from the folder's file. The file is made (readable by its owner only)
 * when it is missing and `isInUse` is false: once something is encrypted, a new key would only hide that the old one is lost.
 * @throws KekRefused with a sentence for the operator.
 */
export async function loadKek({ env, folder, isInUse }: KekSource & { isInUse: boolean }): Promise<Buffer> {
  if (env.ROLLCALL_KEK !== undefined) return parse(env.ROLLCALL_KEK, 'ROLLCALL_KEK');
  if (folder === undefined) {
    throw new KekRefused(
      'Set ROLLCALL_KEK to 32 bytes in base64 (openssl rand -base64 32): personal data is encrypted under it.',
    );
  }
  const file = join(folder, 'kek');
  const found = await readIfThere(file);
  if (found !== undefined) return parse(found, file);
  if (isInUse) {
    throw new KekRefused(
      `The key file ${file} is missing, but the database holds data encrypted under it. ` +
        'Bring it back from where you keep its copy, or set ROLLCALL_KEK. A new key would not open that data.',
    );
  }
  await create(folder, file);
  return parse(await readFile(file, 'utf8'), file);
}

function parse(text: string, origin: string): Buffer {
  const base64 = text.trim();
  if (!/^[A-Za-z0-9+/]{43}=$/.test(base64)) {
    throw new KekRefused(`${origin} must hold exactly 32 bytes in base64 (openssl rand -base64 32), and does not.`);
  }
  return Buffer.from(base64, 'base64');
}

const readIfThere = (file: string) =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Whole or not at all, and on the disk before anything is encrypted under it. Of two at once, the first one's key stays. */
async function create(folder: string, file: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const directory = await open(folder);
    await directory.sync();
    await directory.close();
  } finally {
    await rm(draft, { force: true });
  }
}
