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
  /** What the table calls that side, if not by its name. */
  readonly called?: string;
  /** The side that is ours; `ours` when left out. */
  readonly of?: string;
  /** Ours divided by theirs; one of the two is given, or neither where a figure is only stated. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Where ours is a point of a curve: of which one, and at how much data. */
  readonly curve?: Point;
}

/** A place on a curve: the same thing measured with this much data (events, rows, deadlines); what it stands beside is the curve's beginning. */
export interface Point {
  readonly name: string;
  readonly at: number;
  readonly from: number;
}

/** Sides that are measured in turns, and what is asked of them. */
export interface Contest {
  readonly sides: Readonly<Record<string, Side>>;
  readonly bars: readonly Bar[];
  readonly rounds?: number;
  /** Each round in the order given, because a side stands on what an earlier one left. */
  readonly inOrder?: boolean;
}

/** Sides that are measured together, call by call, because they differ by less than the machine does from one second to the next. */
export interface Duel {
  readonly round: () => Promise<Readonly<Record<string, Figures>>>;
  readonly bars: readonly Bar[];
  readonly rounds?: number;
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
  readonly curve?: Point;
}

export interface Size {
  readonly quick: boolean;
  readonly rounds: number;
  /** How long a side that is measured by time runs, milliseconds. */
  readonly span: number;
}

/** Runs every round of a contest or a duel, and says how far it is. */
export async function measure(contest: Contest | Duel, size: Size, say: (line: string) => void = told): Promise<Row[]> {
  const [began, rounds] = [performance.now(), contest.rounds ?? size.rounds];
  const all: Readonly<Record<string, Figures>>[] = [];
  for (let round = 0; round < rounds; round++) {
    all.push('sides' in contest ? await inTurns(contest, round) : await contest.round());
    say(`  ${contest.bars[0]!.id}: round ${round + 1} of ${rounds}, ${secondsSince(began)}`);
  }
  return contest.bars.map((bar) => judge(bar, all));
}

/** Runs every side once, each round beginning with the next one, so that no side always has the warmer machine. */
async function inTurns({ sides, inOrder }: Contest, round: number): Promise<Record<string, Figures>> {
  const names = Object.keys(sides);
  const figures: Record<string, Figures> = {};
  for (let turn = 0; turn < names.length; turn++) {
    const name = names[(inOrder ? turn : round + turn) % names.length]!;
    figures[name] = await sides[name]!();
  }
  return figures;
}

/** A line for whoever waits. */
export const told = (line: string): void => void process.stderr.write(`${line}\n`);
export const secondsSince = (began: number): string => `${((performance.now() - began) / 1_000).toFixed(1)} s`;

function judge(bar: Bar, rounds: readonly Record<string, Figures>[]): Row {
  const { id, what, unit, metric, beside, called = beside, of = 'ours', atLeast, atMost, curve } = bar;
  const values = (side: string) => rounds.map((round) => round[side]![metric]!);
  const [ours, theirs] = [values(of), values(beside)];
  const ratio = spread(ours.map((value, round) => value / theirs[round]!)).median;
  const asked = atLeast !== undefined ? `≥ ${atLeast} ×` : atMost !== undefined ? `≤ ${atMost} ×` : 'stated';
  const holds = atLeast !== undefined ? ratio >= atLeast : atMost !== undefined ? ratio <= atMost : null;
  const row = { id, what, unit, ours: spread(ours), beside: called, theirs: spread(theirs), ratio, bar: asked, holds };
  return curve ? { ...row, curve } : row;
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

/**
 * Lets the sides take turns call by call, `times` calls each, the first of them another one each time; the quantiles of each side's own
 * times, milliseconds. Each side warms up with a few calls that do not count.
 */
export async function callByCall(
  sides: Readonly<Record<string, (nr: number) => Promise<unknown>>>,
  times: number,
): Promise<Record<string, Figures>> {
  const names = Object.keys(sides);
  const taken = new Map<string, number[]>(names.map((name) => [name, []]));
  const warmUp = Math.ceil(times / 10);
  for (let nr = -warmUp; nr < times; nr++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(Math.abs(nr) + turn) % names.length]!;
      const start = performance.now();
      await sides[name]!(Math.abs(nr));
      if (nr >= 0) taken.get(name)!.push(performance.now() - start);
    }
  }
  return Object.fromEntries(
    names.map((name) => {
      const of = (part: number) => quantile(taken.get(name)!, part);
      return [name, { p50: of(0.5), p95: of(0.95), p99: of(0.99) }];
    }),
  );
}

export interface Results {
  readonly takenAt: string;
  readonly machine: ReturnType<typeof machine>;
  /** The rows of each group. */
  readonly groups: Readonly<Record<string, readonly Row[]>>;
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
