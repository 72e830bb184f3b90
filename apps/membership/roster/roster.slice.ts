import { roster as decider } from '#domain';
import type { Slice } from '#nest';
import { RosterController } from './roster.controller.js';
import { rosterProjections, rosterTables } from './roster.read-model.js';

export const roster: Slice = {
  controllers: [RosterController],
  deciders: [decider],
  projections: rosterProjections,
  tables: rosterTables,
};
