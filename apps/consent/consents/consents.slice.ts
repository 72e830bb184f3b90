import { consent } from '#domain';
import type { Slice } from '#nest';
import { ConsentsController } from './consents.controller.js';
import { consentsProjection, consentsTable } from './consents.read-model.js';
import { ErasuresProcessor, WITHDRAWALS } from './erasures.processor.js';
import { closedGroupsTable, endedActivitiesTable } from './lasting.js';
import { PURPOSES, PurposesProcessor } from './purposes.processor.js';
import { REMOVALS, RemovalsProcessor, removalTriggersTable } from './removals.processor.js';

/** What a person was told and agreed to in a group, and how it ended. */
export const consents: Slice = {
  controllers: [ConsentsController, RemovalsProcessor, PurposesProcessor, ErasuresProcessor],
  processors: [
    { name: REMOVALS, topics: ['rollcall.membership'] },
    { name: PURPOSES, topics: ['rollcall.membership'] },
    { name: WITHDRAWALS, topics: ['rollcall.retention'] },
  ],
  deciders: [consent],
  projections: [consentsProjection],
  tables: [consentsTable, removalTriggersTable, endedActivitiesTable, closedGroupsTable],
};
