import { capture, rosterEvidence } from '#domain';
import type { Slice } from '#nest';
import { CapturesController } from './captures.controller.js';
import { capturesProjection, capturesTable, progressTable } from './captures.read-model.js';
import { CaptureJobs } from './jobs.js';
import { UploadController } from './upload.controller.js';

/** Records out of an exported chat. */
export const captures: Slice = {
  controllers: [UploadController, CapturesController],
  providers: [CaptureJobs],
  deciders: [capture, rosterEvidence],
  projections: [capturesProjection],
  tables: [capturesTable, progressTable],
};
