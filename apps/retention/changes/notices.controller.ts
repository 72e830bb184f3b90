import { Inject } from '@nestjs/common';
import { retentionNotice } from '#domain';
import {
  afterInstant,
  type CallOf,
  Command,
  Incoming,
  listed,
  notFound,
  pastInstantIn,
  Read,
  recorded,
  Resource,
  ServiceKit,
} from '#nest';
import { AttestNotice, NoticePage, NoticesQuery, NoticeTold } from './notices.dto.js';
import { listNotices } from './notices.read-model.js';

/** What members must be told when things are kept for another time than before. */
@Resource('retention-notices', 'Retention')
export class NoticesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'moderator', 'compliance', 'auditor'],
    summary: 'Which groups’ members must be told of a changed time, by due time (BR-60)',
    query: NoticesQuery,
    answers: NoticePage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof NoticesQuery>) {
    return listed(query, afterInstant, (part) => listNotices(tx, part), ['dueAt', 'noticeId']);
  }

  @Command(':noticeId/told', {
    scopes: ['admin', 'moderator', 'compliance'],
    summary: 'Records that the members of the group were told',
    body: AttestNotice,
    answers: NoticeTold,
  })
  async told(@Incoming() { tx, params, body, cause, expectedVersion }: CallOf<typeof AttestNotice>) {
    const noticeId = params['noticeId']!.toLowerCase();
    if ((await listNotices(tx, { noticeId, limit: 1 })).length === 0) throw notFound('notice');
    const occurredAt = body.occurredAt && pastInstantIn('body/occurredAt', body.occurredAt, tx.now);
    const [outcome] = await this.kit.commands.execute(tx, retentionNotice, cause, [
      { id: noticeId, command: { name: 'AttestNotice', data: { noticeId } }, occurredAt, expectedVersion },
    ]);
    return recorded(outcome!, { noticeId });
  }
}
