import { participation as decider } from '#domain';
import type { Slice } from '#nest';
import { participationTables, participations } from './participation.read-model.js';

/** One person in one group: what members, removals, proposals and rosters are all about. */
export const participation: Slice = {
  deciders: [decider],
  projections: [participations],
  tables: participationTables,
};
