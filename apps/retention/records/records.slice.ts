import { businessRecord, recordSystems } from '#domain';
import type { Slice } from '#nest';
import { withVault } from '../holdings/cases.js';
import { RecordsController } from './records.controller.js';
import { recordsProjection, recordsTable, systemsProjection, systemsTable } from './records.read-model.js';
import { SystemsController } from './systems.controller.js';

/** Business messages owed to a system of record. */
export const records: Slice = {
  controllers: [RecordsController, SystemsController],
  deciders: [businessRecord, recordSystems],
  projections: [recordsProjection, systemsProjection],
  tables: [recordsTable, systemsTable],
  holdings: [
    {
      title: 'Messages of yours that are the organisation’s business, and where they are on record',
      table: 'business_records',
      about: 'person_id = $2',
      inGroup: 'group_id = $2',
      at: 'sent_at',
      hidden: ['version'],
      words: withVault('recordId'),
    },
  ],
};
