import { message } from '#domain';
import type { Slice } from '#nest';
import { DueProcessor } from './due.processor.js';
import { MessagesController } from './messages.controller.js';
import { messagesProjection, messagesTable } from './messages.read-model.js';
import { MessageSender, SENDER } from './sender.js';

/** Messages to people, by email. */
export const messages: Slice = {
  controllers: [MessagesController, DueProcessor],
  providers: [MessageSender],
  processors: [{ name: SENDER, topics: ['rollcall.consent'] }],
  deciders: [message],
  projections: [messagesProjection],
  tables: [messagesTable],
};
