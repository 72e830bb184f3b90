import type { Slice } from '#nest';
import { ErasuresProcessor, WITHDRAWALS } from './erasures.processor.js';
import { PURPOSES, PurposesProcessor } from './purposes.processor.js';
import { REMOVALS, RemovalsProcessor, removalTriggersTable } from './removals.processor.js';

/** How a consent ends with something else: the person's removal, its purpose, an erasure. */
export const endings: Slice = {
  controllers: [RemovalsProcessor, PurposesProcessor, ErasuresProcessor],
  processors: [
    { name: REMOVALS, topics: ['rollcall.membership'] },
    { name: PURPOSES, topics: ['rollcall.membership'] },
    { name: WITHDRAWALS, topics: ['rollcall.retention'] },
  ],
  tables: [removalTriggersTable],
};
