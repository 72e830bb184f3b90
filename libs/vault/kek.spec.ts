import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KekRefused, loadKek } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-kek-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const good = Buffer.alloc(32, 7).toString('base64');

describe('loading the key-encryption key', () => {
  it('takes it from the environment before the folder', async () => {
    expect(await loadKek({ env: { ROLLCALL_KEK: ` ${good}\n` }, folder, isInUse: true })).toEqual(Buffer.alloc(32, 7));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    '',
    'short',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
    good.replace('B', '-'),
  ])('[CN-15] refuses a malformed key without repeating it: %j', async (text) => {
    const refused = await loadKek({ env: { ROLLCALL_KEK: text }, isInUse: false }).catch((error: Error) => error);
    expect(refused).toBeInstanceOf(KekRefused);
    expect((refused as Error).message).toBe(
      'ROLLCALL_KEK must hold exactly 32 bytes in base64 (openssl rand -base64 32), and does not.',
    );
    await writeFile(join(folder, 'kek'), text);
    await expect(loadKek({ env: {}, folder, isInUse: false })).rejects.toBeInstanceOf(KekRefused);
  });

  it('[CN-15] makes one at the first start only, for its owner alone, and the same for everyone who asks at once', async () => {
    const [first, ...others] = await Promise.all([1, 2, 3, 4].map(() => loadKek({ env: {}, folder, isInUse: false })));
    for (const other of others) expect(other).toEqual(first);
    expect(await readdir(folder)).toEqual(['kek']);
    expect((await stat(join(folder, 'kek'))).mode & 0o777).toBe(0o600);
    expect(await loadKek({ env: {}, folder, isInUse: true })).toEqual(first);
    expect(Buffer.from(await readFile(join(folder, 'kek'), 'utf8'), 'base64')).toEqual(first);
  });

  it('[CN-15] refuses to make a new key for a database that is already encrypted', async () => {
    await expect(loadKek({ env: {}, folder, isInUse: true })).rejects.toThrow('Bring it back');
    expect(await readdir(folder)).toEqual([]);
  });

  it('asks for a key where there is no folder to keep one', async () => {
    await expect(loadKek({ env: {}, isInUse: false })).rejects.toThrow('Set ROLLCALL_KEK');
  });
});
