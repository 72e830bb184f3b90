import { schedule } from '#domain';
import type { Slice } from '#nest';
import { SchedulesController } from './schedules.controller.js';
import { happenedTables, schedulesProjection, schedulesTable } from './schedules.read-model.js';
import { TRIGGERS, TriggersProcessor } from './triggers.processor.js';

/** How long an organisation keeps what, by its own rules, and what their times run from. */
export const schedules: Slice = {
  controllers: [SchedulesController, TriggersProcessor],
  processors: [{ name: TRIGGERS, topics: ['rollcall.membership'] }],
  deciders: [schedule],
  projections: [schedulesProjection],
  tables: [schedulesTable, ...happenedTables],
};
