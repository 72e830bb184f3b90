import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import type { Attached } from './attachments.js';
import type { Line } from './chat-text.js';

/** A line as it can be looked through: `index` is its place in the chat, from 0. */
export interface Shown extends Omit<Line, 'attachment'> {
  readonly index: number;
  /** `name` is null where the export left the file out. */
  readonly attachments: readonly (Attached & { readonly name: string | null })[];
}

/** A notice about people, found again without reading the chat anew. */
export type Found = Pick<Line, 'at' | 'people'> & { readonly kind: 'join' | 'leave' | 'removal' };
export type Sender = { readonly label: string; readonly messages: number };

/** Lines of a page. */
export const PAGE = 100;
/** Beyond these, senders and notices are counted but not listed. */
export const MOST_SENDERS = 2_000;
export const MOST_NOTICES = 20_000;

/**
 * An export that is looked through is in the vault under a key of its own, page by page, and its erasure is the destruction of that
 * key: whoever is still writing then is refused.
 */
const field = (page: number) => `page_${page}`;

/** A page as it is kept: chats repeat themselves, so a tenth of the room is enough. */
export const packed = (lines: readonly Shown[]) =>
  deflateRawSync(JSON.stringify(lines), { level: 1 }).toString('base64');
const unpacked = (page: string) => JSON.parse(inflateRawSync(Buffer.from(page, 'base64')).toString()) as Shown[];

/** Writes packed pages of `PAGE` lines each, from one on; the last one of a chat may be shorter. */
export async function writePages(
  kit: ServiceKit,
  tx: Transaction,
  captureId: string,
  first: number,
  pages: readonly string[],
): Promise<void> {
  await kit.vault.write(tx, captureId, Object.fromEntries(pages.map((page, index) => [field(first + index), page])));
}

/** The lines of a chat from one place on, in its order; fewer than asked for at its end. */
export async function readLines(
  kit: ServiceKit,
  tx: Transaction,
  captureId: string,
  from: number,
  limit: number,
): Promise<Shown[]> {
  const first = Math.floor(from / PAGE);
  const count = Math.ceil((from + limit) / PAGE) - first;
  const pages = await readPages(
    kit,
    tx,
    captureId,
    Array.from({ length: count }, (_, index) => first + index),
  );
  return pages.filter(({ index }) => index >= from && index < from + limit);
}

/** All lines of these pages, in their order. Throws where a page cannot be read: that is a fault, and no shorter chat. */
export async function readPages(
  kit: ServiceKit,
  tx: Transaction,
  captureId: string,
  pages: readonly number[],
): Promise<Shown[]> {
  const read = await kit.vault.read(tx, captureId, pages.map(field));
  return pages.flatMap((page) => {
    const personal = read[field(page)]!;
    if (personal.state === 'unreadable') throw new Error('A page of an export does not open under its key');
    return personal.state === 'value' ? unpacked(personal.value) : [];
  });
}

/** Who wrote in the chat, and which notices it has of people. */
export interface Summary {
  readonly senders: readonly Sender[];
  readonly notices: readonly Found[];
}

/** Keeps the summary beside the pages. */
export async function writeSummary(
  kit: ServiceKit,
  tx: Transaction,
  captureId: string,
  summary: Summary,
): Promise<void> {
  await kit.vault.write(tx, captureId, { summary: JSON.stringify(summary) });
}

/** Undoes `writeSummary`; empty where the export is gone. */
export async function readSummary(kit: ServiceKit, tx: Transaction, captureId: string): Promise<Summary> {
  const { summary } = await kit.vault.read(tx, captureId, ['summary']);
  return summary.state === 'value' ? (JSON.parse(summary.value) as Summary) : { senders: [], notices: [] };
}
