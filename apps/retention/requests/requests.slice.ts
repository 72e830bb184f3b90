import { rightsRequest } from '#domain';
import type { Slice } from '#nest';
import { CONFIRMATIONS, ConfirmationsProcessor } from './confirmations.processor.js';
import { CORRECTIONS, CorrectionsProcessor } from './corrections.processor.js';
import { RequestsController } from './requests.controller.js';
import {
  correctionsProjection,
  correctionsTable,
  requestsProjection,
  requestsTable,
  toldProjection,
  toldTable,
} from './requests.read-model.js';
import { SubstanceController } from './substance.controller.js';

const OF_PERSON = 'request_id in (select request_id from rights_requests where tenant_id = $1 and person_id = $2)';

/** What people ask of the organisation by right, by when it has to answer, what its answer rests on, and the proof that erased is erased. */
export const requests: Slice = {
  controllers: [RequestsController, SubstanceController, ConfirmationsProcessor, CorrectionsProcessor],
  processors: [
    { name: CONFIRMATIONS, topics: ['rollcall.membership', 'rollcall.consent', 'rollcall.retention'] },
    { name: CORRECTIONS, topics: ['rollcall.membership'] },
  ],
  deciders: [rightsRequest],
  projections: [requestsProjection, correctionsProjection, toldProjection],
  tables: [requestsTable, correctionsTable, toldTable],
  holdings: [
    {
      title: 'Corrections of your data since you asked for them',
      table: 'request_corrections',
      about: OF_PERSON,
      at: 'made_at',
    },
    {
      title: 'Who else was told that your data was corrected or erased, by kind and number',
      table: 'request_recipients',
      about: OF_PERSON,
      at: 'told_at',
      hidden: ['event_id'],
    },
  ],
};
