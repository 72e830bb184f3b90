import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { commandLines } from '../../libs/testing/canary.js';

let folder: string;
let child: ChildProcess;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-canary-'));
  await chmod(folder, 0o755); // Postgres runs as another user where we are root
});
afterAll(async () => {
  child.kill('SIGTERM');
  await once(child, 'exit');
  await rm(folder, { recursive: true, force: true });
});

const KEK = randomBytes(32).toString('base64');
const PERSON = /canaria|zwitscherling|canary-crm|1931-07-09|7700900123/i;

/** Starts the product as it is run; everything it writes is kept, at the finest level. */
async function start(): Promise<{ url: string; key: string; log: () => string }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    ROLLCALL_DATA: join(folder, 'data'),
    PORT: '0',
    LOG_LEVEL: 'trace',
  };
  child = spawn(process.execPath, ['dist/apps/standalone/main.js'], {
    env: { ...env, ROLLCALL_KEK: KEK },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  while (!text.includes('Ctrl-C stops it')) {
    if (child.exitCode !== null) throw new Error(`It ended: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [, key, url] = /keep it:\s+(\S+)[\s\S]*?API\s+(\S+)\/v1/.exec(text)!;
  return { url: url!, key: key!, log: () => text };
}

it('[R58] neither the logs of the process and its database nor any command line tell a secret or anything of a person', async () => {
  const { url, key, log } = await start();
  const send = (path: string, body: string, type = 'application/json') =>
    fetch(`${url}/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': type },
      body,
    });
  const person = {
    name: 'Canaria Zwitscherling',
    dateOfBirth: '1931-07-09',
    source: 'crm',
    links: [{ kind: 'crmId', value: 'canary-crm-77' }],
  };
  const phone = { ...person, links: [{ kind: 'phone', value: '+447700900123' }] };
  const stati = [
    await send('people', JSON.stringify(person)),
    await send('people', JSON.stringify(phone)), // no profile allows it to be kept
    await send('people', JSON.stringify({ ...person, dateOfBirth: 'Canaria' })),
    await send('people', '{"name":"Canaria'),
    await send('feeds/crm/snapshots', 'crmId,name\ncanary-crm-77,Canaria', 'text/csv'),
    await send('people/Canaria/Zwitscherling?name=Canaria', '{}'),
  ].map(({ status }) => status);
  expect(stati[0]).toBe(201);
  expect(stati.slice(1).every((status) => status >= 400 && status < 500)).toBe(true);

  const password = (await readFile(join(folder, 'data', 'postgres.password'), 'utf8')).trim();
  const lines = await commandLines([child.pid!]);
  expect(lines.filter((line) => line.includes('postgres')).length).toBeGreaterThan(3);
  const written = log().replace(key, ''); // shown once, to be kept
  const database = await readFile(join(folder, 'data', 'postgres.log'), 'utf8');
  expect(written.length).toBeGreaterThan(1000);
  for (const place of [written, database, ...lines]) {
    expect(place).not.toMatch(PERSON);
    for (const secret of [KEK, key, password]) expect(place.includes(secret)).toBe(false);
  }
}, 120_000);
