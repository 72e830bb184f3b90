import { disappearing } from '#domain';
import type { Slice } from '#nest';
import { DisappearingController } from './disappearing.controller.js';
import { disappearingProjection, disappearingTable } from './disappearing.read-model.js';

/** Whether the app takes messages away by itself, as somebody told us. */
export const disappearingMessages: Slice = {
  controllers: [DisappearingController],
  deciders: [disappearing],
  projections: [disappearingProjection],
  tables: [disappearingTable],
};
