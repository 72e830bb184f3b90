import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openInvited, WHATSAPP, type Invited } from '../invitations/testing.js';
import { openMailbox, type Mailbox } from '../messages/testing.js';

let mailbox: Mailbox;
let invited: Invited;
beforeAll(async () => {
  mailbox = await openMailbox();
  invited = await openInvited(mailbox.env);
});
afterAll(async () => {
  await invited.app.close();
  await mailbox.close();
});

/** A member with an address of their own, and a personal invitation for them. */
const personal = async () => {
  const email = `${randomUUID()}@members.example`;
  const { personId } = await invited.done('/v1/people', {
    links: [{ kind: 'crmId', value: randomUUID() }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    dateOfBirth: '1980-04-01',
    email,
    source: 'crm',
  });
  await invited.app.settle();
  const invitation = await invited.invite({ audience: undefined, personId, maxUses: 1 });
  return { ...invitation, personId: personId as string, email };
};
const codesTo = (email: string) =>
  mailbox.mails
    .filter(({ recipients, subject }) => recipients.includes(email) && subject?.startsWith('Your code'))
    .map(({ text }) => /^\d{6}$/m.exec(text ?? '')![0]);
/** Asks for a code and waits for the `nth` mail. */
const askFor = async (path: string, email: string, nth = 1) => {
  const { form } = await invited.open(path);
  const page = await invited.fill(path, { step: 'send', form });
  await invited.app.settle();
  for (let tries = 0; codesTo(email).length < nth && tries < 200; tries++) await delay(50);
  return { page, code: codesTo(email)[nth - 1]! };
};
/** Six digits that are not the code. */
const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('a code by email', () => {
  it('[LD-09] [LD-12] proves who the personal invitation is for, and lets them agree; once', async () => {
    const { path, email } = await personal();
    const { page, code } = await askFor(path, email);
    expect(page.html).not.toContain(email);
    const asked = await invited.fill(path, { step: 'code', form: page.form, code: ` ${code} ` });
    expect(asked.html).toContain('I agree');
    expect((await invited.fill(path, { step: 'code', form: page.form, code })).status).toBe(422);
    const joined = await invited.fill(path, { step: 'agree', form: asked.form });
    expect(joined.html).toContain(WHATSAPP);
  });

  it('is good for five tries and not a sixth', async () => {
    const { path, email } = await personal();
    const { page, code } = await askFor(path, email);
    for (let n = 0; n < 5; n++)
      expect((await invited.fill(path, { step: 'code', form: page.form, code: other(code) })).status).toBe(422);
    const sixth = await invited.fill(path, { step: 'code', form: page.form, code });
    expect(sixth.status).toBe(422);
    expect(sixth.html).not.toContain('I agree');
  });

  it('is of no use after ten minutes, nor once another was sent', async () => {
    const { path, email } = await personal();
    const first = await askFor(path, email);
    const { page, code } = await askFor(path, email, 2);
    if (first.code !== code)
      expect((await invited.fill(path, { step: 'code', form: page.form, code: first.code })).status).toBe(422);
    const { now } = (await invited.app.get('/v1/clock')).body as { now: string };
    await invited.app.moveClock(new Date(Date.parse(now) + 600_000).toISOString());
    expect((await invited.fill(path, { step: 'code', form: page.form, code })).status).toBe(422);
  });

  it('is sent three times in a quarter of an hour and not a fourth', async () => {
    const { path, email } = await personal();
    for (let nth = 1; nth <= 3; nth++) await askFor(path, email, nth);
    const { form } = await invited.open(path);
    expect((await invited.fill(path, { step: 'send', form })).status).toBe(429);
  });

  it('is offered with personal invitations alone, and sent by no other', async () => {
    const { path } = await invited.invite();
    const shared = await invited.open(path);
    expect(shared.html).not.toContain('Email me a code');
    const before = mailbox.mails.length;
    const page = await invited.fill(path, { step: 'send', form: shared.form });
    expect(page.html).not.toContain('Enter the code');
    await invited.app.settle();
    expect(mailbox.mails).toHaveLength(before);
    expect((await invited.open((await personal()).path)).html).toContain('Email me a code');
  });

  it('[AMZ-113] is not sent to who was erased, and the page does not tell', async () => {
    const { path, email, personId } = await personal();
    const { form } = await invited.open(path);
    const sent = await invited.fill(path, { step: 'send', form });
    await invited.app.asOwner(
      "update consent_keys.subject_keys set state = 'destroyed', wrapped = null, destroyed_at = now() where subject_id = $1",
      [personId],
    );
    const after = await invited.fill(path, { step: 'send', form });
    expect({ status: after.status, title: /<h1>.*<\/h1>/.exec(after.html)![0] }).toEqual({
      status: sent.status,
      title: /<h1>.*<\/h1>/.exec(sent.html)![0],
    });
    await invited.app.settle();
    expect(codesTo(email).length).toBeLessThanOrEqual(1);
  });

  it('is shown to no admin and kept nowhere in clear', async () => {
    const { path, email, personId } = await personal();
    const { code } = await askFor(path, email);
    const { items } = (await invited.app.get(`/v1/messages?personId=${personId}&kind=one_time_code`)).body;
    const { body } = await invited.app.get(`/v1/messages/${items![0]!['messageId'] as string}`);
    expect(body['content']).toEqual({ state: 'absent' });
    const [row] = await invited.app.asOwner<{ text: string }>(
      'select t.code_hash as text from consent.one_time_codes t where person_id = $1',
      [personId],
    );
    // Six digits may stand by chance in an id, a fingerprint or a time: those are longer words.
    const standsIn = (text: string) => new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`).test(text);
    expect(standsIn(`the code ${code}`)).toBe(true);
    expect(row!.text).not.toBe(code);
    expect(invited.app.lines.filter((line) => standsIn(line) || line.includes(email))).toEqual([]);
  });
});
