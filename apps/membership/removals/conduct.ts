import { conductVerdict, isStaffModerator, requiredBy } from '#domain';
import type { Transaction } from '#eventsourcing';
import type { ServiceKit } from '#nest';
import { moderationOf } from '../moderation/moderation.js';
import type { Facts } from '../participation/facts.js';
import { participationId, removalTaskId } from '../participation/participation-id.js';

/** A wish to take somebody out for conduct. Instants are UTC; `agreedBy` is a person's id. */
interface Wish {
  readonly occurredAt: string;
  readonly until?: string;
  readonly agreedBy?: string;
}

/** The order that follows from a decision about conduct, with the verdict on it (HSU-27, HSU-28, AMZ-094, AMZ-095). */
export async function conductOrder(kit: ServiceKit, tx: Transaction, facts: Facts, wish: Wish) {
  const { groupId, personId, policy } = facts;
  const { until, agreedBy, occurredAt } = wish;
  const { moderators } = await moderationOf(kit, tx, groupId, policy);
  const isAgreedByStaff = moderators.some(
    (moderator) => moderator.personId === agreedBy && agreedBy !== personId && isStaffModerator(moderator),
  );
  const verdict = conductVerdict(policy, { now: tx.now, isAgreedByStaff, ...(until === undefined ? {} : { until }) });
  const taskId = removalTaskId(`conduct:${occurredAt}`, participationId(groupId, personId));
  const order = requiredBy({ ...facts, taskId }, 'conduct', occurredAt);
  return {
    ...order,
    verdict,
    ...(until === undefined ? {} : { until }),
    ...(agreedBy === undefined ? {} : { agreedBy }),
  };
}
