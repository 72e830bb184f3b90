import { Inject } from '@nestjs/common';
import { v7 } from 'uuid';
import type { CommandOf, MessageCommands } from '#domain';
import {
  afterId,
  type Answer,
  type Call,
  type CallOf,
  Command,
  idOf,
  Incoming,
  instantIn,
  listed,
  notFound,
  Read,
  recorded,
  recordReading,
  requireGroup,
  Resource,
  ServiceKit,
} from '#nest';
import {
  DeliverByHand,
  MessagePage,
  MessageRecorded,
  MessagesQuery,
  MessageView,
  SendMessage,
} from './messages.dto.js';
import { findMessage, listMessages, type MessageRow } from './messages.read-model.js';
import { queueMessage, tell, wordsOf } from './messages.js';

/** Messages to people: what is to go out, what went out, and what has to reach them another way. */
@Resource('messages', 'Messages')
export class MessagesController {
  constructor(@Inject(ServiceKit) private readonly kit: ServiceKit) {}

  @Command('', {
    scopes: ['admin', 'moderator'],
    summary: 'Writes to a person by email, now or at `dueAt`',
    description:
      'The address is the one membership has when it is sent. Without a mail server the message waits, to be delivered by hand.',
    body: SendMessage,
    answers: MessageRecorded,
  })
  async write(@Incoming() { tx, body, cause }: CallOf<typeof SendMessage>) {
    const { messageId: given, personId, groupId, dueAt, ...words } = body;
    if (groupId) await requireGroup(tx, idOf(groupId));
    const messageId = idOf(given ?? v7());
    const outcome = await queueMessage(this.kit, tx, cause, {
      messageId,
      personId: idOf(personId),
      ...(groupId ? { groupId: idOf(groupId) } : {}),
      ...words,
      ...(dueAt === undefined ? {} : { dueAt: instantIn('body/dueAt', dueAt) }),
    });
    return recorded(outcome, { messageId });
  }

  @Command(':messageId/delivered-by-hand', {
    scopes: ['admin', 'moderator'],
    summary: 'Says that somebody gave it to the person another way',
    body: DeliverByHand,
    answers: MessageRecorded,
  })
  byHand(@Incoming() call: CallOf<typeof DeliverByHand>) {
    return this.ask(call, (about) => ({ name: 'DeliverByHand', data: { ...about, channel: call.body.channel } }));
  }

  @Command(':messageId/bounced', {
    scopes: ['admin', 'moderator'],
    summary: 'Says that it came back although the mail server had taken it over',
    answers: MessageRecorded,
  })
  bounced(@Incoming() call: CallOf) {
    return this.ask(call, (data) => ({ name: 'ReportBounce', data }));
  }

  @Command(':messageId/release', {
    scopes: ['admin', 'moderator'],
    summary: 'Tries anew what was held, given up, had no address or came back',
    answers: MessageRecorded,
  })
  release(@Incoming() call: CallOf) {
    return this.ask(call, (data) => ({ name: 'ReleaseMessage', data }));
  }

  @Read('', {
    scopes: ['admin', 'moderator', 'auditor'],
    summary: 'Messages without their words; `state=waiting` for all that are still to go out',
    query: MessagesQuery,
    answers: MessagePage,
  })
  list(@Incoming() { tx, query }: CallOf<never, typeof MessagesQuery>) {
    return listed(query, afterId, (part) => listMessages(tx, part), ['messageId']);
  }

  @Read(':messageId', {
    scopes: ['admin'],
    summary: 'One message with its words; that they were read is recorded',
    answers: MessageView,
  })
  async one(@Incoming() { tx, params, principal, cause }: CallOf) {
    const row = await this.known({ tx, params });
    const { messageId, personId: subjectId } = row;
    // A code is proof of being the person: nobody else is shown one.
    const words = row.kind === 'one_time_code' ? 'absent' : await wordsOf(this.kit, tx, row);
    if (typeof words === 'string') return { ...row, content: { state: words } };
    await recordReading(this.kit, { tx, cause, principal }, { subjectId, fields: ['message'], about: messageId });
    return { ...row, content: { state: 'value', ...words } };
  }

  private async ask(
    call: Pick<Call, 'tx' | 'params' | 'cause' | 'expectedVersion'>,
    commandFor: (about: { messageId: string; personId: string }) => CommandOf<MessageCommands>,
  ): Promise<Answer> {
    const { messageId, personId } = await this.known(call);
    const command = commandFor({ messageId, personId });
    return recorded(await tell(this.kit, call.tx, call.cause, command, call.expectedVersion), { messageId });
  }

  private async known({ tx, params }: Pick<Call, 'tx' | 'params'>): Promise<MessageRow> {
    const row = await findMessage(tx, idOf(params['messageId']));
    if (!row) throw notFound('message');
    return row;
  }
}
