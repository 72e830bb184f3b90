import { describe, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { participation } from './participation.js';

const groupId = '0192f0c1-0000-7000-8000-00000000000a';
const personId = '0192f0c1-0000-7000-8000-00000000000b';
const taskId = '0192f0c1-0000-7000-8000-00000000000c';
const who = { groupId, personId };
const joined = {
  ...record('MemberAdded', { ...who, capacity: 'member' as const, route: 'admin_add' as const }),
  occurredAt: '2026-01-02T10:00:00.000Z',
};
const order = record('RemovalTaskOpened', {
  ...who,
  taskId,
  trigger: 'membership_ended' as const,
  owners: [],
  dueAt: '2026-02-01T10:00:00.000Z',
  alreadyOverdue: false,
});
const line = (evidence: 'left' | 'removed') => ({ name: 'ReadInChat', data: { ...who, evidence } }) as const;
const removed = record('MemberRemoved', {
  ...who,
  taskId,
  trigger: 'membership_ended' as const,
  evidence: 'chat_line' as const,
  lateBySeconds: 60,
});
const at = (occurredAt: string) => ({ now: '2026-03-01T10:00:00.000Z', occurredAt });
const { given } = specify(participation);

describe('a line of the chat', () => {
  it('[LD-37] that somebody was taken out does the order, at its own time, by evidence that is called what it is', () => {
    given(joined, order).when(line('removed'), at('2026-02-01T10:01:00.000Z')).expectEvents(removed);
    given(joined, order, removed).when(line('removed'), at('2026-02-01T10:01:00.000Z')).expectNothing();
  });

  it('[LD-38] that somebody left by themselves needs no removing any more', () => {
    given(joined, order)
      .when(line('left'), at('2026-01-20T10:00:00.000Z'))
      .expectEvents(record('MemberLeftByThemselves', { ...who, taskId }));
  });

  it('says nothing of somebody who came in after it', () => {
    given(joined, order).when(line('removed'), at('2026-01-02T09:59:59.999Z')).expectNothing();
    given().when(line('left'), at('2026-01-02T09:59:59.999Z')).expectNothing();
  });

  it('[LD-23] is contradicted by a roster that still shows the person', () => {
    const snapshotId = '0192f0c1-0000-7000-8000-00000000000d';
    const takenAt = '2026-02-10T10:00:00.000Z';
    const seen = { ...who, snapshotId, takenAt, isEntitled: false, rules: [] };
    given(joined, order, { ...removed, occurredAt: '2026-02-01T10:01:00.000Z' })
      .when({ name: 'FoundInRoster', data: seen }, at(takenAt))
      .expectEvents(
        record('RemovalContradicted', { ...who, snapshotId, trigger: 'membership_ended' as const }),
        record('MemberFoundInGroup', { ...who, snapshotId }),
      );
  });
});
