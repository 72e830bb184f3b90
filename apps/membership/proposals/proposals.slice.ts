import type { Slice } from '#nest';
import { ProposalsController } from './proposals.controller.js';
import { proposals as projection, proposalTable } from './proposals.read-model.js';

export const proposals: Slice = {
  controllers: [ProposalsController],
  projections: [projection],
  tables: [proposalTable],
};
