import { Headers, Inject, StreamableFile } from '@nestjs/common';
import { v7 } from 'uuid';
import { certificate, contentHash, MOST_ITEMS } from '#domain';
import {
  afterInstant,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  invalid,
  listed,
  notFound,
  Read,
  recorded,
  Resource,
  ServiceKit,
  timeZone,
} from '#nest';
import {
  Certificate,
  CertificateIssued,
  CertificatePage,
  CertificatesQuery,
  IssueCertificate,
} from './certificates.dto.js';
import { type Batch, disposed, itemsOf, listCertificates } from './certificates.read-model.js';
import { certificatePage } from './view.js';

const readers = ['admin', 'compliance', 'auditor'] as const;

/** Proof of what went: which items, under which rules, when, by whose word. */
@Resource('disposal-certificates', 'Retention')
export class CertificatesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'compliance'],
    summary: 'Issues a certificate for a batch of items that have come to their end',
    description:
      'Attested, never proven (BR-35): each item with its schedule, its end, whose word it is, how late, and what was not possible and why (BR-58, BR-59). It is written once and does not change. An item that has not come to its end is refused by its id.',
    body: IssueCertificate,
    answers: CertificateIssued,
  })
  async issue(@Incoming() { tx, body, cause, expectedVersion }: CallOf<typeof IssueCertificate>) {
    const certificateId = idOf(body.certificateId ?? v7());
    const batch = batchIn(body);
    const rows = await itemsOf(tx, batch, MOST_ITEMS + 1);
    // Nothing tells an item of another organisation from one that is not there.
    if (rows.length < (batch.itemIds ?? batch.taskIds ?? []).length) throw notFound('item');
    const open = rows.filter(({ isOpen }) => isOpen).map(({ itemId }) => itemId);
    const items = rows.filter(({ isOpen }) => !isOpen).map(disposed);
    const [outcome] = await this.kit.commands.execute(tx, certificate, cause, [
      {
        id: certificateId,
        command: { name: 'IssueCertificate', data: { certificateId, items, open } },
        expectedVersion,
      },
    ]);
    const [issued] = await listCertificates(tx, { certificateId, limit: 1 });
    return recorded(outcome!, { certificateId, contentHash: issued?.contentHash });
  }

  @Read('', {
    scopes: readers,
    summary: 'Certificates by the time they were issued',
    query: CertificatesQuery,
    answers: CertificatePage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof CertificatesQuery>) {
    const { items, next } = await listed(query, afterInstant, (part) => listCertificates(tx, part), [
      'issuedAt',
      'certificateId',
    ]);
    return { items: items.map(({ content: { counts }, ...row }) => ({ ...row, counts })), next };
  }

  @Read(':certificateId', {
    scopes: readers,
    summary: 'One certificate, as JSON or, with Accept: text/html, as a page to print',
    answers: Certificate,
  })
  async show(@Incoming() { tx, params }: Call, @Headers('accept') accept?: string) {
    const [row] = await listCertificates(tx, { certificateId: idOf(params['certificateId']), limit: 1 });
    if (!row) throw notFound('certificate');
    const { state: issued } = (await this.kit.commands.states(tx, certificate, [row.certificateId])).get(
      row.certificateId,
    )!;
    const isVerified = issued !== null && contentHash(row.content) === contentHash(issued);
    if (!accept?.includes('text/html')) return { ...row, isVerified };
    const html = certificatePage({ ...row, isVerified }, await timeZone(tx));
    return new StreamableFile(Buffer.from(html), { type: 'text/html; charset=utf-8' });
  }
}

/** What is asked for, in the house form. Throws the 400 unless it is exactly one of the three. */
function batchIn({ itemIds, taskIds, groupId, from, to }: Batch): Batch {
  const named = [itemIds, taskIds, groupId].filter((way) => way !== undefined);
  if (named.length !== 1)
    throw invalid([{ field: 'body', rule: 'must have exactly one of itemIds, taskIds and groupId' }]);
  if ((groupId === undefined) !== (from === undefined) || (groupId === undefined) !== (to === undefined))
    throw invalid([{ field: 'body/from', rule: 'must be given, with to, for a group and for nothing else' }]);
  if (itemIds) return { itemIds: itemIds.map(idOf) };
  if (taskIds) return { taskIds: taskIds.map(idOf) };
  const span = { from: instantIn('body/from', from!), to: instantIn('body/to', to!) };
  if (span.from >= span.to) throw invalid([{ field: 'body/to', rule: 'must be after from' }]);
  return { groupId: idOf(groupId), ...span };
}
