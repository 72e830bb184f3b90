import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PATHS } from '#nest';

const { paths } = JSON.parse(
  readFileSync(new URL('../gateway/documentation/openapi.json', import.meta.url), 'utf8'),
) as { paths: object };
const first = Object.keys(paths).flatMap((path) => /^\/v1\/([^/]+)/.exec(path)?.[1] ?? []);

describe('what the gateway hands on', () => {
  it('is every path of the API, each to one service, and no path that nobody answers', () => {
    const known = Object.values(PATHS).flat();
    expect(known.toSorted()).toEqual([...new Set(first)].filter((path) => path !== 'services').toSorted());
  });
});
