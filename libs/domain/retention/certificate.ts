/** A disposal certificate: how a batch of items ended, written once. */
import { createHash } from 'node:crypto';
import type { RetentionPayloads } from '#events';
import { type Decider, nothing, record, refuse } from '../decider.js';

type CertificateEvents = Pick<RetentionPayloads, 'CertificateIssued'>;
export type CertificateContent = CertificateEvents['CertificateIssued']['content'];
export type DisposedItem = CertificateContent['items'][number];

/** One stream for each certificate. `open` are the items asked for that have not come to their end. */
export type CertificateCommands = {
  IssueCertificate: {
    readonly certificateId: string;
    readonly items: readonly DisposedItem[];
    readonly open: readonly string[];
  };
};

/** The most items one certificate names, so that it fits one event. */
export const MOST_ITEMS = 400;

/** Issued once; asked again for the same items it is the same one. Attested is never proven: it says whose word it is (BR-35, BR-58). */
export const certificate: Decider<CertificateContent | null, CertificateCommands, CertificateEvents> = {
  category: 'certificate',
  initial: null,
  decide: {
    IssueCertificate: ({ certificateId, items, open }, issued, { now }) => {
      if (issued)
        return sameItems(issued.items, items)
          ? nothing
          : refuse('CertificateIssued', 'A certificate of this id was issued for other items; it does not change.');
      if (open.length > 0) return refuse('ItemNotEnded', `These items have not come to their end: ${open.join(', ')}.`);
      if (items.length === 0) return refuse('NothingEnded', 'Nothing that was asked for has come to its end.');
      if (items.length > MOST_ITEMS)
        return refuse(
          'TooManyItems',
          `One certificate names ${MOST_ITEMS} items at most; ask for fewer, or a shorter time.`,
        );
      const content = { certificateId, issuedAt: now, items: [...items], counts: countsOf(items) };
      return [record('CertificateIssued', { certificateId, content, contentHash: contentHash(content) })];
    },
  },
  evolve: { CertificateIssued: (_, { content }) => content },
};

const sameItems = (a: readonly DisposedItem[], b: readonly DisposedItem[]) =>
  JSON.stringify(a.map(({ itemId }) => itemId).toSorted()) === JSON.stringify(b.map(({ itemId }) => itemId).toSorted());

function countsOf(items: readonly DisposedItem[]): CertificateContent['counts'] {
  const of = (outcome: DisposedItem['outcome']) => items.filter((item) => item.outcome === outcome).length;
  return {
    items: items.length,
    attested: of('attested'),
    notPossible: of('not_possible'),
    transferred: of('transferred'),
    late: items.filter(({ lateBySeconds }) => lateBySeconds > 0).length,
  };
}

/**
 * The SHA-256, in hex, of a certificate's content as canonical JSON: names sorted, nothing between the signs, UTF-8. Whoever
 * holds the content can count it anew and compare.
 */
export function contentHash(content: CertificateContent): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join(',')}}`;
}
