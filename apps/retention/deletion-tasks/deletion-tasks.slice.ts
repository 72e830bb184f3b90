import type { Slice } from '#nest';
import { DeletionTasksController } from './deletion-tasks.controller.js';
import { deletionTasksProjection, deletionTasksTable } from './deletion-tasks.read-model.js';

/** Who has to delete what, and their word that they did; a task is part of its item's stream. */
export const deletionTasks: Slice = {
  controllers: [DeletionTasksController],
  projections: [deletionTasksProjection],
  tables: [deletionTasksTable],
};
