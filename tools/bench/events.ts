import { randomUUID } from 'node:crypto';
import { record, type NewEvent } from '#domain';
import type { AnyDecider, Cause } from '#eventsourcing';

/** An organisation for the measurements. */
export const TENANT = '3b0c7a52-6a8e-4d55-9b57-0b1f3f5f6a10';
export const CAUSE: Cause = { actor: { kind: 'system', id: 'bench' } };

/** A real event of the language, so that the schema check is the product's own. */
export const left = (): NewEvent =>
  record('LeaverDetected', {
    personId: randomUUID(),
    category: 'member',
    trigger: 'membership_ended',
    leftAt: '2026-05-01T16:00:00.000Z',
    reportedAt: '2026-05-20T08:00:00.000Z',
    source: 'hr/main',
  });

/** The category whose events carry a deadline, as the real deciders' do; streams of any other have none. */
const followUp = {
  LeaverDetected: () => [
    { schedule: 'follow-up', dueAt: '2099-01-01T00:00:00.000Z', command: { name: 'FollowUp', data: {} } },
  ],
};
export const timed: AnyDecider = { category: 'timed', deadlines: followUp };

/** The same event as its peers store it: our envelope goes into their metadata. */
export function emmettEvent() {
  const { name, data } = left();
  return {
    type: `rollcall.membership.${name}.v1`,
    data,
    metadata: {
      occurredAt: '2026-05-20T08:00:00.000Z',
      recordedAt: '2026-05-20T08:00:00.000Z',
      actor: CAUSE.actor,
      correlationId: randomUUID(),
    },
  };
}
