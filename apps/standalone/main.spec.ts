import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-main-'));
  execFileSync('chmod', ['755', folder]); // Postgres runs as another user where we are root
}, 120_000);
const children = new Set<ChildProcess>();
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly said: () => string;
}

/** Starts the built product as `npm start` does and waits until it says that it is ready. */
async function start(): Promise<Started> {
  const child = run(['dist/apps/standalone/main.js'], { ROLLCALL_DATA: join(folder, 'data'), PORT: '0' });
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`It ended with ${String(code)}: ${text}`)),
  );
  const ready = new Promise<void>((resolve) =>
    child.stdout!.on('data', () => /Ctrl-C stops it/.test(text) && resolve()),
  );
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return { child, url: /API\s+(\S+)\/v1/.exec(text)![1]!, said: () => text };
}

function run(args: string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  return child;
}

async function textOf(child: ChildProcess): Promise<{ code: number; text: string }> {
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  return { code, text };
}

/** The README's one request gives the answer it shows. */
async function asksWhatTheReadmeAsks(url: string, key: string): Promise<void> {
  const readme = readFileSync('README.md', 'utf8');
  const path = /curl -s http:\/\/localhost:3000(\S+)/.exec(readme)![1]!;
  const shown = JSON.parse(`{${/```json\n([^`]+)```/.exec(readme)![1]!.replace(', …', '')}}`) as {
    removal_sla: { value: object };
  };
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  const { parameters } = (await answer.json()) as { parameters: object };
  expect(parameters).toMatchObject(shown);
}

describe('the standalone product', () => {
  it('starts on an empty folder, tells the example’s story, survives kill -9, refuses a second process, and stops cleanly', async () => {
    const first = await start();
    const key = /(rc_[\w-]+)/.exec(first.said())![1]!;
    const example = await textOf(run(['dist/tools/example/main.js'], { ROLLCALL_URL: first.url, ROLLCALL_KEY: key }));
    expect([example.code, example.text]).toEqual([0, expect.stringMatching(/200 people, 0 rows rejected/)]);
    for (const said of [
      /OVERDUE, reported too late/,
      /sent three times\s+\S+ \S+\s+3 orders/,
      /rescinded\s+\S+ \S+\s+0 orders/,
      /RemovalTaskCancelled/,
      /LeaverDetected/,
      /2 sent before/,
      /must have required properties leavesAt/,
      /consent on record: link_opt_in, on notice \S+ and agreement \S+\s+the way into the group was handed over/,
      /today\s+[1-9]\d* who must be out, [1-9]\d* unknown\s+next look\s+0 who must be out, 0 unknown/,
      /two years old .*deletion_due/,
      /an inquiry wants .*held .*under 1 hold/,
      /Fern Forgotten is now "erased"; the erasure is completed\s+The history still has all/,
    ]) {
      expect(example.text).toMatch(said);
    }
    const whole = await (await fetch(`${first.url}/v1/keys`, { headers: { authorization: `Bearer ${key}` } })).json();

    await asksWhatTheReadmeAsks(first.url, key);
    const second = await textOf(
      run(['dist/apps/standalone/main.js'], { ROLLCALL_DATA: join(folder, 'data'), PORT: '0' }),
    );
    expect([second.code, second.text]).toEqual([1, expect.stringMatching(/Another Rollcall is running/)]);

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const again = await start();
    expect(again.said()).not.toContain('rc_');
    const after = await (await fetch(`${again.url}/v1/keys`, { headers: { authorization: `Bearer ${key}` } })).json();
    const ids = (list: unknown) => (list as { items: { keyId: string }[] }).items.map(({ keyId }) => keyId);
    expect(ids(after)).toEqual(ids(whole));

    again.child.kill('SIGINT');
    const [code] = (await once(again.child, 'exit')) as [number];
    expect(code).toBe(0);
  }, 180_000);

  it('says what to do when the example has no key or finds nobody', async () => {
    expect(await textOf(run(['dist/tools/example/main.js'], { ROLLCALL_KEY: '' }))).toEqual({
      code: 1,
      text: 'Set ROLLCALL_KEY to the access key that npm start printed\n',
    });
    const nobody = await textOf(
      run(['dist/tools/example/main.js'], { ROLLCALL_URL: 'http://127.0.0.1:9', ROLLCALL_KEY: 'rc_x' }),
    );
    expect([nobody.code, nobody.text]).toEqual([1, expect.stringContaining('npm start')]);
  });
});
