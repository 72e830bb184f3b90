import type { Slice } from '#nest';
import { AlternativeChannelsController } from './alternative-channels.controller.js';
import { alternativeChannelsProjection, alternativeChannelsTable } from './alternative-channels.read-model.js';
import { DELIVERIES, DeliveriesProcessor } from './deliveries.processor.js';

/** How those are reached who are not in the group (LD-13); their stream is the one of their consent. */
export const alternativeChannels: Slice = {
  controllers: [AlternativeChannelsController, DeliveriesProcessor],
  processors: [{ name: DELIVERIES, topics: ['rollcall.consent'] }],
  projections: [alternativeChannelsProjection],
  tables: [alternativeChannelsTable],
};
