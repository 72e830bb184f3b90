import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, settled } from '../example/client.js';
import type { Ground } from './ground.js';
import { measure, type Row, type Size } from './harness.js';
import { active, feed, leaves } from './statements.js';

const BATCH = 1_000;

/**
 * Memory of the standalone process, as people install it: idle, while ten thousand people become known and leave, and while another ten
 * thousand do. What is bounded does not rise again.
 */
export async function memoryRows(ground: Ground, size: Size): Promise<Row[]> {
  const people = size.quick ? 2_000 : 10_000;
  const standalone = await start(join(ground.folder, 'standalone'));
  const client = new Client(standalone.url, standalone.key);
  const most = (who: string) => async () => {
    await standalone.forgetMost();
    await comeAndGo(client, who, people);
    return { size: await standalone.megabytes('VmHWM') };
  };
  const bar = { metric: 'size', unit: 'MB', what: 'most memory of the standalone process while' };
  const crowd = `${people.toLocaleString('en')} people`;
  try {
    await settled(client);
    return await measure(
      {
        rounds: 1,
        inOrder: true,
        sides: {
          idle: async () => ({ size: await standalone.megabytes('VmRSS') }),
          first: most('first'),
          again: most('again'),
        },
        bars: [
          { ...bar, id: 'memory', what: `${bar.what} ${crowd} leave`, of: 'first', beside: 'idle' },
          {
            ...bar,
            id: 'memory-again',
            what: `${bar.what} ${crowd} more leave`,
            of: 'again',
            beside: 'first',
            called: 'the first time',
            atMost: 1.2,
          },
        ],
      },
      size,
    );
  } finally {
    await standalone.stop();
  }
}

/** So many people become members, and then all of them leave. */
async function comeAndGo(client: Client, who: string, people: number): Promise<void> {
  const subjects = Array.from({ length: people }, (_, nr) => `${who}-${nr}`);
  for (const statement of [active, leaves]) {
    for (let from = 0; from < people; from += BATCH)
      await feed(client, subjects.slice(from, from + BATCH).map(statement));
    await settled(client);
  }
}

/** Starts it as `npm start` does and reads its address and first key off what it prints. */
async function start(folder: string) {
  const child = spawn(process.execPath, ['dist/apps/standalone/main.js'], {
    env: { ...process.env, ROLLCALL_DATA: folder, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let [url, key] = ['', ''];
  for await (const line of createInterface(child.stdout)) {
    url ||= /API\s+(http\S+)\/v1/.exec(line)?.[1] ?? '';
    key ||= /^ {2}(\S{20,})$/.exec(line)?.[1] ?? '';
    if (url) break;
  }
  if (!url || !key) throw new Error('The standalone process did not start');
  return {
    url,
    key,
    megabytes: async (field: 'VmRSS' | 'VmHWM') => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024);
    },
    /** Lets `VmHWM`, the most memory so far, begin anew. */
    forgetMost: () => writeFile(`/proc/${child.pid}/clear_refs`, '5'),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
