import { retention } from '#domain';
import type { Slice } from '#nest';
import { ItemsController } from './items.controller.js';
import { itemHoldsProjection, itemHoldsTable, itemsProjection, itemsTable } from './items.read-model.js';

/** What is kept, from when, for how long. */
export const items: Slice = {
  controllers: [ItemsController],
  deciders: [retention],
  projections: [itemsProjection, itemHoldsProjection],
  tables: [itemsTable, itemHoldsTable],
};
