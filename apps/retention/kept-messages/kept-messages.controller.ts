import { Inject } from '@nestjs/common';
import {
  afterInstant,
  idOf,
  Incoming,
  notFound,
  page,
  Read,
  recordReading,
  Resource,
  ServiceKit,
  type Call,
  type CallOf,
} from '#nest';
import { KeptPage, KeptQuery, KeptView } from './kept-messages.dto.js';
import { findKept, listKept } from './kept-messages.read-model.js';

/** Messages of chats that are records. */
@Resource('kept-messages', 'Records')
export class KeptMessagesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Read('', {
    scopes: ['admin', 'moderator', 'compliance', 'auditor'],
    summary: 'Messages of chats that are records, by the time they were sent; without their words',
    query: KeptQuery,
    answers: KeptPage,
  })
  async list(@Incoming() { tx, query }: CallOf<never, typeof KeptQuery>) {
    const { cursor, limit = 50, groupId } = query;
    const find = { groupId: groupId ? idOf(groupId) : null, after: afterInstant(cursor), limit: limit + 1 };
    return page(await listKept(tx, find), limit, ({ sentAt, itemId }) => [sentAt, itemId]);
  }

  @Read(':itemId', {
    scopes: ['admin', 'moderator', 'compliance'],
    summary: 'One message that is a record, with its words; that they were read is recorded',
    answers: KeptView,
  })
  async show(@Incoming() call: Call) {
    const row = await findKept(call.tx, idOf(call.params['itemId']));
    if (!row) throw notFound('message');
    const { message } = await this.kit.vault.read(call.tx, row.itemId, ['message']);
    if (message.state === 'value') await recordReading(this.kit, call, { subjectId: row.itemId, fields: ['message'] });
    return { ...row, message };
  }
}
