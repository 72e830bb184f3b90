import { group } from '#domain';
import type { Slice } from '#nest';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';
import { ModerationController } from './moderation.controller.js';
import { GROUP_TEXTS, TextsProcessor } from './texts.processor.js';
import { MODERATION, ModerationProcessor } from './moderation.processor.js';

export const groups: Slice = {
  controllers: [GroupsController, ModerationController, ModerationProcessor, TextsProcessor],
  processors: [
    { name: MODERATION, topics: ['rollcall.membership'] },
    { name: GROUP_TEXTS, topics: ['rollcall.consent'] },
  ],
  deciders: [group],
  projections: groupProjections,
  tables: groupTables,
};
