import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';
import { CHAT, handIn, zipOf } from './testing.js';

let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  await councils.app.moveClock('2024-02-09T12:00:00.000Z');
  groupId = await councils.group('citizen-conversation');
});
afterAll(() => councils.app.close());

const take = (body: string | Buffer, query = '') => handIn(councils.app, groupId, body, query);
const taken = async (body: string | Buffer, query = '') => (await take(body, query)).body['captureId'] as string;
const get = async (path: string) => (await councils.app.get(`/v1/captures/${path}`)).body;
const kept = async (path: string) => (await councils.app.get(`/v1/kept-messages${path}`)).body;
const preview = async (captureId: string) => (await get(`${captureId}/preview`)).items!;
const how = { recordClass: 'message', period: 'P2Y', ownerId: randomUUID() };
const keep = (captureId: string, wish: object) => councils.app.post(`/v1/captures/${captureId}/keep`, wish);

describe('an exported chat', () => {
  it('is read beside the request, and shown before anything of it is kept', async () => {
    const answer = await take(CHAT);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        state: 'ready',
        messages: 3,
        notices: 3,
        attachments: 1,
        backwards: 0,
        dateOrder: 'day_first',
        dateOrderIs: 'guessed',
      },
    });
    const bytes = Buffer.byteLength(CHAT);
    expect(answer.body['progress']).toEqual({ read: bytes, total: bytes });
    const captureId = answer.body['captureId'] as string;
    expect(await preview(captureId)).toMatchObject([
      { index: 0, kind: 'system' },
      { index: 1, kind: 'join', people: ['Bob Quince'] },
      { index: 2, kind: 'message', sender: 'Ann Marrow', at: '2024-02-09T10:02:00.000Z' },
      { index: 3, attachments: [{ name: 'IMG-20240209-WA0001.jpg', kind: 'image' }] },
      { index: 4, text: 'I will call\nat noon' },
      { index: 5, kind: 'removal', people: ['Bob Quince'] },
    ]);
    expect(await kept('')).toMatchObject({ items: [] });
    const [first, second] = [
      await get(`${captureId}/preview?limit=4`),
      await get(`${captureId}/preview?limit=4&cursor=${(await get(`${captureId}/preview?limit=4`))['next'] as string}`),
    ];
    expect([...first.items!, ...second.items!].map((line) => line['index'])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await get(`${captureId}/senders`)).toEqual({
      items: [
        { label: 'Ann Marrow', messages: 1 },
        { label: 'Bob Quince', messages: 2 },
      ],
      people: ['Bob Quince'],
    });
  });

  it('gives up its chosen messages as records, with fingerprint, sender, time and attachments, and is gone (CN-17, CN-19)', async () => {
    const picture = Buffer.from('a picture');
    const captureId = await taken(await zipOf({ '_chat.txt': CHAT, 'IMG-20240209-WA0001.jpg': picture }));
    const bob = randomUUID();
    const senders = [{ label: 'Bob Quince', personId: bob }];
    const { body } = await keep(captureId, { ...how, ranges: [{ from: 3, to: 4 }], senders });
    expect(body).toMatchObject({ kept: [expect.any(String), expect.any(String)], alreadyKept: [], evidence: 2 });
    const [itemId] = body['kept'] as string[];
    expect(await kept(`/${itemId!}`)).toMatchObject({
      personId: bob,
      sentAt: '2024-02-09T10:03:00.000Z',
      commitment: expect.stringMatching(/^[\w-]{43}$/),
      attachments: 1,
    });
    const message = (await kept(`/${itemId!}`))['message'] as { value: string };
    const sha256 = createHash('sha256').update(picture).digest('hex');
    expect(JSON.parse(message.value)).toMatchObject({
      sender: 'Bob Quince',
      attachments: [{ kind: 'image', size: 9, sha256 }],
    });
    expect((await councils.app.get(`/v1/retention-items/${itemId!}`)).body).toMatchObject({
      recordClass: 'message',
      personId: bob,
      startsAt: '2024-02-09T10:03:00.000Z',
      retainUntil: '2026-02-09T10:03:00.000Z',
    });
    expect(await get(captureId)).toMatchObject({ state: 'done' });
    expect((await councils.app.get(`/v1/captures/${captureId}/preview`)).body).toMatchObject({
      status: 409,
      code: 'NotReady',
    });
    const left = `select from retention.personal_data where subject_id = '${captureId}'`;
    expect(await councils.app.asOwner(left)).toEqual([]);
  });

  it('[CN-17] that comes twice is recognised: what is kept is kept once', async () => {
    const text = CHAT.replaceAll('10:0', '11:0').replace('noon', 'one');
    const wish = { ...how, ranges: [{ from: 2, to: 4 }] };
    const first = (await keep(await taken(text), wish)).body;
    const second = (await keep(await taken(text), { ...wish, startsAt: 'captured' })).body;
    expect(second).toMatchObject({ kept: [], alreadyKept: first['kept'] });
    const items = await councils.app.get(`/v1/retention-items?groupId=${groupId}&limit=100`);
    expect(
      items.body.items!.filter(({ itemId }) => (first['kept'] as string[]).includes(itemId as string)),
    ).toHaveLength(3);
  });

  it('kept from its capture where the schedule says so, and in two goes where more is to be chosen', async () => {
    const captureId = await taken(CHAT.replaceAll('10:0', '09:0'));
    const some = await keep(captureId, { ...how, indexes: [2], startsAt: 'captured', finish: false });
    const [itemId] = some.body['kept'] as string[];
    const now = '2024-02-09T12:00:00.000Z';
    expect((await councils.app.get(`/v1/retention-items/${itemId!}`)).body).toMatchObject({ startsAt: now });
    expect(await get(captureId)).toMatchObject({ state: 'ready' });
    expect((await keep(captureId, { ...how, indexes: [4] })).body).toMatchObject({ kept: [expect.any(String)] });
    expect((await keep(captureId, { ...how, indexes: [4] })).body).toMatchObject({ status: 409, code: 'NotReady' });
  });

  it('is refused a choice of lines it has not, of too many, or without a class', async () => {
    const captureId = await taken(CHAT);
    for (const wish of [
      { ...how, indexes: [6] },
      { ...how, ranges: [{ from: 4, to: 3 }] },
      { ...how, ranges: [{ from: 0, to: 900_000_000 }] },
      { indexes: [2] },
    ])
      expect((await keep(captureId, wish)).status).toBe(400);
    expect((await keep(captureId, { indexes: [2], recordClass: 'message', ownerId: randomUUID() })).body.code).toBe(
      'NoRetentionPeriod',
    );
    expect((await councils.app.post(`/v1/captures/${captureId}/discard`)).body).toMatchObject({
      events: [{ name: 'ChatExportDiscarded' }],
    });
  });

  it('says nothing outside of the vault, tells who looked, and shows itself to no other organisation', async () => {
    const captureId = await taken(CHAT);
    await preview(captureId);
    for (const table of ['events', 'captures', 'capture_progress', 'kept_messages', 'retention_items'])
      for (const word of ['boiler', 'Marrow', 'Quince'])
        expect(await councils.app.asOwner(`select from retention.${table} t where t::text like '%${word}%'`)).toEqual(
          [],
        );
    expect(councils.app.lines.filter((line) => /boiler|Marrow|Quince/.test(line))).toEqual([]);
    const read = await councils.app.get('/v1/history?type=PersonalDataRead');
    await councils.app.settle();
    expect(JSON.stringify((await councils.app.get('/v1/history?type=PersonalDataRead')).body)).toContain(captureId);
    expect(read.status).toBe(200);
    const { key } = await councils.app.anotherOrganisation();
    for (const path of [captureId, `${captureId}/preview`])
      expect((await councils.app.get(`/v1/captures/${path}`, { key })).status).toBe(404);
  });

  it('asked for again by its id, is the same', async () => {
    const captureId = randomUUID();
    await take(CHAT, `&captureId=${captureId}`);
    expect((await take('Another text', `&captureId=${captureId}`)).body).toMatchObject({ captureId, state: 'ready' });
  });
});

describe('the chat, page by page', () => {
  it('is every line once, and a cursor of another list is refused', async () => {
    const captureId = await taken(CHAT);
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const body = await get(`${captureId}/preview?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.items!.map(({ index }) => index));
      cursor = (body['next'] as string | null) ?? '';
    } while (cursor);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    const foreign = Buffer.from('["soon"]').toString('base64url');
    expect(await get(`${captureId}/preview?cursor=${foreign}`)).toMatchObject({ status: 400 });
    await councils.app.post(`/v1/captures/${captureId}/discard`);
  });
});

describe('an export sent twice at once', () => {
  it('is read once', async () => {
    const captureId = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => take(CHAT, `&captureId=${captureId}`)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const events = `select from retention.events where stream_id = 'capture-${captureId}'`;
    expect(await councils.app.asOwner(events)).toHaveLength(2);
    await councils.app.post(`/v1/captures/${captureId}/discard`);
  });
});

describe('the time of an export', () => {
  it('is over after 24 hours, and nothing is left of it; of a kept message, when its own deletion is attested', async () => {
    const [captureId, other] = [await taken(CHAT), await taken(CHAT.replaceAll('10:0', '08:0'))];
    const { body } = await keep(other, { ...how, indexes: [2], period: 'P1D' });
    const [itemId] = body['kept'] as string[];
    await councils.app.moveClock('2024-02-10T12:00:00.000Z');
    expect(await get(captureId)).toMatchObject({ state: 'expired' });
    const values = (subjectId: string) =>
      councils.app.asOwner(`select from retention.personal_data where subject_id = '${subjectId}'`);
    expect(await values(captureId)).toEqual([]);
    expect(await values(itemId!)).not.toEqual([]);
    const { taskId } = (await councils.app.get(`/v1/retention-items/${itemId!}`)).body;
    await councils.app.post(`/v1/deletion-tasks/${taskId as string}/attest`, {
      scope: 'own_device',
      attestedBy: how.ownerId,
    });
    await councils.app.settle();
    expect(await values(itemId!)).toEqual([]);
    expect((await kept(`/${itemId!}`))['message']).toEqual({ state: 'erased' });
  });

  /** As a process leaves it that was killed while it read. */
  const cutShort = async (captureId: string) => {
    await councils.app.asOwner(`update retention.captures set state = 'reading' where capture_id = '${captureId}'`);
    await councils.app.asOwner(`delete from retention.events where stream_id = 'capture-${captureId}' and version > 1`);
    await councils.app.asOwner(
      `update retention.capture_progress set beat_at = beat_at - interval '61 seconds' where capture_id = '${captureId}'`,
    );
  };

  it('is begun anew where reading was cut short and the same file is sent again under its Idempotency-Key', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = (await handIn(councils.app, groupId, CHAT, '', key)).body['captureId'] as string;
    await cutShort(first);
    const { status, body } = await handIn(councils.app, groupId, CHAT, '', key);
    expect({ status, state: body['state'] }).toEqual({ status: 202, state: 'ready' });
    expect(body['captureId']).not.toBe(first);
    expect(await get(first)).toMatchObject({ state: 'failed', reason: 'interrupted' });
    const third = (await handIn(councils.app, groupId, CHAT, '', key)).body;
    expect(third['captureId']).toBe(body['captureId']);
    await councils.app.post(`/v1/captures/${body['captureId'] as string}/discard`);
  });

  it('is over where a process was killed while reading: whoever asks is told', async () => {
    const captureId = await taken(CHAT);
    await cutShort(captureId);
    const { items } = (await councils.app.get('/v1/captures?limit=200')).body;
    expect(items!.find((one) => one['captureId'] === captureId)).toMatchObject({ reason: 'interrupted' });
    expect(await get(captureId)).toMatchObject({ state: 'failed', reason: 'interrupted' });
    expect(await councils.app.asOwner(`select from retention.personal_data where subject_id = '${captureId}'`)).toEqual(
      [],
    );
  });
});
