import { capture, keptMessage, rosterEvidence } from '#domain';
import type { Slice } from '#nest';
import { CapturesController } from './captures.controller.js';
import { capturesProjection, capturesTable, keptProjection, keptTable, progressTable } from './captures.read-model.js';
import { DISCARDING, DiscardingProcessor } from './discarding.processor.js';
import { CaptureJobs } from './jobs.js';
import { UploadController } from './upload.controller.js';

/** Records out of an exported chat. */
export const captures: Slice = {
  controllers: [UploadController, CapturesController, DiscardingProcessor],
  providers: [CaptureJobs],
  processors: [{ name: DISCARDING, topics: ['rollcall.retention'] }],
  deciders: [capture, keptMessage, rosterEvidence],
  projections: [capturesProjection, keptProjection],
  tables: [capturesTable, progressTable, keptTable],
};
