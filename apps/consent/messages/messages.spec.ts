import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openParty, readAll, type Party } from '../testing.js';
import { MessageSender } from './sender.js';
import { openMailbox, type Mailbox } from './testing.js';

let mailbox: Mailbox;
let party: Party;
beforeAll(async () => {
  mailbox = await openMailbox();
  party = await openParty(mailbox.env);
});
afterAll(async () => {
  mailbox.answer();
  await party.app.close();
  await mailbox.close();
});
beforeEach(() => mailbox.behave('takes'));

const NAME = '<b>Ada</b> 🦜 "O\'Neil" & Söhne';
const RTL = 'مرحبا بك في المجموعة';

/** Somebody with an email address of their own, unless another is given; null for none. */
const somebody = async (email: string | null = `${randomUUID()}@members.example`) => {
  const person = {
    links: [{ kind: 'crmId', value: randomUUID() }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    ...(email ? { email } : {}),
    source: 'crm',
  };
  return { email, personId: (await party.done('/v1/people', person))['personId'] as string };
};
const write = async (personId: string, words: object = {}) => {
  const usual = { personId, kind: 'notice', subject: 'A new rule', text: 'Please read it.' };
  const body = await party.done('/v1/messages', { ...usual, groupId: party.groupId, ...words });
  return body['messageId'] as string;
};
const read = async (messageId: string) => {
  const { items } = (await party.app.get('/v1/messages?limit=500')).body;
  return items!.find((item) => item['messageId'] === messageId)!;
};
/** The message once it is in this state: what happens outside of requests and events ends in its own time. */
const inState = async (messageId: string, state: string) => {
  await party.app.settle();
  for (let tries = 0; ; tries++) {
    const row = await read(messageId);
    if (row['state'] === state) return row;
    if (tries === 200) throw new Error(`It is ${String(row['state'])}, not ${state}`);
    await delay(50);
  }
};
const now = async () => (await party.app.get('/v1/clock')).body['now'] as string;
const later = async (seconds: number) =>
  party.app.moveClock(new Date(Date.parse(await now()) + seconds * 1000).toISOString());
const mailsOf = (messageId: string) =>
  mailbox.mails.filter((mail) => mail.messageId === `<${messageId}@party.example>`);

describe('a message', () => {
  it('goes out once by email, to the address membership has, in plain text and HTML from the same words', async () => {
    const { personId, email } = await somebody();
    const text = `Dear ${NAME},\n\n${RTL}\n\nThe rules: https://party.example/rules?a=1&b=2.\nSee you.`;
    const messageId = await write(personId, { subject: `Rules for ${NAME}`, text });
    expect(await inState(messageId, 'sent')).toMatchObject({
      attempts: 1,
      channel: 'email',
      deliveredAt: await now(),
      uncertain: false,
    });
    const mails = mailsOf(messageId);
    expect(mails).toHaveLength(1);
    const [mail] = mails;
    expect(mail).toMatchObject({
      from: { name: 'Groups', address: 'groups@party.example' },
      recipients: [email],
      subject: `Rules for ${NAME}`,
    });
    expect(mail!.text!.replaceAll('\r\n', '\n').trim()).toBe(text);
    expect(mail!.html).not.toContain('<b>');
    expect(mail!.html).toContain('&lt;b&gt;Ada&lt;/b&gt; 🦜');
    expect(mail!.html).toContain(`<p dir="auto"`);
    expect(mail!.html).toContain(RTL);
    expect(mail!.html).toContain('<a href="https://party.example/rules?a=1&amp;b=2">');
  });

  it('waits until it is due', async () => {
    const { personId } = await somebody();
    const dueAt = new Date(Date.parse(await now()) + 3_600_000).toISOString();
    const messageId = await write(personId, { dueAt });
    expect(await inState(messageId, 'queued')).toMatchObject({ nextAt: dueAt });
    await later(3_600);
    await inState(messageId, 'sent');
  });

  it('is nothing new when it is queued again under its id', async () => {
    const { personId } = await somebody();
    const messageId = await write(personId);
    await inState(messageId, 'sent');
    const again = await party.app.post('/v1/messages', {
      messageId,
      personId,
      kind: 'notice',
      subject: 'Other',
      text: 'words',
    });
    expect(again.status).toBe(200);
    expect(mailsOf(messageId)).toHaveLength(1);
    expect((await party.app.get(`/v1/messages/${messageId}`)).body['content']).toMatchObject({ subject: 'A new rule' });
  });

  it('is sent by one of several senders that want it at once', async () => {
    mailbox.behave(550);
    const { personId } = await somebody();
    const messageId = await write(personId);
    await inState(messageId, 'given_up');
    mailbox.behave('takes');
    await party.done(`/v1/messages/${messageId}/release`, {});
    const sender = party.app.nest.get(MessageSender, { strict: false });
    const due = { tenantId: party.app.organisationId, messageId, personId };
    await Promise.all([sender.send(due), sender.send(due), sender.send(due), sender.send(due)]);
    expect(await inState(messageId, 'sent')).toMatchObject({ attempts: 2 });
    expect(mailsOf(messageId)).toHaveLength(1);
  });
});

describe('a mail server that does not take it', () => {
  it('is tried again after a minute when it says not now, and after five', async () => {
    mailbox.behave(450);
    const { personId } = await somebody();
    const messageId = await write(personId);
    const minuteOn = new Date(Date.parse(await now()) + 60_000).toISOString();
    expect(await inState(messageId, 'retrying')).toMatchObject({ attempts: 1, reason: 'refused', nextAt: minuteOn });
    await later(60);
    const fiveOn = new Date(Date.parse(await now()) + 300_000).toISOString();
    for (let row = await read(messageId); row['attempts'] !== 2; row = await read(messageId)) await delay(20);
    expect(await inState(messageId, 'retrying')).toMatchObject({ nextAt: fiveOn });
    mailbox.behave('takes');
    await later(300);
    expect(await inState(messageId, 'sent')).toMatchObject({ attempts: 3, reason: null });
    expect(mailsOf(messageId)).toHaveLength(1);
  });

  it('is not tried again when it says never; somebody delivers the words by hand', async () => {
    mailbox.behave(550);
    const { personId } = await somebody();
    const messageId = await write(personId);
    expect(await inState(messageId, 'given_up')).toMatchObject({ attempts: 1, reason: 'refused', nextAt: null });
    expect((await party.app.get(`/v1/messages/${messageId}`)).body['content']).toEqual({
      state: 'value',
      subject: 'A new rule',
      text: 'Please read it.',
    });
    await party.done(`/v1/messages/${messageId}/delivered-by-hand`, { channel: 'chat' });
    expect(await inState(messageId, 'by_hand')).toMatchObject({ channel: 'chat', deliveredAt: await now() });
  });

  it('is not waited for any longer than the time set', async () => {
    mailbox.behave('hangs');
    const { personId } = await somebody();
    const messageId = await write(personId);
    expect(await inState(messageId, 'retrying')).toMatchObject({ attempts: 1, reason: 'timeout' });
    mailbox.answer();
  });

  it('[LD-12] is not handed a message again while it has it in hand, however much time is said to pass', async () => {
    mailbox.behave('hangs', true);
    const { personId } = await somebody();
    const messageId = await write(personId);
    while (mailsOf(messageId).length === 0) await delay(20);
    await later(600);
    await party.app.settle();
    mailbox.behave('takes');
    mailbox.answer();
    expect(await inState(messageId, 'sent')).toMatchObject({ attempts: 1 });
    expect(mailsOf(messageId)).toHaveLength(1);
  });

  it('is asked again under the same Message-ID when nobody knows what it made of the first, and that is told', async () => {
    mailbox.behave('hangs', true);
    const { personId } = await somebody();
    const messageId = await write(personId);
    while (mailsOf(messageId).length === 0) await delay(20);
    mailbox.behave('takes');
    await later(600); // whoever began it is taken for dead
    expect(await inState(messageId, 'sent')).toMatchObject({ attempts: 2, uncertain: true });
    mailbox.answer();
    expect(mailsOf(messageId)).toHaveLength(2);
  });

  it('may send it back later: that is on record, and it can be tried anew', async () => {
    const { personId } = await somebody();
    const messageId = await write(personId);
    expect((await party.app.post(`/v1/messages/${randomUUID()}/bounced`)).status).toBe(404);
    await inState(messageId, 'sent');
    await party.done(`/v1/messages/${messageId}/bounced`, {});
    expect(await inState(messageId, 'bounced')).toMatchObject({ deliveredAt: null, channel: null });
    await party.done(`/v1/messages/${messageId}/release`, {});
    await inState(messageId, 'sent');
    expect(mailsOf(messageId)).toHaveLength(2);
  });
});

describe('a person', () => {
  it('without an address is told another way: the message says so', async () => {
    const messageId = await write((await somebody(null)).personId);
    expect(await inState(messageId, 'undeliverable')).toMatchObject({ reason: 'no_address' });
  });

  it('whom nobody knows gets nothing', async () => {
    const messageId = await write(randomUUID());
    expect(await inState(messageId, 'undeliverable')).toMatchObject({ reason: 'unknown_person' });
  });

  it('[AMZ-112] stands with address and words in no event, no table and no log line', async () => {
    const { personId, email } = await somebody('canary.magpie@members.example');
    mailbox.behave(450);
    const refused = await write(personId, { subject: 'Canary subject', text: 'Canary words for Zwitscherling' });
    await inState(refused, 'retrying');
    mailbox.behave('takes');
    await inState(await write(personId, { subject: 'Canary subject', text: 'Canary words' }), 'sent');
    const canaries = [email!, 'Canary subject', 'Canary words'];
    const tables = await party.app.asOwner<{ place: string }>(
      "select quote_ident(table_schema) || '.' || quote_ident(table_name) as place from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    );
    const leaks: string[] = [];
    for (const { place } of tables)
      for (const { text } of await party.app.asOwner<{ text: string }>(`select t::text as text from ${place} t`))
        if (canaries.some((canary) => text.includes(canary))) leaks.push(place);
    expect(leaks).toEqual([]);
    expect(party.app.lines.filter((line) => canaries.some((canary) => line.includes(canary)))).toEqual([]);
  });
});

describe('the outbox', () => {
  it('gives every message once, page by page, and those that wait by themselves', async () => {
    const whole = await readAll(party.app, '/v1/messages?state=sent', 500);
    expect(whole.length).toBeGreaterThan(3);
    expect(await readAll(party.app, '/v1/messages?state=sent', 2)).toEqual(whole);
    const dueAt = '2027-01-01T00:00:00.000Z';
    const messageId = await write((await somebody()).personId, { dueAt });
    const waiting = await readAll(party.app, '/v1/messages?state=waiting', 500);
    expect(waiting.map((row) => row['messageId'])).toContain(messageId);
    expect(waiting.filter(({ state }) => state === 'sent')).toEqual([]);
  });

  it('shows the words to admins alone, records that they were read, and shows another organisation nothing', async () => {
    const messageId = await write((await somebody()).personId);
    await party.app.get(`/v1/messages/${messageId}`);
    const [row] = await party.app.asOwner<{ count: string }>(
      'select count(*) from consent.events where stream_id = $1',
      [`disclosures-${messageId}`],
    );
    expect(Number(row!.count)).toBe(1);
    const { key } = await party.app.anotherOrganisation();
    expect((await party.app.get(`/v1/messages/${messageId}`, { key })).status).toBe(404);
    expect((await party.app.get('/v1/messages', { key })).body.items).toEqual([]);
    expect((await party.app.post(`/v1/messages/${messageId}/bounced`, {}, { key })).status).toBe(404);
  });
});
