import { agreement, briefing } from '#domain';
import type { Slice } from '#nest';
import { AgreementsController } from './agreements.controller.js';
import {
  acceptancesProjection,
  acceptancesTable,
  agreementsProjection,
  agreementsTable,
  briefingsProjection,
  briefingsTable,
} from './agreements.read-model.js';
import { NEWCOMERS, NewcomersProcessor } from './newcomers.processor.js';
import { WelcomesController } from './welcomes.controller.js';

/** The agreement's way: published, sent to newcomers with their welcome, accepted, and round again in time. */
export const agreements: Slice = {
  controllers: [AgreementsController, WelcomesController, NewcomersProcessor],
  processors: [{ name: NEWCOMERS, topics: ['rollcall.membership', 'rollcall.consent'] }],
  deciders: [agreement, briefing],
  projections: [agreementsProjection, acceptancesProjection, briefingsProjection],
  tables: [agreementsTable, acceptancesTable, briefingsTable],
};
