import { group } from '#domain';
import type { Slice } from '#nest';
import { ACKNOWLEDGED, AcknowledgementsProcessor, knownAcknowledgementsTable } from './acknowledgements.processor.js';
import { GroupsController } from './groups.controller.js';
import { groupProjections, groupTables } from './groups.read-model.js';
import { ModerationController } from './moderation.controller.js';
import { POLICY_CHANGES, PolicyChangesProcessor } from './policy-changes.processor.js';
import { GROUP_TEXTS, TextsProcessor } from './texts.processor.js';
import { MODERATION, ModerationProcessor } from './moderation.processor.js';

export const groups: Slice = {
  controllers: [
    GroupsController,
    ModerationController,
    ModerationProcessor,
    TextsProcessor,
    AcknowledgementsProcessor,
    PolicyChangesProcessor,
  ],
  processors: [
    { name: MODERATION, topics: ['rollcall.membership'] },
    { name: GROUP_TEXTS, topics: ['rollcall.consent'] },
    { name: ACKNOWLEDGED, topics: ['rollcall.consent', 'rollcall.membership'] },
    { name: POLICY_CHANGES, topics: ['rollcall.gateway'] },
  ],
  deciders: [group],
  projections: groupProjections,
  tables: [...groupTables, knownAcknowledgementsTable],
  holdings: [
    {
      title: 'What you said you have read, as this service was told of it',
      table: 'known_acknowledgements',
      about: 'person_id = $2',
      at: 'said_at',
    },
  ],
};
