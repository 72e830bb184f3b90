import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openMailbox, type Mailbox } from '../messages/testing.js';
import { openParty, type Party } from '../testing.js';

let mailbox: Mailbox;
let party: Party;
beforeAll(async () => {
  mailbox = await openMailbox();
  party = await openParty(mailbox.env);
});
afterAll(async () => {
  await party.app.close();
  await mailbox.close();
});

type About = { personId: string; groupId: string };
/** Somebody who does not want to be in the group. */
const outsider = async (): Promise<About> => {
  const { personId } = await party.done('/v1/people', {
    links: [{ kind: 'crmId', value: randomUUID() }],
    statuses: [{ category: 'member', status: 'active', from: '2020-01-01T00:00:00.000Z' }],
    email: `${randomUUID()}@members.example`,
    source: 'crm',
  });
  const about = { personId: personId as string, groupId: party.groupId };
  await party.done('/v1/consents/refuse', about);
  return about;
};
const row = async ({ personId }: About) =>
  (await party.app.get(`/v1/alternative-channels?personId=${personId}`)).body.items![0];
const owed = async ({ personId }: About) =>
  (await party.app.get(`/v1/alternative-channels/owed?personId=${personId}`)).body.items!;
const mail = async (about: About, said: object = {}) => {
  const words = { kind: 'notice', subject: 'Where we meet', text: 'At six.', textVersion: 'n-7' };
  const { messageId } = await party.done('/v1/messages', { ...about, ...words, ...said });
  return messageId as string;
};
/** Sending happens beside requests and events, in its own time. */
const until = async (isSo: () => Promise<boolean>) => {
  for (let tries = 0; tries < 200; tries++) {
    await party.app.settle();
    if (await isSo()) return;
    await delay(50);
  }
  throw new Error('It did not come to that');
};
const isReached = async (about: About) => (await row(about))?.['deliveredAt'] != null;

describe('proof that a notice reached somebody who is not in the group', () => {
  it('[LD-13] is owed to whoever must be reached: first a way, then the text by that way', async () => {
    const about = await outsider();
    expect(await owed(about)).toMatchObject([
      {
        ...about,
        channel: null,
        owed: ['channel', 'notice'],
        textVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
        rules: [{ parameter: 'nonjoiner_channel', obligations: ['LD-13'] }],
      },
    ]);
    await party.done('/v1/alternative-channels/record', { ...about, channel: 'post' });
    expect(await owed(about)).toMatchObject([{ channel: 'post', owed: ['notice'] }]);
  });

  it('[LD-13] is somebody’s word, with the way and the exact text', async () => {
    const about = await outsider();
    const [due] = await owed(about);
    const attestedBy = randomUUID();
    const said = { ...about, channel: 'phone', attestedBy };
    await party.done('/v1/alternative-channels/deliver', said);
    expect(await row(about)).toMatchObject({
      deliveredAt: '2026-05-01T09:00:00.000Z',
      deliveredBy: 'phone',
      deliveredVersion: due!['textVersion'],
      attestedBy,
      messageId: null,
    });
    expect(await owed(about)).toEqual([]);
    expect(await party.done('/v1/alternative-channels/deliver', said)).toMatchObject({ events: [] });
    const kept = `/v1/texts/words?groupId=${party.groupId}&kind=notice&textVersion=${String(due!['textVersion'])}`;
    expect((await party.app.get(kept)).body['text']).toContain('Messages can get out');
  });

  it('[LD-13] is the mail server’s word for a mail of ours, and is gone when the mail comes back', async () => {
    const about = await outsider();
    const messageId = await mail(about);
    await until(() => isReached(about));
    expect(await row(about)).toMatchObject({ deliveredBy: 'email', deliveredVersion: 'n-7', messageId });
    expect(await owed(about)).toEqual([]);
    await party.done(`/v1/messages/${messageId}/bounced`, {});
    await party.app.settle();
    expect(await row(about)).toMatchObject({ deliveredAt: null, messageId: null });
    expect(await owed(about)).toHaveLength(1);
  });

  it('[LD-13] is not a mail of another kind, nor one that the server refuses', async () => {
    const about = await outsider();
    const sent = mailbox.mails.length;
    await mail(about, { kind: 'welcome' });
    await until(async () => mailbox.mails.length > sent);
    mailbox.behave(550);
    const refused = await mail(about);
    await until(async () => {
      const { items } = (await party.app.get(`/v1/messages?personId=${about.personId}`)).body;
      return items!.some((one) => one['messageId'] === refused && one['state'] === 'given_up');
    });
    mailbox.behave('takes');
    expect(await isReached(about)).toBe(false);
  });

  it('[LD-13] is owed anew to whoever agreed in between and then took it back', async () => {
    const about = await outsider();
    await party.done('/v1/alternative-channels/deliver', { ...about, channel: 'meeting' });
    await party.agree(about.personId);
    expect(await owed(about)).toEqual([]);
    await party.done('/v1/consents/withdraw', about);
    expect(await owed(about)).toMatchObject([{ owed: ['channel', 'notice'] }]);
  });
});
