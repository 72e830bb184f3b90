import { receiptKeys } from '#domain';
import type { Slice } from '#nest';
import { PublishedKeysController } from './published-keys.controller.js';
import { ReceiptsController } from './receipts.controller.js';

/** Receipts of consents, computed from the history and signed with a key of the organisation's own. */
export const receipts: Slice = {
  controllers: [ReceiptsController, PublishedKeysController],
  deciders: [receiptKeys],
};
