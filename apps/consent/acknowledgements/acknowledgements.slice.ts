import { acknowledgement, comprehension, comprehensionCheck, documentText, ownDevice } from '#domain';
import type { Slice } from '#nest';
import { AcknowledgementsController } from './acknowledgements.controller.js';
import {
  acknowledgementProjections,
  acknowledgementsTable,
  otherTables,
  roleHoldersTable,
} from './acknowledgements.read-model.js';
import { ComprehensionController } from './comprehension.controller.js';
import { ROLE_HOLDERS, RoleHoldersProcessor } from './role-holders.processor.js';

/** Who owes which acknowledgement, who gave it, and whether it was understood. */
export const acknowledgements: Slice = {
  controllers: [AcknowledgementsController, ComprehensionController, RoleHoldersProcessor],
  processors: [{ name: ROLE_HOLDERS, topics: ['rollcall.membership'] }],
  deciders: [acknowledgement, comprehension, comprehensionCheck, ownDevice, documentText],
  projections: acknowledgementProjections,
  tables: [roleHoldersTable, acknowledgementsTable, ...otherTables],
};
