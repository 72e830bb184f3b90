import { followUp } from '#domain';
import type { Slice } from '#nest';
import { FollowUpsController } from './follow-ups.controller.js';
import { followUpsProjection, followUpsTable } from './follow-ups.read-model.js';
import { REMOVAL_NOTICES, RemovalNoticesProcessor } from './removals.processor.js';

/** What has to be done outside the chat because of something in it, with a limit, until somebody says that it was. */
export const followUps: Slice = {
  controllers: [FollowUpsController, RemovalNoticesProcessor],
  processors: [{ name: REMOVAL_NOTICES, topics: ['rollcall.membership'] }],
  deciders: [followUp],
  projections: [followUpsProjection],
  tables: [followUpsTable],
  holdings: [
    {
      title: 'What you had to be told or reached about, or said was done',
      table: 'follow_ups',
      about: '$2 in (person_id, confirmed_by)',
      at: 'since',
    },
  ],
};
