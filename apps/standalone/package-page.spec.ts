import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../consent/invitation-page/browser.js';
import type { PackageDocument } from '../retention/packages/document.js';
import { page as render } from '../retention/packages/view.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const at = '2026-01-12T09:00:00.000Z';
const [personId, groupId] = ['0192f0c1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000009'];

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const document: PackageDocument = {
  about: { requestId: '0192f0c1-0000-7000-8000-000000000021', personId },
  compiledAt: at,
  values: [{ service: 'membership', field: 'name', value: '<b>Ann</b> Access' }],
  parts: [
    {
      service: 'consent',
      title: 'Messages that were sent to you, or were to be',
      rows: [{ personId, groupId, text: '<script>alert(1)</script>', reason: null, isKept: true, x: 'x'.repeat(300) }],
    },
  ],
  places: [
    {
      groupId,
      name: 'Riverside Ward',
      periods: [{ from: at }],
      holders: [{ role: 'admin', personId: 'another person 1', usesOwnDevice: true }],
    },
  ],
  history: [
    {
      at,
      what: 'The person is in the group and was entitled to be',
      name: 'MemberAdded',
      service: 'membership',
      by: 'key',
      rules: ['political-party@1 eligible_categories'],
      details: { personId, groupId, owners: ['another person 1'] },
    },
  ],
  search: [{ service: 'membership', searchedAt: at, found: 3 }],
  cut: [],
};

describe('the page of a package', () => {
  const html = (more: Partial<PackageDocument> = {}) =>
    render({ ...document, ...more }, { sha256: 'a'.repeat(64), timeZone: 'Europe/London' });

  it('can be read by everybody, on a phone and on paper (WCAG 2.2 AA)', async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    const empty = { values: [], parts: [], places: [], history: [], cut: ['What happened'] };
    for (const content of [html(), html(empty)]) {
      await page.setContent(content);
      await page.addScriptTag({ path: axe });
      const found = await page.evaluate<AxeResults>(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
      expect(found.violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html: node }) => node) }))).toEqual([]);
      expect(found.passes.length).toBeGreaterThan(10);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(360);
    }
    await context.close();
  });

  it('says it in words, and runs nothing that was written', () => {
    const text = html();
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toMatch(/<script|undefined|\[object/);
    expect(text).toContain('<dt>Group</dt><dd dir="auto">Riverside Ward</dd>');
    expect(text).toContain('<dt>Person</dt><dd dir="auto">you</dd>');
    expect(text).toContain('12 January 2026 at 09:00');
    expect(text).toContain('The person is in the group and was entitled to be.');
  });
});
