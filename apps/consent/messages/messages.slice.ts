import { message } from '#domain';
import type { Slice } from '#nest';
import { ANNOUNCEMENTS, AnnouncementsProcessor } from './announcements.processor.js';
import { DueProcessor } from './due.processor.js';
import { MessagesController } from './messages.controller.js';
import { messagesProjection, messagesTable } from './messages.read-model.js';
import { OBJECTIONS, ObjectionsProcessor } from './objections.processor.js';
import { objectionsTable } from './objections.read-model.js';
import { MessageSender, SENDER } from './sender.js';

/** Messages to people, by email. */
export const messages: Slice = {
  controllers: [MessagesController, DueProcessor, AnnouncementsProcessor, ObjectionsProcessor],
  providers: [MessageSender],
  processors: [
    { name: SENDER, topics: ['rollcall.consent'] },
    { name: ANNOUNCEMENTS, topics: ['rollcall.consent', 'rollcall.membership'] },
    { name: OBJECTIONS, topics: ['rollcall.retention'] },
  ],
  deciders: [message],
  projections: [messagesProjection],
  tables: [messagesTable, objectionsTable],
  holdings: [{ title: 'Objections of yours to being written to', table: 'objections', about: 'person_id = $2' }],
};
