import { incident } from '#domain';
import type { Slice } from '#nest';
import { IncidentsController } from './incidents.controller.js';
import { incidentsProjection, incidentsTable, incidentSteps, incidentStepsProjection } from './incidents.read-model.js';

/** What people tell us of that is no breach: to whom it goes, by when, and what comes of it. */
export const incidents: Slice = {
  controllers: [IncidentsController],
  deciders: [incident],
  projections: [incidentsProjection, incidentStepsProjection],
  tables: [incidentsTable, incidentSteps],
};
