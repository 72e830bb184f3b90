/**
 * As much of Prometheus as the shipped rules use: reading a scrape, and evaluating an expression over two of them.
 * What it does not know it refuses, so that no rule passes by being misread.
 */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Two scrapes of the same targets: functions over time see the change from the first to the second. */
export interface Scrapes {
  readonly before: readonly Sample[];
  readonly now: readonly Sample[];
}

/** The samples of a scrape in Prometheus's text form. */
export function parseScrape(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (!name) throw new Error(`Not a sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, of]) => [key!, of!] as const);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The names of all metrics in a scrape, those without a sample and the parts of histograms included. */
export function metricNames(text: string): Set<string> {
  const described = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
  );
  return new Set([...described, ...parseScrape(text).map(({ name }) => name)]);
}

/** The samples an expression of PromQL gives: an alert fires for each of them. Throws on what it does not know. */
export function evaluate(expression: string, scrapes: Scrapes): Sample[] {
  return new Evaluation(expression, scrapes).result();
}

const WORD = /\s*([A-Za-z_:][\w:]*|\d+(?:\.\d+)?|"[^"]*"|=~|==|>=|[-(){},=>]|\[\d+[smh]\])/y;

function wordsOf(expression: string): string[] {
  const pattern = new RegExp(WORD);
  const words: string[] = [];
  while (pattern.lastIndex < expression.trimEnd().length) {
    const word = pattern.exec(expression)?.[1];
    if (word === undefined) throw new Error(`Not understood: ${expression}`);
    words.push(word);
  }
  return words;
}

const keyOf = ({ labels }: Sample, names: readonly string[] = Object.keys(labels)) =>
  JSON.stringify([...names].sort().map((name) => [name, labels[name]]));
const isIn = (samples: readonly Sample[], sample: Sample) => samples.some((other) => keyOf(other) === keyOf(sample));

/** Descends the expression, loosest operator first; each method takes its part of the words and gives its samples. */
class Evaluation {
  private readonly words: string[];

  constructor(
    private readonly expression: string,
    private readonly scrapes: Scrapes,
  ) {
    this.words = wordsOf(expression);
  }

  result(): Sample[] {
    const samples = this.either();
    if (this.words.length > 0) throw new Error(`Not understood from ${this.words[0]} on: ${this.expression}`);
    return samples;
  }

  private take(...expected: string[]): string {
    const word = this.words.shift();
    if (word === undefined || (expected.length > 0 && !expected.includes(word)))
      throw new Error(`${word ?? 'The end'} instead of ${expected.join(' or ')}: ${this.expression}`);
    return word;
  }

  private takeIf(word: string): boolean {
    if (this.words[0] !== word) return false;
    this.words.shift();
    return true;
  }

  private either(): Sample[] {
    let samples = this.both();
    while (this.takeIf('or')) {
      const left = samples;
      samples = [...left, ...this.both().filter((sample) => !isIn(left, sample))];
    }
    return samples;
  }

  private both(): Sample[] {
    let samples = this.compared();
    while (this.takeIf('and')) {
      const right = this.compared();
      samples = samples.filter((sample) => isIn(right, sample));
    }
    return samples;
  }

  private compared(): Sample[] {
    const samples = this.difference();
    if (!['>', '>=', '=='].includes(this.words[0] ?? '')) return samples;
    const operator = this.take();
    const limit = Number(this.take());
    if (Number.isNaN(limit)) throw new Error(`Compared with something else than a number: ${this.expression}`);
    return samples.filter(({ value }) =>
      operator === '==' ? value === limit : operator === '>' ? value > limit : value >= limit,
    );
  }

  private difference(): Sample[] {
    const left = this.vector();
    if (!this.takeIf('-')) return left;
    this.take('on');
    const names = this.labelNames();
    this.take('group_right');
    if (this.labelNames().length > 0) throw new Error(`group_right takes no labels here: ${this.expression}`);
    return this.vector().flatMap((many) => {
      const one = left.find((sample) => keyOf(sample, names) === keyOf(many, names));
      return one ? [{ ...many, name: '', value: one.value - many.value }] : [];
    });
  }

  private vector(): Sample[] {
    if (this.words[0] === 'max' || this.words[0] === 'sum') return this.aggregate(this.take());
    if (this.words[1] !== '(') return this.select(this.selector(), this.scrapes.now);
    const called = this.take('increase', 'delta', 'absent');
    this.take('(');
    const matches = this.selector();
    if (called !== 'absent' && !this.take().startsWith('[')) throw new Error(`${called} lacks its range`);
    this.take(')');
    const now = this.select(matches, this.scrapes.now);
    if (called === 'absent') return now.length > 0 ? [] : [{ name: '', labels: matches.equal, value: 1 }];
    const before = this.select(matches, this.scrapes.before);
    return now.flatMap((sample) => {
      const earlier = before.find((other) => keyOf(other) === keyOf(sample));
      return earlier ? [{ ...sample, name: '', value: sample.value - earlier.value }] : [];
    });
  }

  private aggregate(operator: string): Sample[] {
    this.take('by');
    const names = this.labelNames();
    this.take('(');
    const groups = Map.groupBy(this.either(), (sample) => keyOf(sample, names));
    this.take(')');
    return [...groups.values()].map((group) => {
      const values = group.map(({ value }) => value);
      const labels = Object.fromEntries(names.map((name) => [name, group[0]!.labels[name] ?? '']));
      const value = operator === 'max' ? Math.max(...values) : values.reduce((sum, each) => sum + each, 0);
      return { name: '', labels, value };
    });
  }

  private labelNames(): string[] {
    this.take('(');
    const names: string[] = [];
    while (!this.takeIf(')')) {
      names.push(this.take());
      this.takeIf(',');
    }
    return names;
  }

  private selector(): Selector {
    const name = this.take();
    const equal: Record<string, string> = {};
    const like: Record<string, RegExp> = {};
    if (this.takeIf('{')) {
      while (!this.takeIf('}')) {
        const label = this.take();
        const operator = this.take('=', '=~');
        const value = this.take().slice(1, -1);
        if (operator === '=') equal[label] = value;
        else like[label] = new RegExp(`^(?:${value})$`);
        this.takeIf(',');
      }
    }
    return { name, equal, like };
  }

  private select({ name, equal, like }: Selector, samples: readonly Sample[]): Sample[] {
    return samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(equal).every(([label, value]) => (sample.labels[label] ?? '') === value) &&
        Object.entries(like).every(([label, pattern]) => pattern.test(sample.labels[label] ?? '')),
    );
  }
}

interface Selector {
  readonly name: string;
  readonly equal: Readonly<Record<string, string>>;
  readonly like: Readonly<Record<string, RegExp>>;
}
