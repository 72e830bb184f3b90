import { invitation } from '#domain';
import type { Slice } from '#nest';
import { InvitationsController } from './invitations.controller.js';
import { invitationsProjection, invitationsTable } from './invitations.read-model.js';
import { LEAVERS, LeaversProcessor } from './leavers.processor.js';

/** Links by which people join, and what became of each. */
export const invitations: Slice = {
  controllers: [InvitationsController, LeaversProcessor],
  processors: [{ name: LEAVERS, topics: ['rollcall.membership'] }],
  deciders: [invitation],
  projections: [invitationsProjection],
  tables: [invitationsTable],
};
