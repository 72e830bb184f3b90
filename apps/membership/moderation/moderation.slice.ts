import type { Slice } from '#nest';
import { ACKNOWLEDGED, AcknowledgementsProcessor, knownAcknowledgementsTable } from './acknowledgements.processor.js';
import { ModerationController } from './moderation.controller.js';
import { MODERATION, ModerationProcessor } from './moderation.processor.js';
import { POLICY_CHANGES, PolicyChangesProcessor } from './policy-changes.processor.js';

/** Whether those who run a group are those its policy asks for, and ready for it. */
export const moderation: Slice = {
  controllers: [ModerationController, ModerationProcessor, AcknowledgementsProcessor, PolicyChangesProcessor],
  processors: [
    { name: MODERATION, topics: ['rollcall.membership'] },
    { name: ACKNOWLEDGED, topics: ['rollcall.consent', 'rollcall.membership'] },
    { name: POLICY_CHANGES, topics: ['rollcall.gateway'] },
  ],
  tables: [knownAcknowledgementsTable],
  holdings: [
    {
      title: 'What you said you have read, as this service was told of it',
      table: 'known_acknowledgements',
      about: 'person_id = $2',
      at: 'said_at',
    },
  ],
};
