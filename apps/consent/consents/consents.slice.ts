import { consent } from '#domain';
import type { Slice } from '#nest';
import { ConsentsController } from './consents.controller.js';
import { consentsProjection, consentsTable } from './consents.read-model.js';
import { closedGroupsTable, endedActivitiesTable } from './lasting.js';

/** What a person was told and agreed to in a group, and how it ended. */
export const consents: Slice = {
  controllers: [ConsentsController],
  deciders: [consent],
  projections: [consentsProjection],
  tables: [consentsTable, endedActivitiesTable, closedGroupsTable],
};
