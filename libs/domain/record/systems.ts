/** The systems an organisation has approved for its records (CN-18). */
import type { RetentionPayloads } from '#events';
import { type Decider, nothing, record } from '../decider.js';

type SystemEvents = Pick<RetentionPayloads, 'RecordSystemApproved' | 'RecordSystemWithdrawn'>;

/** One stream for the organisation. */
export type SystemCommands = {
  ApproveSystem: { readonly system: string };
  /** What was recorded there stays recorded. */
  WithdrawSystem: { readonly system: string };
};

export const recordSystems: Decider<readonly string[], SystemCommands, SystemEvents> = {
  category: 'record_systems',
  initial: [],
  decide: {
    ApproveSystem: (data, systems) =>
      systems.includes(data.system) ? nothing : [record('RecordSystemApproved', data)],
    WithdrawSystem: (data, systems) =>
      systems.includes(data.system) ? [record('RecordSystemWithdrawn', data)] : nothing,
  },
  evolve: {
    RecordSystemApproved: (systems, { system }) => [...systems, system],
    RecordSystemWithdrawn: (systems, { system }) => systems.filter((other) => other !== system),
  },
};
