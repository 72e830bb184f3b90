import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onBehalfOf } from './log.js';
import { neighbours } from './neighbours.js';

let headers: IncomingHttpHeaders;
const server = createServer((request, response) => {
  headers = request.headers;
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ask = () =>
  neighbours(
    () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async () => 'token',
  ).ask('membership', randomUUID(), 'GET', '/v1/people');

describe('asking a neighbour', () => {
  it('[R58] hands on the id of the request it is done for, so that the logs of both can be read together', async () => {
    const requestId = randomUUID();
    await onBehalfOf(requestId, ask);
    expect(headers['x-request-id']).toBe(requestId);
    await ask();
    expect(headers).not.toHaveProperty('x-request-id');
  });
});
