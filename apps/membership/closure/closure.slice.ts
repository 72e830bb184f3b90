import { closure } from '#domain';
import type { Slice } from '#nest';
import { ClosureController, DormantGroupsController } from './closure.controller.js';
import { CLOSURE, ClosureProcessor } from './closure.processor.js';
import { closureProjections, closureTables } from './closure.read-model.js';

/** Which groups have lost their use, and how they come to their end. */
export const closures: Slice = {
  controllers: [ClosureController, DormantGroupsController, ClosureProcessor],
  processors: [{ name: CLOSURE, topics: ['rollcall.membership', 'rollcall.gateway', 'rollcall.retention'] }],
  deciders: [closure],
  projections: closureProjections,
  tables: closureTables,
};
