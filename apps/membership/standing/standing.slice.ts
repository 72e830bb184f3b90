import { groupStanding } from '#domain';
import type { Slice } from '#nest';
import { StandingController } from './standing.controller.js';
import { STANDING, StandingProcessor } from './standing.processor.js';
import { standingsProjection, standingsTable } from './standing.read-model.js';

/** What groups are to the organisation: official, unofficial or social. */
export const standings: Slice = {
  controllers: [StandingController, StandingProcessor],
  processors: [{ name: STANDING, topics: ['rollcall.membership'] }],
  deciders: [groupStanding],
  projections: [standingsProjection],
  tables: [standingsTable],
  holdings: [
    {
      title: 'What you decided that groups count as',
      table: 'group_standings',
      about: 'decided_by = $2',
      inGroup: 'group_id = $2',
      at: 'since',
    },
  ],
};
