import type { Slice } from '#nest';
import { RemovalOrdersController } from './removal-orders.controller.js';
import { removalOrders, removalOrderTable } from './removal-orders.read-model.js';
import { CONSENTS, ConsentProcessor, RemovalProcessor, REMOVALS } from './removals.processors.js';

export const removals: Slice = {
  controllers: [RemovalOrdersController, RemovalProcessor, ConsentProcessor],
  processors: [
    { name: REMOVALS, topics: ['rollcall.membership'], first: true },
    { name: CONSENTS, topics: ['rollcall.consent'], first: true },
  ],
  projections: [removalOrders],
  tables: [removalOrderTable],
};
