import { participation as decider } from '#domain';
import type { Slice } from '#nest';
import { MembersController } from './members.controller.js';
import { CONSENTS, ConsentProcessor, RemovalProcessor, REMOVALS } from './participation.processors.js';
import { OpinionController } from './opinion.controller.js';
import { participationTables, participations } from './participation.read-model.js';
import { ProposalsController } from './proposals.controller.js';
import { proposals, proposalTable } from './proposals.read-model.js';
import { RemovalOrdersController } from './removal-orders.controller.js';
import { removalOrders, removalOrderTable } from './removal-orders.read-model.js';

export const participation: Slice = {
  controllers: [
    MembersController,
    OpinionController,
    ProposalsController,
    RemovalOrdersController,
    RemovalProcessor,
    ConsentProcessor,
  ],
  processors: [
    { name: REMOVALS, topics: ['rollcall.membership'] },
    { name: CONSENTS, topics: ['rollcall.consent'] },
  ],
  deciders: [decider],
  projections: [participations, proposals, removalOrders],
  tables: [...participationTables, proposalTable, removalOrderTable],
};
