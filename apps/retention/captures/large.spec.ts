import { request } from 'node:http';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCouncils, type Councils } from '../testing.js';

const MEGABYTE = 1024 ** 2;
/** Of an export that is read first: it shows what a process needs for any. */
const SMALL = 3 * MEGABYTE;
/** More by `LARGE_EXPORT_MB`. */
const LARGE = Number(process.env['LARGE_EXPORT_MB'] ?? 10) * MEGABYTE;
/** Of what is in use in the whole process, in which the client and its log are too. */
const MOST_GROWTH = 40 * MEGABYTE;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Memory in use: what the process holds beyond it is room it could give back, of which it takes more the busier it is. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let councils: Councils;
let groupId: string;
beforeAll(async () => {
  councils = await openCouncils();
  groupId = await councils.group('citizen-conversation');
});
afterAll(() => councils.app.close());

/** Lines of a chat over years, part by part. */
function* chat(bytes: number): Generator<Buffer> {
  let lines: string[] = [];
  for (let size = 0, minute = 0; size < bytes; minute++) {
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

async function handIn(bytes: number): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${councils.app.key}`, 'content-type': 'text/plain' };
  const sent = request(`${councils.app.url}/v1/captures?groupId=${groupId}`, { method: 'POST', headers });
  const answered = once(sent, 'response');
  for (const part of chat(bytes)) if (!sent.write(part)) await once(sent, 'drain');
  sent.end();
  const [response] = (await answered) as [AsyncIterable<Buffer>];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
}

/** Has an export of this size read; gives the most memory the process had meanwhile, and how often progress was seen. */
async function read(bytes: number): Promise<{ most: number; steps: number }> {
  let most = inUse();
  // A small one is read within seconds, and it is what the large one is compared with. Each look collects all garbage first, so it takes a while.
  const watch = setInterval(() => (most = Math.max(most, inUse())), bytes / MEGABYTE < 5 ? 200 : 1_000);
  const { captureId, state } = await handIn(bytes);
  expect(state).toBe('reading');
  const seen = new Set<number>();
  for (;;) {
    const { body } = await councils.app.get(`/v1/captures/${captureId as string}`);
    seen.add((body['progress'] as { read: number }).read);
    if (body['state'] !== 'reading') {
      expect(body).toMatchObject({ state: 'ready', reason: null });
      expect(body['messages']).toBeGreaterThan(bytes / 100);
      clearInterval(watch);
      return { most, steps: seen.size };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('a large export', () => {
  it('is taken in and read in bounded memory, as a job that tells how far it is', async () => {
    const small = await read(SMALL);
    const large = await read(LARGE);
    const growth = (large.most - small.most) / MEGABYTE;
    process.stdout.write(
      `${LARGE / MEGABYTE} MB took ${Math.round(growth)} MB more memory than ${SMALL / MEGABYTE} MB\n`,
    );
    expect(large.steps).toBeGreaterThan(3);
    expect(growth * MEGABYTE).toBeLessThan(MOST_GROWTH);
  }, 1_200_000);
});
