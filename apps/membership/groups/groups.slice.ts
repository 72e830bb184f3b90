import { group } from '#domain';
import type { Slice } from '#nest';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';
import { ModerationController } from './moderation.controller.js';
import { MODERATION, ModerationProcessor } from './moderation.processor.js';

export const groups: Slice = {
  controllers: [GroupsController, ModerationController, ModerationProcessor],
  processors: [{ name: MODERATION, topics: ['rollcall.membership'] }],
  deciders: [group],
  projections: groupProjections,
  tables: groupTables,
};
