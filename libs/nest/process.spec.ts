import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { openLog } from './log.js';
import { createApp } from './process.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const GIVEN = '0198c0de-0000-7000-8000-000000000001';

let app: NestExpressApplication;
afterEach(() => app.close());

/** Asks a process for what it does not have; gives the request's id by the answer's header, its problem document and the log. */
async function idsOfRequest(behindGateway: boolean, given: string) {
  const lines: string[] = [];
  const log = openLog('test', 'trace', { write: (line) => void lines.push(line) });
  app = await createApp({
    kits: [],
    authenticator: { authenticate: async () => undefined },
    log,
    behindGateway,
    // Somewhere deep, where nobody knows of a request.
    middleware: (application) =>
      application.use(
        (_request: unknown, _response: unknown, next: () => void) =>
          void delay(1).then(() => {
            log.warn('from the depth');
            next();
          }),
      ),
  });
  await app.listen(0, '127.0.0.1');
  const response = await fetch(`${await app.getUrl()}/v1/nowhere`, { headers: { 'x-request-id': given } });
  const { requestId } = (await response.json()) as { requestId: string };
  const logged = lines.map((line) => (JSON.parse(line) as { requestId?: string }).requestId);
  expect(logged.length).toBeGreaterThan(1);
  return new Set([response.headers.get('x-request-id'), requestId, ...logged]);
}

describe('the id of a request', () => {
  it('[R58] is one in the answer, the problem document and every line of the log, and is not the caller’s to choose', async () => {
    const [id, ...others] = await idsOfRequest(false, GIVEN);
    expect(others).toEqual([]);
    expect(id).toMatch(UUID);
    expect(id).not.toBe(GIVEN);
  });

  it('[R58] stays the same where the gateway hands the request on', async () => {
    expect(await idsOfRequest(true, GIVEN)).toEqual(new Set([GIVEN]));
  });

  it('[R58] is given anew behind the gateway too when it is not one of ours', async () => {
    const [id, ...others] = await idsOfRequest(true, 'Canaria <script>');
    expect(others).toEqual([]);
    expect(id).toMatch(UUID);
  });
});
