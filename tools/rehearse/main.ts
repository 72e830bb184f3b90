/** `npm run rehearse -- <file.yaml>… [--mode standalone|kafka] [--url … --key …]`: plays stories and reports each expectation. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { playAll, type Report, type Stage } from './play.js';
import { readRehearsal, type Story } from './read.js';
import { inLines, summary, tally } from './report.js';
import { type Mode, startSystem } from './systems.js';

const USAGE = `Plays rehearsal files and reports each expectation.

  npm run rehearse -- <file.yaml>...                         on a throwaway system, one process
  npm run rehearse -- <file.yaml>... --mode kafka            on a throwaway system, four services over Kafka
  npm run rehearse -- <file.yaml>... --url <url> --key <key> on a running system with a manual clock (an operator's key)

docs/guide/rehearsals.md tells how to write one.`;

const write = (text: string) => void process.stdout.write(`${text}\n`);

function options(): { files: string[]; mode: Mode; stage: Stage | undefined } | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { mode: { type: 'string' }, url: { type: 'string' }, key: { type: 'string' }, help: { type: 'boolean' } },
  });
  const { mode = 'standalone', url, key = process.env['ROLLCALL_KEY'], help } = values;
  if (help || positionals.length === 0) return undefined;
  if (mode !== 'standalone' && mode !== 'kafka') throw new Error('--mode is standalone or kafka');
  if (url && values.mode) throw new Error('--mode starts a system of its own; leave it out with --url');
  if (url && !key) throw new Error('--url needs --key, or ROLLCALL_KEY: a key of the operator');
  return { files: positionals, mode, stage: url && key ? { url, key } : undefined };
}

async function read(files: readonly string[]): Promise<Story[]> {
  const stories = files.map(async (file) => {
    const text = await readFile(file, 'utf8').catch((error: Error) => {
      throw new Error(`${file} cannot be read`, { cause: error });
    });
    return readRehearsal(file, text);
  });
  return (await Promise.all(stories)).flat();
}

/** Writes reports in the order of the files, each as soon as those before it are written: stories end in the order of time. */
function inOrder(stories: readonly Story[]): (report: Report) => void {
  const waiting = [...stories];
  const ended = new Map<Story, Report>();
  return (report) => {
    ended.set(report.story, report);
    for (let next = ended.get(waiting[0]!); next; next = ended.get(waiting[0]!)) {
      write(inLines(next));
      waiting.shift();
    }
  };
}

/** On a system of its own, which ends with the rehearsal, whatever happens to either. */
async function onThrowaway(
  mode: Mode,
  stories: readonly Story[],
  play: (stage: Stage, signal: AbortSignal) => Promise<Report[]>,
): Promise<Report[]> {
  const [start] = stories.map((story) => story.start).sort();
  write(`Starting a system (${mode}) whose clock stands at ${start}.`);
  const starting = startSystem(mode, start!);
  const stop = () =>
    starting.then(
      (system) => system.stop(),
      () => undefined,
    );
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort(new Error('Interrupted; the system was ended.')));
  }
  const { signal } = interruption;
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  try {
    return await Promise.race([starting.then((system) => play(system, signal)), interrupted]);
  } finally {
    await stop();
  }
}

try {
  const chosen = options();
  if (!chosen) {
    write(USAGE);
    process.exit(0);
  }
  const stories = await read(chosen.files);
  const play = (stage: Stage, signal?: AbortSignal) => playAll(stories, stage, inOrder(stories), signal);
  const reports = chosen.stage ? await play(chosen.stage) : await onThrowaway(chosen.mode, stories, play);
  write(`\n${summary(reports)}`);
  process.exitCode = tally(reports).failed > 0 ? 1 : 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
