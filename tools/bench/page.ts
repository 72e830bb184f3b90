import { plain, type Row } from './harness.js';

const WIDTH = 960;
const LEFT = 500;
const BAND = 46;
const SCALE = WIDTH - LEFT - 210;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** One pair of bars a row, drawn to its own scale: above ours, below what it stands beside; thin lines from least to greatest. */
export function page(rows: readonly Row[]): string {
  const height = rows.length * BAND + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="12" y="20" font-size="13" font-weight="bold">Ours (blue; red where a bar is missed) above what it stands beside (grey)</text>
${rows.map((row, nr) => band(row, nr * BAND + 36)).join('\n')}
</svg>
`;
}

function band(row: Row, top: number): string {
  const longest = Math.max(row.ours.max, row.theirs.max);
  const x = (value: number) => (LEFT + (value / longest) * SCALE).toFixed(1);
  const bar = (side: Row['ours'], y: number, colour: string, name: string) =>
    `<rect x="${LEFT}" y="${y}" width="${((side.median / longest) * SCALE).toFixed(1)}" height="14" fill="${colour}"/>
<line x1="${x(side.min)}" x2="${x(side.max)}" y1="${y + 7}" y2="${y + 7}" stroke="#222222"/>
<text x="${LEFT + SCALE + 8}" y="${y + 12}">${plain(side.median)} ${escaped(row.unit)} ${escaped(name)}</text>`;
  const colour = row.holds === false ? '#c0392b' : '#2f6fb0';
  return `<text x="12" y="${top + 13}">${escaped(row.what)}</text>
<text x="12" y="${top + 29}" fill="#666666">ratio ${plain(row.ratio)}, bar ${escaped(row.bar)}</text>
${bar(row.ours, top, colour, '')}
${bar(row.theirs, top + 16, '#a8adb3', row.beside)}`;
}
