import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Eta } from 'eta';
import type { PackageDocument } from './document.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'views');
const css = readFileSync(join(folder, 'package.css'), 'utf8');
const eta = new Eta({ views: folder, cache: true, autoEscape: true });
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A package as a page to read and print: headings, lists, no script. `timeZone` is the organisation's: times are told in it. */
export function page(document: PackageDocument, { sha256, timeZone }: { sha256: string; timeZone: string }): string {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long', timeStyle: 'short' });
  const names = new Map(document.places.flatMap(({ groupId, name }) => (name ? [[groupId, name] as const] : [])));
  const plain = (value: unknown): string => {
    if (value === null || value === undefined || value === '') return 'none';
    if (typeof value === 'boolean') return value ? 'yes' : 'no';
    if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plain).join(', ');
    if (typeof value === 'object')
      return Object.entries(value)
        .map(([name, inner]) => `${words(name)}: ${plain(inner)}`)
        .join('; ');
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (text === document.about.personId) return 'you';
    return INSTANT.test(text) ? clock.format(new Date(text)) : (names.get(text) ?? text);
  };
  const told = (row: Readonly<Record<string, unknown>>) =>
    Object.entries(row)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => ({ name: words(name), value: plain(value) }));
  return eta.render('./package', {
    ...document,
    isPerson: document.about.personId !== undefined,
    css,
    sha256,
    timeZone,
    plain,
    told,
    words,
  });
}

/** `noticePresentedAt` as people write it; `groupId` is the group. */
function words(name: string): string {
  const parts = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/ Ids?\b/, '')
    .toLowerCase();
  return parts.charAt(0).toUpperCase() + parts.slice(1);
}
