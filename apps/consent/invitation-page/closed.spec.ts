import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agreement, BORN, fields, openInvited, WHATSAPP, type Invited } from '../invitations/testing.js';
import { InvitationPage } from './page.js';

let invited: Invited;
beforeAll(async () => {
  // Each test comes from an address of its own, told by the reverse proxy that stands before the product here.
  invited = await openInvited({ ROLLCALL_PROXIES: '1' });
});
afterAll(() => invited.app.close());

let last = 0;
const somewhere = () => ({ 'x-forwarded-for': `192.0.2.${(last += 1)}` });
const unknown = () => {
  const organisation = Buffer.from(invited.app.organisationId.replaceAll('-', ''), 'hex');
  return `/i/${Buffer.concat([organisation, randomBytes(16)]).toString('base64url')}`;
};
const join = async (path: string, crmId: string, from = somewhere()) => {
  const { form } = await invited.open(path, from);
  const asked = await invited.fill(path, { step: 'who', form, reference: crmId, dateOfBirth: BORN }, from);
  return invited.fill(path, { step: 'agree', form: asked.form }, from);
};

describe('a link that lets nobody in', () => {
  it('[LD-12] looks the same, expired, revoked, used up, unknown or malformed', async () => {
    const { crmId } = await invited.somebody();
    const [used, revoked, expired] = [
      await invited.invite({ maxUses: 1 }),
      await invited.invite(),
      await invited.invite({ expiresAt: '2026-05-01T10:00:00Z' }),
    ];
    expect((await join(used.path, crmId)).html).toContain(WHATSAPP);
    await invited.done(`/v1/invitations/${revoked.inviteId}/revoke`, { reason: 'leaked' });
    await invited.app.moveClock('2026-05-01T10:00:00.000Z');
    const malformed = ['/i/x', `/i/${'A'.repeat(43)}`, `/i/${'A'.repeat(3000)}`, '/i/%00%ff', '/i/..%2f..', '/i/קבוצה'];
    const pages = await Promise.all(
      [used.path, revoked.path, expired.path, unknown(), ...malformed].map((path) => invited.open(path, somewhere())),
    );
    const [first, ...others] = pages;
    expect(first!.html).toContain('This link does not let anybody in');
    for (const { status, html } of others) {
      // A path that is no URL never reaches the page, whatever the link.
      if (status !== 400) expect({ status, html }).toEqual({ status: 404, html: first!.html });
    }
    const posted = { step: 'back', reference: 'nobody', dateOfBirth: BORN };
    const answers = await Promise.all(
      [used.path, revoked.path, expired.path, unknown()].map((path) => invited.fill(path, posted, somewhere())),
    );
    for (const { status, html } of answers) expect({ status, html }).toEqual({ status: 422, html: answers[0]!.html });
  });

  it('[LD-09] still shows those who joined by it what they agreed to, and takes it back', async () => {
    const { crmId, personId } = await invited.somebody();
    const { path, inviteId } = await invited.invite();
    await join(path, crmId);
    await invited.done(`/v1/invitations/${inviteId}/revoke`, { reason: 'leaked' });
    const mine = await invited.fill(path, { step: 'back', reference: crmId, dateOfBirth: BORN }, somewhere());
    expect(mine.html).toContain('What you agreed to');
    expect(mine.html).not.toContain(WHATSAPP);
    const other = await invited.somebody();
    const theirs = await invited.fill(path, { step: 'back', reference: other.crmId, dateOfBirth: BORN }, somewhere());
    expect(theirs).toMatchObject({ status: 422 });
    expect((await invited.fill(path, { step: 'withdraw', form: mine.form }, somewhere())).status).toBe(200);
    const { body } = await invited.app.get(`/v1/consents?personId=${personId}`);
    expect(body.items).toMatchObject([{ state: 'withdrawn' }]);
  });

  it('[LD-12] lets in as many as it was for, when more agree at the same moment', async () => {
    const people = [await invited.somebody(), await invited.somebody(), await invited.somebody()];
    const { path, inviteId } = await invited.invite({ maxUses: 2 });
    const asked: string[] = [];
    for (const { crmId } of people) {
      const from = somewhere();
      const { form } = await invited.open(path, from);
      asked.push((await invited.fill(path, { step: 'who', form, reference: crmId, dateOfBirth: BORN }, from)).form);
    }
    const answers = await Promise.all(asked.map((form) => invited.fill(path, { step: 'agree', form }, somewhere())));
    expect(answers.filter(({ html }) => html.includes(WHATSAPP))).toHaveLength(2);
    expect(answers.filter(({ status, html }) => status === 409 && html.includes('used as often'))).toHaveLength(1);
    expect((await invited.app.get(`/v1/invitations/${inviteId}`)).body).toMatchObject({ uses: 2, maxUses: 2 });
  });
});

describe('guessing', () => {
  it('a token by 10,000 tries from one address finds nothing, is held up, and does not hold up others', async () => {
    const from = somewhere();
    const statuses = new Map<number, number>();
    const bodies = new Set<string>();
    const note = ({ status, html }: { status: number; html: string }) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 404) bodies.add(html);
    };
    for (let tries = 0; tries < 200; tries++) note(await invited.open(unknown(), from));
    // The rest past HTTP, so that the test takes seconds.
    const page = invited.app.nest.get(InvitationPage, { strict: false });
    const network = from['x-forwarded-for'];
    for (let tries = 200; tries < 10_000; tries++) note(await page.open({ token: unknown().slice(3), network }));
    expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([404, 429]);
    expect(statuses.get(404)!).toBeLessThan(100);
    expect(bodies.size).toBe(1);
    const { path } = await invited.invite();
    expect((await invited.open(path, from)).status).toBe(429);
    expect((await invited.open(path, from)).headers.get('retry-after')).toBe('900');
    expect((await invited.open(path, somewhere())).status).toBe(200);
  });

  it('a date of birth ends after five wrong ones, from wherever they come, also for the right one', async () => {
    const { crmId } = await invited.somebody();
    const { path } = await invited.invite();
    const { form } = await invited.open(path, somewhere());
    const guess = (dateOfBirth: string) =>
      invited.fill(path, { step: 'who', form, reference: crmId, dateOfBirth }, somewhere());
    for (let day = 1; day <= 5; day++) expect((await guess(`1981-01-0${day}`)).status).toBe(422);
    const held = await guess(BORN);
    expect([held.status, held.headers.get('retry-after')]).toEqual([429, '3600']);
    expect(held.html).toContain('Wait an hour');
    const { crmId: other } = await invited.somebody();
    expect(
      (await invited.fill(path, { step: 'who', form, reference: other, dateOfBirth: BORN }, somewhere())).status,
    ).toBe(200);
  });

  it('leaves no token, number, date or address in the log', async () => {
    const { crmId } = await invited.somebody();
    const { path } = await invited.invite();
    const from = { 'x-forwarded-for': '203.0.113.77' };
    await join(path, crmId, from);
    const log = invited.app.lines.join('\n');
    for (const secret of [path.slice(3), crmId, BORN, '203.0.113.77', WHATSAPP]) expect(log).not.toContain(secret);
    expect(log).toContain('"route":"/i/:token"');
  });
});

describe('the page', () => {
  it('is kept by nobody but the browser, tells no other site, runs nothing and cannot be put into another page', async () => {
    const { path } = await invited.invite();
    for (const { headers } of [await invited.open(path, somewhere()), await invited.open(unknown(), somewhere())]) {
      expect(headers.get('cache-control')).toBe('private, no-cache');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  it('is kept not even by the browser where it shows the way into the group', async () => {
    const { path } = await invited.invite();
    const { form, headers } = await invited.identify(path, (await invited.somebody()).crmId);
    expect(headers.get('cache-control')).toBe('private, no-cache');
    const joined = await invited.fill(path, { step: 'agree', form });
    const receipt = await invited.fill(path, { step: 'receipt', form: joined.form });
    expect(joined.html).toContain(WHATSAPP);
    for (const kept of [joined, receipt]) expect(kept.headers.get('cache-control')).toBe('no-store');
  });

  it('says whose group it is', async () => {
    const { path } = await invited.invite();
    expect((await invited.open(path)).html).toContain('You are invited to a WhatsApp group of <bdi>The Party</bdi>');
  });

  it('answers what is no form, and a form that is too large, without a fault of its own', async () => {
    const { path } = await invited.invite();
    const post = (body: string, type: string) =>
      fetch(new URL(path, invited.app.url), {
        method: 'POST',
        body,
        headers: { 'content-type': type, ...somewhere() },
      });
    const sent = [
      await post('{"step":"agree"}', 'application/json'),
      await post('[]', 'application/json'),
      await post('step=agree&step=no&form=x', 'application/x-www-form-urlencoded'),
      await post(`reference=${'x'.repeat(20_000)}`, 'application/x-www-form-urlencoded'),
      await post('step=%ff%fe&__proto__=1&constructor=1', 'application/x-www-form-urlencoded'),
      await post('x', 'text/plain'),
    ];
    expect(sent.map(({ status }) => status)).toEqual([409, 409, 409, 413, 409, 415]);
  });

  it('answers a step that there is not with the first page', async () => {
    const { path } = await invited.invite();
    const { form } = await invited.identify(path, (await invited.somebody()).crmId);
    for (const step of ['constructor', '__proto__', 'toString', 'agree '.repeat(3), 'elsewhere']) {
      const { status, html } = await invited.fill(path, { step, form });
      expect({ step, status, html }).toEqual({ step, status: 200, html: expect.stringContaining('You are invited') });
    }
  });
});

it('[LD-28] nobody is asked to join while the agreement that the policy asks for is not published', async () => {
  const { app, done, member } = invited;
  const group = { name: 'New', purpose: 'A new one', groupType: 'party-group', admins: [await member()] };
  const { groupId } = (await done('/v1/groups', group)) as { groupId: string };
  await app.settle();
  await done('/v1/texts/fields', { groupId, fields });
  const { path } = await invited.invite({ groupId });
  await done('/v1/profiles/political-party/activate', {});
  await app.settle();
  const early = await invited.open(path);
  expect({ status: early.status, form: early.form, html: early.html }).toMatchObject({
    status: 409,
    form: '',
    html: expect.stringContaining('not ready to let people in'),
  });
  await done('/v1/texts', { groupId, kind: 'agreement', sections: agreement, publish: true });
  expect((await invited.open(path)).html).toContain(agreement[0]!.body);
});
