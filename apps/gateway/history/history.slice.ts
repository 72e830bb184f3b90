import type { Slice } from '#nest';
import { HistoryController } from './history.controller.js';
import { HistoryProcessor, PROCESSOR } from './history.processor.js';
import { tables } from './history.read-model.js';

const topics = ['rollcall.gateway', 'rollcall.membership', 'rollcall.consent', 'rollcall.retention'];

/** Everything that happened, for whoever has to answer for it: by person, group, task, time and rule; who was in when; as a file. */
export const history: Slice = {
  controllers: [HistoryController, HistoryProcessor],
  processors: [{ name: PROCESSOR, topics }],
  tables,
};
