import { group } from '#domain';
import type { Slice } from '#nest';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';

export const groups: Slice = {
  controllers: [GroupsController],
  deciders: [group],
  projections: groupProjections,
  tables: groupTables,
};
