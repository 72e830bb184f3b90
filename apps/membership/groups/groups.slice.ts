import { group } from '#domain';
import type { Slice } from '#nest';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';
import { GROUP_TEXTS, TextsProcessor } from './texts.processor.js';

export const groups: Slice = {
  controllers: [GroupsController, TextsProcessor],
  processors: [{ name: GROUP_TEXTS, topics: ['rollcall.consent'] }],
  deciders: [group],
  projections: groupProjections,
  tables: groupTables,
};
