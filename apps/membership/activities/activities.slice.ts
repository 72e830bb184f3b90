import { activity } from '#domain';
import type { Slice } from '#nest';
import { ActivitiesController } from './activities.controller.js';
import { activityProjection, activityTable } from './activities.read-model.js';

export const activities: Slice = {
  controllers: [ActivitiesController],
  deciders: [activity],
  projections: [activityProjection],
  tables: [activityTable],
};
