import { approval } from '#domain';
import type { Slice } from '#nest';
import { withVault } from '../holdings/cases.js';
import { ApprovalsController } from './approvals.controller.js';
import { approvalsProjection, approvalsTable } from './approvals.read-model.js';

/** Exceptions from the guidance, and the sign-off of matters that belong to a named person. */
export const approvals: Slice = {
  controllers: [ApprovalsController],
  deciders: [approval],
  projections: [approvalsProjection],
  tables: [approvalsTable],
  holdings: [
    {
      title: 'Exceptions and sign-offs that you asked for, gave or declined',
      table: 'approvals',
      about: '$2 in (asked_by, responsible_id, decided_by)',
      inGroup: 'group_id = $2',
      at: 'asked_at',
      words: withVault('approvalId'),
    },
  ],
};
