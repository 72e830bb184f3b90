import { assessment } from '#domain';
import type { Slice } from '#nest';
import { GuidanceController } from './guidance.controller.js';
import { assessmentsProjection, assessmentsTable } from './guidance.read-model.js';

/** What may be posted to whom. */
export const guidance: Slice = {
  controllers: [GuidanceController],
  deciders: [assessment],
  projections: [assessmentsProjection],
  tables: [assessmentsTable],
  holdings: [
    {
      title: 'What you judged before posting it',
      table: 'usage_assessments',
      about: 'person_id = $2',
      at: 'assessed_at',
    },
  ],
};
