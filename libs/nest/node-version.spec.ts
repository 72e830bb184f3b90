import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { requireNode } from './node-version.js';

describe('[R59] the Node a process is started on', () => {
  it.each(['20.19.0', '22.22.0', '23.11.1'])('is refused in one sentence when it is %s', (version) =>
    expect(() => requireNode(version)).toThrow(`Node 24 or newer and was started on ${version}`),
  );

  it('may be the pinned one, a newer one, and the one of this test', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { devDependencies } = JSON.parse(manifest) as { devDependencies: { node: string } };
    for (const version of [devDependencies.node, '24.0.0', '26.1.0', undefined])
      expect(requireNode(version)).toBeUndefined();
    expect(() => requireNode(`${Number.parseInt(devDependencies.node, 10) - 1}.0.0`)).toThrow('or newer');
  });
});
