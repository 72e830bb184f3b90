import { rightsRequest } from '#domain';
import type { Slice } from '#nest';
import { CONFIRMATIONS, ConfirmationsProcessor } from './confirmations.processor.js';
import { RequestsController } from './requests.controller.js';
import { requestsProjection, requestsTable } from './requests.read-model.js';

/** What people ask of the organisation by right, by when it has to answer, and the proof that erased is erased. */
export const requests: Slice = {
  controllers: [RequestsController, ConfirmationsProcessor],
  processors: [{ name: CONFIRMATIONS, topics: ['rollcall.membership', 'rollcall.consent', 'rollcall.retention'] }],
  deciders: [rightsRequest],
  projections: [requestsProjection],
  tables: [requestsTable],
};
