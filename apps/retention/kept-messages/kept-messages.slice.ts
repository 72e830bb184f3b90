import { keptMessage } from '#domain';
import type { Slice } from '#nest';
import { KeptMessagesController } from './kept-messages.controller.js';
import { DISCARDING, DiscardingProcessor } from './kept-messages.processor.js';
import { keptProjection, keptTable } from './kept-messages.read-model.js';

/** Messages out of chats that are kept as records, until their own end. */
export const keptMessages: Slice = {
  controllers: [KeptMessagesController, DiscardingProcessor],
  processors: [{ name: DISCARDING, topics: ['rollcall.retention'] }],
  deciders: [keptMessage],
  projections: [keptProjection],
  tables: [keptTable],
};
