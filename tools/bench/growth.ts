import { plain, type Row, type Spread } from './harness.js';

const COLUMNS = 3;
const [WIDTH, HEIGHT] = [320, 210];
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 26, 44, 34];

interface CurvePoint {
  readonly at: number;
  readonly value: Spread;
  readonly holds: boolean | null;
}

/** The curves among the rows: the beginning, which the others stand beside, and each point measured with more data. */
export function curvesOf(rows: readonly Row[]): ReadonlyMap<string, { unit: string; points: readonly CurvePoint[] }> {
  const curves = new Map<string, { unit: string; points: CurvePoint[] }>();
  for (const { curve, ours, theirs, unit, holds } of rows) {
    if (!curve) continue;
    const known = curves.get(curve.name) ?? { unit, points: [{ at: curve.from, value: theirs, holds: null }] };
    known.points.push({ at: curve.at, value: ours, holds });
    curves.set(curve.name, known);
  }
  return curves;
}

/** One small chart a curve: the cost of one operation against the amount of data, which grows by powers of ten; thin lines from least to greatest. */
export function growth(rows: readonly Row[]): string {
  const charts = [...curvesOf(rows)].map(([name, { unit, points }], nr) => {
    const place = `translate(${(nr % COLUMNS) * WIDTH},${Math.floor(nr / COLUMNS) * HEIGHT})`;
    return `<g transform="${place}">${chart(name, unit, points)}</g>`;
  });
  const [width, height] = [COLUMNS * WIDTH, Math.ceil(charts.length / COLUMNS) * HEIGHT];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${charts.join('\n')}
</svg>
`;
}

function chart(name: string, unit: string, points: readonly CurvePoint[]): string {
  const [first, last] = [points[0]!.at, points.at(-1)!.at];
  const most = rounded(Math.max(...points.map(({ value }) => value.max)));
  const x = (at: number) =>
    (LEFT + ((Math.log(at) - Math.log(first)) / (Math.log(last) - Math.log(first))) * (WIDTH - LEFT - RIGHT)).toFixed(
      1,
    );
  const y = (value: number) => (HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const lines = [0, 0.5, 1].map((part) => {
    const at = y(most * part);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#dddddd"/>
<text x="${LEFT - 6}" y="${Number(at) + 4}" text-anchor="end" fill="#666666">${plain(most * part)}</text>`;
  });
  const path = points.map(({ at, value }) => `${x(at)},${y(value.median)}`).join(' ');
  const marks = points.map(({ at, value, holds }) => {
    const colour = holds === false ? '#c0392b' : '#2f6fb0';
    return `<line x1="${x(at)}" x2="${x(at)}" y1="${y(value.min)}" y2="${y(value.max)}" stroke="#222222"/>
<circle cx="${x(at)}" cy="${y(value.median)}" r="4" fill="${colour}"/>
<text x="${x(at)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#666666">${short(at)}</text>`;
  });
  return `<text x="12" y="18" font-weight="bold">${name}</text><text x="12" y="33" fill="#666666">${unit}, as the data grows</text>
${lines.join('\n')}
<polyline points="${path}" fill="none" stroke="#2f6fb0" stroke-width="2"/>
${marks.join('\n')}`;
}

/** The next number up that reads well at the end of an axis. */
function rounded(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 6, 8, 10].find((step) => step * ten >= value)! * ten;
}

const short = (amount: number): string =>
  amount >= 1e6 ? `${amount / 1e6} M` : amount >= 1e3 ? `${amount / 1e3} k` : String(amount);
