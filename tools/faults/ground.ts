/** What every process of a run stands on: free ports, a guard over what was started, and time limits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Free ports of this machine, below those it hands to outgoing connections: a client that keeps asking for a broker that is away could
 * otherwise be given its very port, and the broker could not come back.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Ends what is under guard when this process is gone, however it went: nothing that was started may outlive the run. */
export interface Guard {
  watch(pid: number): void;
  release(pid: number): void;
  /** Ends what is still under guard and removes the folder. */
  close(): Promise<void>;
}

/** A shell that reads process ids from a pipe which only this process holds open, and acts when the pipe closes. */
export function guardOver(folder: string): Guard {
  const script = [
    'list=" "',
    'while read -r sign pid; do',
    '  case "$sign$list" in',
    '    +*) list="$list$pid ";;',
    '    *" $pid "*) list="${list%% $pid *} ${list#* $pid }";;',
    '  esac',
    'done',
    'for pid in $list; do kill -KILL "$pid" 2>/dev/null; done',
    'sleep 0.3; rm -rf "$1"',
  ].join('\n');
  const shell: ChildProcess = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise((resolve) => shell.once('exit', resolve));
  const tell = (line: string) => void shell.stdin!.write(`${line}\n`);
  return {
    watch: (pid) => tell(`+ ${pid}`),
    release: (pid) => tell(`- ${pid}`),
    close: async () => {
      shell.stdin!.end();
      await ended;
    },
  };
}

/** Resolves when `holds` does, with the seconds that took; rejects with what was waited for after `limit` seconds. */
export async function until(
  what: string,
  limit: number,
  holds: () => Promise<boolean> | boolean,
  pause = 200,
): Promise<number> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  while (!(await holds())) {
    if (seconds() > limit) throw new Error(`After ${limit} s still not: ${what}`);
    await delay(pause);
  }
  return seconds();
}

export const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Resolves when the process has ended; at once when it has already. */
export function ending(child: ChildProcess): Promise<void> {
  return hasEnded(child) ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()));
}

/** A generator of random numbers that a seed decides (mulberry32); the same seed asks for the same things in the same order. */
export class Dice {
  constructor(private state: number) {}

  /** From 0, 1 left out. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `least` to `most`, both among them. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}
