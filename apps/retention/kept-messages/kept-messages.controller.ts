import { Inject } from '@nestjs/common';
import {
  afterInstant,
  type Call,
  type CallOf,
  idOf,
  Incoming,
  listed,
  notFound,
  Read,
  recordReading,
  Resource,
  ServiceKit,
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
  list(@Incoming() { tx, query }: CallOf<never, typeof KeptQuery>) {
    return listed(query, afterInstant, (part) => listKept(tx, part), ['sentAt', 'itemId']);
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
