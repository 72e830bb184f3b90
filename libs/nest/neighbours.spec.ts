import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { internalTokens } from './distributed.js';
import { neighbours, noNeighbours, type Neighbours } from './neighbours.js';
import type { HttpProblem } from './problem.js';
import { publicUrl } from './public-url.js';

const ORGANISATION = '0192f0c1-0000-7000-8000-000000000001';
const PERSON = '0192f0c1-0000-7000-8000-000000000002';
const tokens = internalTokens('a secret of thirty-two characters.');
const by = { system: 'consent.page', onBehalfOf: PERSON };

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A neighbour that answers like this. */
async function neighbour(answer: RequestListener): Promise<Neighbours> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return neighbours((service) => (service === 'membership' ? `http://127.0.0.1:${port}` : undefined), tokens.issue);
}
const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: HttpProblem) => ({ status: error.document.status, wait: error.headers['retry-after'] }),
  );
const away = { status: 503, wait: '2' };

describe('asking a neighbour', () => {
  it('says in whose name, for which organisation and on whose behalf, in a token the neighbour can trust', async () => {
    let principal: unknown;
    let behalf: unknown;
    const other = await neighbour((request, response) => {
      behalf = request.headers['rollcall-on-behalf-of'];
      const token = request.headers.authorization!.replace('Bearer ', '');
      void tokens.authenticator.authenticate(token).then((found) => {
        principal = found;
        response.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"code":"TooYoung"}');
      });
    });
    const answer = await other.ask('membership', ORGANISATION, 'POST', '/v1/groups', {}, by);
    expect(answer).toEqual({ status: 409, body: { code: 'TooYoung' } });
    expect(principal).toMatchObject({ tenantId: ORGANISATION, scopes: ['admin'], system: 'consent.page' });
    expect(behalf).toBe(PERSON);
  });

  it.each([
    ['is at fault', 500, '{}'],
    ['is busy', 429, '{}'],
    ['speaks no JSON', 200, '<html>'],
  ])('says to try again when it %s', async (_, status, body) => {
    const other = await neighbour((_request, response) => response.writeHead(status).end(body));
    expect(await failure(other.ask('membership', ORGANISATION, 'GET', '/v1/people'))).toEqual(away);
  });

  it('says to try again when nobody listens, or nobody knows where', async () => {
    const other = await neighbour((request) => request.socket.destroy());
    expect(await failure(other.ask('membership', ORGANISATION, 'GET', '/v1/people'))).toEqual(away);
    expect(await failure(other.ask('retention', ORGANISATION, 'GET', '/v1/items'))).toEqual(away);
    expect(await failure(noNeighbours.ask('membership', ORGANISATION, 'GET', '/v1/people'))).toEqual(away);
  });
});

describe('the address people reach the product by', () => {
  it('is taken without a slash at its end, and may be left out', () => {
    expect(publicUrl({ ROLLCALL_PUBLIC_URL: 'https://groups.example.org/rollcall/' })).toBe(
      'https://groups.example.org/rollcall',
    );
    expect(publicUrl({})).toBeUndefined();
  });

  it.each(['groups.example.org', 'ftp://example.org', 'https://example.org/?a=b'])('is refused as %s', (text) => {
    expect(() => publicUrl({ ROLLCALL_PUBLIC_URL: text })).toThrow('ROLLCALL_PUBLIC_URL');
  });
});
