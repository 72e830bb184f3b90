import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { productionLicences, unaccepted } from './licences.js';

const of = (...licences: (string | undefined)[]) =>
  licences.map((licence, index) => ({ name: `package-${index}`, version: '1.0.0', licence }));

describe('licences of what production installs', () => {
  it('[R64] are all permissive, or explained', () => {
    const all = productionLicences(fileURLToPath(new URL('..', import.meta.url)));
    expect(all.length).toBeGreaterThan(100);
    expect(all.map(({ name }) => name)).toContain('kafkajs');
    expect(all.map(({ name }) => name)).not.toContain('jest');
    expect(unaccepted(all)).toEqual([]);
  });

  it.each(['GPL-3.0-only', 'AGPL-3.0', 'SSPL-1.0', 'UNLICENSED', 'SEE LICENSE IN LICENSE.txt', '', undefined])(
    'are not accepted when they are %s',
    (licence) => expect(unaccepted(of(licence))).toHaveLength(1),
  );

  it('are accepted when one alternative is, and only when all that hold together are', () => {
    expect(unaccepted(of('MIT', '(MIT OR GPL-3.0-only)', '(Apache-2.0 AND MIT)'))).toEqual([]);
    expect(unaccepted(of('(MIT AND GPL-3.0-only)'))).toHaveLength(1);
  });

  it('are accepted for a package that is explained by name', () => {
    expect(
      unaccepted(of('LGPL-3.0'), new Map([['package-0', 'it is linked at run time and can be replaced']])),
    ).toEqual([]);
  });

  describe('in a lock file', () => {
    let root: string;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), 'rollcall-licences-'));
      const packages = {
        '': { version: '1.0.0', license: 'Apache-2.0' },
        'node_modules/old': { version: '0.1.0' },
        'node_modules/lying': { version: '0.2.0', license: 'MIT' },
        'node_modules/old/node_modules/elsewhere': { version: '0.3.0', license: 'ISC' },
        'node_modules/tool': { version: '0.4.0', license: 'GPL-3.0', dev: true },
      };
      writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
      const manifests = {
        old: { licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] },
        lying: { license: 'GPL-3.0-only' },
      };
      for (const [name, manifest] of Object.entries(manifests)) {
        mkdirSync(join(root, 'node_modules', name), { recursive: true });
        writeFileSync(join(root, 'node_modules', name, 'package.json'), JSON.stringify(manifest));
      }
    });
    afterAll(() => rmSync(root, { recursive: true }));

    it('are those the installed packages declare, in the old form too, and of development none', () => {
      expect(productionLicences(root)).toEqual([
        { name: 'old', version: '0.1.0', licence: 'MIT OR GPL-2.0' },
        { name: 'lying', version: '0.2.0', licence: 'GPL-3.0-only' },
        { name: 'elsewhere', version: '0.3.0', licence: 'ISC' },
      ]);
    });
  });
});
