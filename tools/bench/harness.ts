import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

/** What one run of one side gave, by metric: `rate` per second, `p50` and `p99` in milliseconds. */
export type Figures = Readonly<Record<string, number>>;
export type Side = () => Promise<Figures>;

/** Median, least and greatest over the rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a figure of ours must be, relative to that of another side. */
export interface Bar {
  readonly id: string;
  readonly what: string;
  readonly metric: string;
  readonly unit: string;
  /** The side compared with. */
  readonly beside: string;
  /** The side that is ours; `ours` when left out. */
  readonly of?: string;
  /** Ours divided by theirs; one of the two is given, or neither where a figure is only stated. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Sides that are measured in turns, and what is asked of them. */
export interface Contest {
  readonly sides: Readonly<Record<string, Side>>;
  readonly bars: readonly Bar[];
  readonly rounds?: number;
  /** Each round in the order given, because a side stands on what an earlier one left. */
  readonly inOrder?: boolean;
}

/** One line of the table. `ratio` is the median of the rounds' own ratios, ours divided by theirs. */
export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly beside: string;
  readonly theirs: Spread;
  readonly ratio: number;
  readonly bar: string;
  readonly holds: boolean | null;
}

export interface Size {
  readonly quick: boolean;
  readonly rounds: number;
  /** How long a side that is measured by time runs, milliseconds. */
  readonly span: number;
}

/** Runs every side once a round, each round beginning with the next one, so that no side always has the warmer machine. */
export async function measure({ sides, bars, rounds, inOrder }: Contest, size: Size): Promise<Row[]> {
  const names = Object.keys(sides);
  const all: Record<string, Figures>[] = [];
  for (let round = 0; round < (rounds ?? size.rounds); round++) {
    const figures: Record<string, Figures> = {};
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(inOrder ? turn : round + turn) % names.length]!;
      figures[name] = await sides[name]!();
    }
    all.push(figures);
  }
  return bars.map((bar) => judge(bar, all));
}

function judge(bar: Bar, rounds: readonly Record<string, Figures>[]): Row {
  const { id, what, unit, metric, beside, of = 'ours', atLeast, atMost } = bar;
  const values = (side: string) => rounds.map((round) => round[side]![metric]!);
  const [ours, theirs] = [values(of), values(beside)];
  const ratio = spread(ours.map((value, round) => value / theirs[round]!)).median;
  const asked = atLeast !== undefined ? `≥ ${atLeast} ×` : atMost !== undefined ? `≤ ${atMost} ×` : 'stated';
  const holds = atLeast !== undefined ? ratio >= atLeast : atMost !== undefined ? ratio <= atMost : null;
  return { id, what, unit, ours: spread(ours), beside, theirs: spread(theirs), ratio, bar: asked, holds };
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
  return { median: at(0.5), min: sorted[0]!, max: sorted.at(-1)! };
}

/** The value below which `part` of all values lie. */
export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))]!;
}

/** Lets `callers` call at once, each again as soon as it is answered, for `span` milliseconds. */
export async function underLoad(
  callers: number,
  span: number,
  call: (caller: number) => Promise<unknown>,
): Promise<Figures> {
  const times: number[] = [];
  const began = performance.now();
  const caller = async (_: unknown, nr: number) => {
    while (performance.now() - began < span) {
      const start = performance.now();
      await call(nr);
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - began) / 1_000;
  return { rate: times.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** How many of `amount` things a second, from the time `work` takes. */
export async function rateOf(amount: number, work: () => Promise<unknown>): Promise<Figures> {
  const began = performance.now();
  await work();
  return { rate: amount / ((performance.now() - began) / 1_000) };
}

/** p50 and p99 of `times` calls one after the other; `before` each, what is not part of it. */
export async function timesOf(
  times: number,
  call: (nr: number) => Promise<unknown>,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Figures> {
  const taken: number[] = [];
  for (let nr = 0; nr < times; nr++) {
    await before();
    const start = performance.now();
    await call(nr);
    taken.push(performance.now() - start);
  }
  return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
}

export interface Results {
  readonly takenAt: string;
  readonly machine: ReturnType<typeof machine>;
  readonly rows: readonly Row[];
}

/** A figure to three places, without a tail of noughts. */
export const plain = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3)).toString();

/** What the figures were taken on. */
export function machine(postgres: string, load = loadavg()[0]!) {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    postgres,
    /** Processes that wanted a core, on average over the last minute before the first row: the bench itself not yet among them. */
    loadBefore: Number(load.toFixed(1)),
  };
}
