import { hold } from '#domain';
import type { Slice } from '#nest';
import { HoldsController } from './holds.controller.js';
import { holdsProjection, holdsTable } from './holds.read-model.js';

/** What must be kept whatever its time, for as long as somebody needs it. */
export const holds: Slice = {
  controllers: [HoldsController],
  deciders: [hold],
  projections: [holdsProjection],
  tables: [holdsTable],
};
