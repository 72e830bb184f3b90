import { businessRecord, recordSystems } from '#domain';
import type { Slice } from '#nest';
import { RecordsController } from './records.controller.js';
import { recordsProjection, recordsTable, systemsProjection, systemsTable } from './records.read-model.js';
import { SystemsController } from './systems.controller.js';

/** Business messages owed to a system of record. */
export const records: Slice = {
  controllers: [RecordsController, SystemsController],
  deciders: [businessRecord, recordSystems],
  projections: [recordsProjection, systemsProjection],
  tables: [recordsTable, systemsTable],
};
