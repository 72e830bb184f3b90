import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

const MEGABYTE = 1024 ** 2;
/** More by `LARGE_EXPORT_MB`. */
const SIZE = Number(process.env['LARGE_EXPORT_MB'] ?? 10) * MEGABYTE;
/** Of the whole process, in which the client and its log are too: the same whatever the size. */
const MOST_GROWTH = 200 * MEGABYTE;

let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
});
afterAll(() => councils.app.close());

/** Lines of a chat over years, part by part. */
function* chat(): Generator<Buffer> {
  let lines: string[] = [];
  for (let size = 0, minute = 0; size < SIZE; minute++) {
    const at = new Date(Date.UTC(2020, 0, 13) + minute * 60_000).toISOString();
    const day = `${at.slice(8, 10)}/${at.slice(5, 7)}/${at.slice(0, 4)}`;
    lines.push(
      `${day}, ${at.slice(11, 16)} - Person ${minute % 50}: message ${minute} about the flood in our street\n`,
    );
    size += lines.at(-1)!.length;
    if (lines.length < 5_000) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
  }
  yield Buffer.from(lines.join(''));
}

async function handIn(): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${councils.app.key}`, 'content-type': 'text/plain' };
  const sent = request(`${councils.app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', headers });
  const answered = once(sent, 'response');
  for (const part of chat()) if (!sent.write(part)) await once(sent, 'drain');
  sent.end();
  const [response] = (await answered) as [AsyncIterable<Buffer>];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
}

describe('a large export', () => {
  it('is taken in and read in bounded memory, as a job that tells how far it is', async () => {
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const { captureId, state } = await handIn();
    expect(state).toBe('reading');
    const seen = new Set<number>();
    for (;;) {
      const { body } = await councils.app.get(`/v1/captures/${captureId as string}`);
      seen.add((body['progress'] as { read: number }).read);
      if (body['state'] !== 'reading') {
        expect(body).toMatchObject({ state: 'ready', reason: null });
        expect(body['messages']).toBeGreaterThan(SIZE / 100);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    clearInterval(watch);
    expect(seen.size).toBeGreaterThan(3);
    process.stdout.write(`${SIZE / MEGABYTE} MB read with ${Math.round((most - before) / MEGABYTE)} MB more memory\n`);
    expect(most - before).toBeLessThan(MOST_GROWTH);
  }, 1_200_000);
});
