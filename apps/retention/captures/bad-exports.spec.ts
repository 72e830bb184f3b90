import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { readdir } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openApp, type TestApp } from '../../standalone/testing.js';
import { CHAT, handIn, zipOf } from './testing.js';

const LIMIT = 4 * 1024 ** 2;
const folder = mkdtempSync(join(tmpdir(), 'rollcall-test-captures-'));
let app: TestApp;
let groupId: string;
beforeAll(async () => {
  app = await openApp({
    at: '2024-02-09T12:00:00.000Z',
    env: { ROLLCALL_CAPTURES: folder, ROLLCALL_CAPTURE_LIMIT: String(LIMIT) },
  });
  await app.post('/v1/profiles/council-citizen-contact/activate', {});
  const { body } = await app.post('/v1/people', { links: [{ kind: 'hrId', value: 'one' }], source: 'hr' });
  await app.settle();
  const group = { name: 'Ann', purpose: 'Contact', groupType: 'citizen-conversation', admins: [body['personId']] };
  groupId = (await app.post('/v1/groups', group)).body['groupId'] as string;
  await app.settle();
});
afterAll(() => app.close());

/** Nothing of it is in the vault, and no file is left. */
async function expectNothingOf(captureId: unknown): Promise<void> {
  expect(await app.asOwner(`select from retention.personal_data where subject_id = '${String(captureId)}'`)).toEqual(
    [],
  );
  expect(await readdir(folder)).toEqual([]);
}
const patched = (zip: Buffer, from: string, to: string) =>
  Buffer.from(zip.toString('latin1').replaceAll(from, to), 'latin1');
const failure = async (body: string | Buffer, query = '') => {
  const { status, body: answer } = await handIn(app, groupId, body, query);
  expect(status).toBe(202);
  await expectNothingOf(answer['captureId']);
  return answer;
};

describe('what is no exported chat', () => {
  const zeros = Buffer.alloc(40 * 1024 ** 2);
  const cases: Record<string, () => Promise<string | Buffer>> = {
    not_recognised: async () => 'Dear all,\nthis is a letter.\n',
    date_order: async () => '28/02/2024, 10:00 - Ann: Hello\n31/31/2024, 10:00 - Ann: Hello',
    no_chat: () => zipOf({ 'picture.jpg': 'x' }),
    nested_zip: async () => zipOf({ 'chat.zip': await zipOf({ '_chat.txt': CHAT }) }),
    several_chats: () => zipOf({ 'WhatsApp Chat with Ann.txt': CHAT, 'WhatsApp Chat with Bob.txt': CHAT }),
    damaged_zip: async () => (await zipOf({ '_chat.txt': CHAT })).subarray(0, -30),
    unsafe_name: async () => patched(await zipOf({ '_chat.txt': CHAT, 'aa/evil.txt': 'x' }), 'aa/evil', '../evil'),
    expands_too_much: () => zipOf({ '_chat.txt': CHAT, 'big.mp4': zeros }),
  };
  for (const [reason, make] of Object.entries(cases))
    it(`ends as failed with the reason ${reason}, in words, and nothing of it stays`, async () => {
      expect(await failure(await make())).toMatchObject({ state: 'failed', reason, detail: expect.any(String) });
    });

  it('ends as failed when a file grows beyond the size the zip declares', async () => {
    const zip = await zipOf({ '_chat.txt': CHAT.repeat(2_000) });
    // The size is declared in front of the data and in the list at the end; both are made to lie.
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(CHAT.repeat(2_000)));
    const lying = patched(zip, size.toString('latin1'), '\x64\x00\x00\x00');
    expect(lying.equals(zip)).toBe(false);
    expect(await failure(lying)).toMatchObject({ state: 'failed' });
  });

  it('ends as failed when it is not UTF-8', async () => {
    const text = Buffer.concat([Buffer.from(CHAT), Buffer.from([0xff, 0xfe])]);
    expect(await failure(await zipOf({ '_chat.txt': text }))).toMatchObject({ state: 'failed', reason: 'not_text' });
  });

  it('damaged inside ends as failed, and what was read before is gone', async () => {
    const zip = await zipOf({ '_chat.txt': CHAT.repeat(5_000) });
    zip.fill(0x55, 200, 400);
    expect(await failure(zip)).toMatchObject({ state: 'failed', reason: 'damaged_zip' });
  });

  it('read with the wrong order of dates ends as failed and says what to state; with the right one it is read', async () => {
    const text = '2/28/24, 3:05 PM - Ann: Hello'.replace('2/28/24', '2/8/24');
    expect(await failure('1/28/24, 3:05 PM - Ann: Hi', '&dateOrder=day_first')).toMatchObject({ reason: 'date_order' });
    const { body } = await handIn(app, groupId, text, '&dateOrder=month_first&timeZone=America/New_York');
    expect(body).toMatchObject({ state: 'ready', dateOrder: 'month_first', dateOrderIs: 'stated' });
    const { body: preview } = await app.get(`/v1/captures/${body['captureId'] as string}/preview`);
    expect(preview.items).toMatchObject([{ at: '2024-02-08T20:05:00.000Z' }]);
  });

  it('with dates that go backwards is read, and flagged', async () => {
    const { body } = await handIn(app, groupId, '09/02/2024, 10:00 - Ann: A\n08/02/2024, 10:00 - Ann: B');
    expect(body).toMatchObject({ state: 'ready', backwards: 1 });
  });
});

describe('what is not taken in', () => {
  it('is a body that is too large, by what it declares, before any of it is sent', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${app.key}`,
        'content-type': 'application/zip',
        'content-length': String(2 * 1024 ** 3 + 1),
      };
      const sent = httpRequest(`${app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode!);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.write('PK');
    });
    expect(status).toBe(413);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is one that turns out to be too large while it comes, without its length', async () => {
    const part = Buffer.alloc(256 * 1024, 'x');
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { authorization: `Bearer ${app.key}`, 'content-type': 'text/plain' };
      const sent = httpRequest(`${app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode!);
        sent.destroy();
      });
      sent.on('error', reject);
      for (let at = 0; at <= LIMIT; at += part.length) sent.write(part);
    });
    expect(status).toBe(413);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is a file of another type, an empty one, one for no group of ours, and one in no zone there is', async () => {
    const status = async (body: string, query = '', type = 'text/plain', group = groupId) =>
      (await handIn(app, group, body, query, { 'content-type': type })).status;
    expect(await status(CHAT, '', 'application/json')).toBe(400);
    expect(await status(CHAT, '', 'image/png')).toBe(415);
    expect(await status('')).toBe(400);
    expect(await status(CHAT, '&timeZone=Europe/Nowhere')).toBe(400);
    expect(await status(CHAT, '&color=red')).toBe(400);
    expect(await status(CHAT, '', 'text/plain', '00000000-0000-4000-8000-000000000000')).toBe(409);
    const noKey = await fetch(`${app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', body: CHAT });
    expect(noKey.status).toBe(401);
    expect((await app.get('/v1/captures?limit=500')).body.items!.every(({ state }) => state !== 'reading')).toBe(true);
  });

  it('is a body that breaks off: no job is made of it, and the whole under the same Idempotency-Key is taken', async () => {
    const before = (await app.get('/v1/captures?limit=500')).body.items!.length;
    const again = { 'idempotency-key': randomUUID() };
    await new Promise<void>((resolve) => {
      const of = { authorization: `Bearer ${app.key}`, 'content-type': 'text/plain', 'content-length': '1000' };
      const headers = { ...of, ...again };
      const sent = httpRequest(`${app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', headers });
      sent.on('error', () => resolve());
      sent.on('close', () => resolve());
      sent.write(CHAT.slice(0, 100), () => setTimeout(() => sent.destroy(), 200));
    });
    expect((await app.get('/v1/captures?limit=500')).body.items).toHaveLength(before);
    expect(await readdir(folder)).toEqual([]);
    const { status, body } = await handIn(app, groupId, CHAT, '', again);
    expect({ status, state: body['state'] }).toEqual({ status: 202, state: 'ready' });
    expect((await handIn(app, groupId, CHAT, '', again)).body['captureId']).toBe(body['captureId']);
  });
});
