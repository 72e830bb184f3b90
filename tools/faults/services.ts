/** The product's processes, started from a build and kept up by a supervisor as an installation does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ending, type Guard, hasEnded, until } from './ground.js';

export const APPS = ['membership', 'consent', 'retention', 'gateway'] as const;
export type App = (typeof APPS)[number];
export type Environment = Readonly<Record<string, string>>;

const STARTING = 300; // seconds
const STOPPING = 20; // longer than a process that stops in order may take
const RESTART_AFTER = 300; // milliseconds

/** How one process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False where nobody had asked it to end. */
  readonly asked: boolean;
  /** The last thing it wrote. */
  readonly words: string;
}

/** One process of the product. While it is wanted, the supervisor starts it anew whenever it ends. */
export class Service {
  private child: ChildProcess | undefined;
  private wanted = false;
  private isAsked = false;
  private text = '';
  readonly exits: Exit[] = [];

  constructor(
    /** The app's own name, or that of a further replica, such as `membership-2`. */
    readonly name: string,
    readonly app: App | 'standalone',
    readonly port: number,
    private readonly env: Environment,
    /** The build it runs from; what is set counts from the next start. */
    public dist: string,
    private readonly guard: Guard,
  ) {}

  /** Further settings from the next start on. */
  more: Environment = {};

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.isUp ? this.child!.pid : undefined;
  }

  /** Whether its supervisor keeps it up. */
  get isWanted(): boolean {
    return this.wanted;
  }

  get isUp(): boolean {
    return this.child !== undefined && !hasEnded(this.child);
  }

  /** What it wrote last. */
  get output(): string {
    return this.text;
  }

  /** Starts it and keeps it up. */
  start(): void {
    this.wanted = true;
    if (!this.isUp) this.launch();
  }

  /** Starts it without a supervisor: when it ends, it stays down. */
  startOnce(): void {
    this.wanted = false;
    if (!this.isUp) this.launch();
    this.isAsked = true;
  }

  /** Resolves when it says that all its parts work, with the seconds that took. */
  ready(limit = STARTING): Promise<number> {
    return until(`${this.name} is ready`, limit, () => this.isReady(), 100).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.text.slice(-3000)}`);
    });
  }

  private isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Kills it at once. Unless `forGood`, the supervisor starts it anew. */
  async kill(forGood = false): Promise<void> {
    if (forGood) this.wanted = false;
    if (!this.isUp) return;
    this.isAsked = true;
    const { child } = this;
    child!.kill('SIGKILL');
    await ending(child!);
  }

  /** Asks it to stop in order and resolves with the seconds it took; kills it where it does not end. */
  async stop(): Promise<number> {
    this.wanted = false;
    if (!this.isUp) return 0;
    this.isAsked = true;
    const child = this.child!;
    const began = performance.now();
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOPPING * 1000);
    await ending(child);
    clearTimeout(kill);
    return (performance.now() - began) / 1000;
  }

  /** Lets it sleep (SIGSTOP) or wake (SIGCONT). */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isUp) this.child!.kill(signal);
  }

  /** Resolves with the first match in what it writes. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    await until(`${this.name} says ${pattern}`, STARTING, () => pattern.test(this.text), 50);
    return pattern.exec(this.text)!;
  }

  private launch(): void {
    const { PATH, HOME, LANG, TMPDIR } = process.env;
    const flags = ['--enable-source-maps', '--disable-warning=TimeoutNegativeWarning'];
    const child = spawn(process.execPath, [...flags, join(this.dist, 'apps', this.app, 'main.js')], {
      env: { PATH, HOME, LANG, TMPDIR, LOG_LEVEL: 'warn', ...this.env, ...this.more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.isAsked = false;
    this.guard.watch(child.pid!);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.text = (this.text + chunk.toString()).slice(-100_000)));
    child.once('exit', (code, signal) => {
      this.guard.release(child.pid!);
      const words = this.text.trimEnd().split('\n').slice(-15).join(' | '); // a stack ends with the version of Node
      this.exits.push({ code, signal, asked: this.isAsked, words: words.slice(-1_500) });
      if (this.wanted)
        setTimeout(() => {
          if (this.wanted && !this.isUp) this.launch();
        }, RESTART_AFTER);
    });
  }
}
