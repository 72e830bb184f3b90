import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, settled } from '../example/client.js';
import type { Ground } from './ground.js';
import { measure, type Row, type Size } from './harness.js';
import { active, feed, leaves } from './statements.js';

const BATCH = 1_000;

/** Memory of the standalone process, as people install it, idle and while ten thousand people leave. */
export async function memoryRows(ground: Ground, size: Size): Promise<Row[]> {
  const people = size.quick ? 2_000 : 10_000;
  const standalone = await start(join(ground.folder, 'standalone'));
  try {
    const client = new Client(standalone.url, standalone.key);
    await settled(client);
    const idle = await standalone.megabytes('VmRSS');
    const subjects = Array.from({ length: people }, (_, nr) => `person-${nr}`);
    for (const statement of [active, leaves]) {
      for (let from = 0; from < people; from += BATCH)
        await feed(client, subjects.slice(from, from + BATCH).map(statement));
      await settled(client);
    }
    const most = await standalone.megabytes('VmHWM');
    return await measure(
      {
        rounds: 1,
        sides: { ours: () => Promise.resolve({ size: most }), idle: () => Promise.resolve({ size: idle }) },
        bars: [
          {
            id: 'memory',
            what: `most memory of the standalone process while ${people.toLocaleString('en')} people leave`,
            metric: 'size',
            unit: 'MB',
            beside: 'idle',
          },
        ],
      },
      size,
    );
  } finally {
    await standalone.stop();
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
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
