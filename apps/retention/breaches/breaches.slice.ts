import { breach } from '#domain';
import type { Slice } from '#nest';
import { BreachesController } from './breaches.controller.js';
import { breachesProjection, breachesTable } from './breaches.read-model.js';
import { FACTS, FactsProcessor } from './facts.processor.js';
import { presenceTable } from './presence.js';

/** What to do when data went where it should not, by when, and when it is done. */
export const breaches: Slice = {
  controllers: [BreachesController, FactsProcessor],
  processors: [{ name: FACTS, topics: ['rollcall.membership'] }],
  deciders: [breach],
  projections: [breachesProjection],
  tables: [breachesTable, presenceTable],
};
