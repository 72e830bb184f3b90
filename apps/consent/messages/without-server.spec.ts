import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openParty, type Party } from '../testing.js';
import { mailServer } from './mail.js';

let party: Party;
beforeAll(async () => {
  party = await openParty();
});
afterAll(() => party.app.close());

it('waits where there is no mail server, for all to see, until somebody delivers it by hand', async () => {
  const { app, member, done } = party;
  const body = { personId: await member(), kind: 'notice', subject: 'A new rule', text: 'Please read it.' };
  const { messageId } = await done('/v1/messages', body);
  await app.settle();
  const waiting = async () => (await app.get('/v1/messages?state=waiting')).body.items!;
  expect(await waiting()).toMatchObject([{ messageId, state: 'held', attempts: 0, nextAt: null }]);
  await app.moveClock('2026-05-10T09:00:00.000Z');
  expect(await waiting()).toMatchObject([{ messageId, state: 'held', attempts: 0 }]);
  expect((await app.post(`/v1/messages/${messageId as string}/bounced`)).body.code).toBe('MessageNotSent');
  expect((await app.post(`/v1/messages/${messageId as string}/release`)).body.code).toBe('MessageTooLate');
  await done(`/v1/messages/${messageId as string}/delivered-by-hand`, { channel: 'meeting' });
  expect(await waiting()).toEqual([]);
});

it('refuses settings that cannot work, in a sentence', () => {
  expect(mailServer({})).toBeUndefined();
  expect(() => mailServer({ SMTP_URL: 'smtp://mail.example' })).toThrow('MAIL_FROM is');
  const MAIL_FROM = 'groups@party.example';
  expect(() => mailServer({ SMTP_URL: 'https://mail.example', MAIL_FROM })).toThrow('SMTP_URL is');
  expect(() => mailServer({ SMTP_URL: 'smtp://mail.example', MAIL_FROM, SMTP_TIMEOUT_SECONDS: 'long' })).toThrow(
    'SMTP_TIMEOUT_SECONDS',
  );
});
