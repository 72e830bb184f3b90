import { certificate } from '#domain';
import type { Slice } from '#nest';
import { CertificatesController } from './certificates.controller.js';
import { certificatesProjection, certificatesTable } from './certificates.read-model.js';

/** Proof of what went, batch by batch. */
export const certificates: Slice = {
  controllers: [CertificatesController],
  deciders: [certificate],
  projections: [certificatesProjection],
  tables: [certificatesTable],
};
