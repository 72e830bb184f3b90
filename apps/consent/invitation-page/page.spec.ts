import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { agreement, BORN, fields, openInvited, WHATSAPP, type Invited } from '../invitations/testing.js';
import { openMailbox, type Mailbox } from '../messages/testing.js';
import { openBrowser } from './browser.js';

const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let invited: Invited;
let browser: Browser;
let pictures: string;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await openMailbox();
  [invited, browser] = await Promise.all([openInvited(mailbox.env), openBrowser()]);
  // For whoever wants to look at them; without PAGE_PICTURES they go with the test.
  pictures = process.env['PAGE_PICTURES'] ?? (await mkdtemp(join(tmpdir(), 'rollcall-page-')));
});
afterAll(async () => {
  await browser.close();
  await invited.app.close();
  await mailbox.close();
  if (!process.env['PAGE_PICTURES']) await rm(pictures, { recursive: true });
});

/** A phone, with or without scripts; every request it makes is noted. */
async function phone(options: { javaScriptEnabled: boolean }) {
  const context: BrowserContext = await browser.newContext({
    ...PHONE,
    ...options,
    bypassCSP: options.javaScriptEnabled,
  });
  const page = await context.newPage();
  const hosts = new Set<string>();
  page.on('request', (request) => void hosts.add(new URL(request.url()).host));
  return { context, page, hosts };
}

/** Says on the first page who somebody is. */
async function identify(page: Page, crmId: string): Promise<void> {
  await page.getByLabel('Your membership, student or staff number').fill(crmId);
  await page.getByLabel('Date of birth').fill(BORN);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Every page of the journey in its order, handed to `look` with a name; the person joins, comes back and withdraws. */
async function journey(page: Page, look: (name: string) => Promise<void>): Promise<void> {
  const { crmId } = await invited.somebody();
  const { link } = await invited.invite();
  await page.goto(link);
  await page.getByRole('heading', { name: 'Ward 7 campaign' }).waitFor();
  await look('1-notice');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').waitFor();
  await look('2-missing');
  await identify(page, crmId);
  await page.getByRole('button', { name: 'I agree' }).waitFor();
  await look('3-decide');
  await page.getByText('Read again what you were told').click();
  await look('4-read-again');
  await page.getByRole('button', { name: 'I agree' }).click();
  const wayIn = page.getByRole('link', { name: 'Open the group in WhatsApp' });
  expect(await wayIn.getAttribute('href')).toBe(WHATSAPP);
  await look('5-joined');
  await page.goto(link);
  await identify(page, crmId);
  await page.getByRole('button', { name: 'Take back my agreement' }).click();
  await page.getByRole('heading', { name: 'You have taken back your agreement' }).waitFor();
  await look('6-withdrawn');
  await page.getByLabel('Text message').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  await look('7-thanks');
  await page.goto(`${new URL(link).origin}/i/nothing`);
  await look('8-closed');
}

describe('the page of an invitation, on a phone', () => {
  it('[LD-09][LD-12] takes somebody into the group and out again without scripts, and asks no other site for anything', async () => {
    const { context, page, hosts } = await phone({ javaScriptEnabled: false });
    await journey(page, async (name) => {
      await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    });
    expect([...hosts]).toEqual([new URL(invited.app.url).host]);
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  it('shows the page before to whoever goes back, and takes the other answer there', async () => {
    const { context, page } = await phone({ javaScriptEnabled: false });
    const { crmId } = await invited.somebody();
    await page.goto((await invited.invite()).link);
    await identify(page, crmId);
    await page.getByRole('button', { name: 'No thanks' }).click();
    await page.getByRole('heading', { name: 'That is fine' }).waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'I agree' }).click();
    await page.getByRole('link', { name: 'Open the group in WhatsApp' }).waitFor();
    await context.close();
  });

  it('meets WCAG 2.2 AA on every page as far as a machine can tell, light and dark, and needs no sideways scrolling', async () => {
    const { context, page } = await phone({ javaScriptEnabled: true });
    const seen: string[] = [];
    await journey(page, async (name) => {
      await page.addScriptTag({ path: axe });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const { violations, passes } = await faultsOf(page);
        expect({ name, colorScheme, violations }).toEqual({ name, colorScheme, violations: [] });
        expect(passes).toBeGreaterThan(10);
      }
      const [wide, view] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, window.innerWidth]');
      expect({ name, wide }).toEqual({ name, wide: view });
      await page.screenshot({ path: join(pictures, `dark-${name}.png`), fullPage: true });
      seen.push(name);
    });
    expect(seen).toHaveLength(8);
    await context.close();
  });

  it('holds a group’s name from right to left with marks and a parrot, and rules of 5,000 characters, in which no script runs', async () => {
    const group = { name: 'Far', purpose: 'x', groupType: 'party-group', admins: [await invited.member()] };
    const groupId = (await invited.done('/v1/groups', group))['groupId'] as string;
    await invited.app.settle();
    const groupName = 'مجموعة <b>الحي</b> 🦜 <script>document.title="run"</script>';
    await invited.done('/v1/texts/fields', { groupId, fields: { ...fields, groupName } });
    const long = { topic: 'at_length', heading: 'At length', body: `${'w'.repeat(400)} ${'كلمة '.repeat(300)}` };
    const more = [1, 2].map((nth) => ({ topic: `more_${nth}`, body: 'Be kind to each other. '.repeat(70) }));
    const sections = [...agreement, long, ...more];
    expect(sections.map(({ body }) => body).join('').length).toBeGreaterThan(5_000);
    await invited.done('/v1/texts', { groupId, kind: 'agreement', sections, publish: true });
    await invited.app.settle();
    const { personId } = await invited.somebody();
    const own = { groupId, personId, audience: undefined, maxUses: 1, channel: 'personal_invite' };
    const { link } = await invited.invite(own);
    const { context, page } = await phone({ javaScriptEnabled: true });
    const look = async (name: string) => {
      await page.addScriptTag({ path: axe });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect({ name, ...(await faultsOf(page)) }).toMatchObject({ name, violations: [] });
        await page.screenshot({ path: join(pictures, `${colorScheme}-${name}.png`), fullPage: true });
      }
      const [wide, view] = await page.evaluate<number[]>('[document.documentElement.scrollWidth, window.innerWidth]');
      expect({ name, wide }).toEqual({ name, wide: view });
      expect(await page.title()).not.toBe('run');
    };
    await page.goto(link);
    await page.getByRole('heading', { name: groupName }).waitFor();
    await look('9-far');
    await page.getByRole('button', { name: /code/i }).click();
    await page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    await look('10-code');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').waitFor();
    await look('11-code-missing');
    await context.close();
  });

  it('can be used by keyboard alone, in the order in which it is read', async () => {
    const { context, page } = await phone({ javaScriptEnabled: false });
    const { crmId } = await invited.somebody();
    const { link } = await invited.invite();
    await page.goto(link);
    await page.keyboard.press('Tab');
    await page.keyboard.type(crmId);
    await page.getByLabel('Email address').focus();
    await page.keyboard.press('Shift+Tab');
    await page.getByLabel('Date of birth').fill(BORN);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'I agree' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Open the group in WhatsApp' }).waitFor();
    await context.close();
  });
});

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe, which was put into the page, finds wrong with it, and how many of its rules hold. */
async function faultsOf(page: Page): Promise<{ violations: string[]; passes: number }> {
  const found = await page.evaluate<AxeResults>(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`);
  return {
    violations: found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
    ),
    passes: found.passes.length,
  };
}
