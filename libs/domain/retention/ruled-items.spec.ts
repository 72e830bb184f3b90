import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import type { KeepingRule } from '../schedule/precedence.js';
import { retention } from './retention.js';
import { DELETION_TERMS } from './terms.js';

const [itemId, taskId, ownerId, holdId] = ['1', '2', '3', '4'].map(
  (digit) => `0192f0c1-0000-7000-8000-00000000000${digit}`,
) as [string, string, string, string];
const item = {
  itemId,
  recordClass: 'message',
  startsAt: '2024-02-29T14:05:00.000Z',
  ownerId,
  timeZone: 'Europe/London',
  deletion: { taskId, ...DELETION_TERMS },
};
const ruled = (more: Partial<KeepingRule> = {}): KeepingRule => ({
  from: 'schedule',
  recordClass: 'message',
  groupType: '*',
  period: 'P2Y',
  trigger: 'sent',
  atEnd: 'delete',
  basis: 'explicit',
  ...((more.trigger ?? 'sent') === 'sent' ? { startedAt: item.startsAt } : {}),
  ...more,
});
const under = (...rules: KeepingRule[]) => ({ schedule: { number: 1, contentVersion: 'a1' }, rules });
const retainUntil = '2026-02-28T14:05:00.000Z';
const scheduled = (...rules: KeepingRule[]) =>
  record('RetentionScheduled', { ...item, period: 'P2Y', retainUntil, terms: under(...rules) });
const awaited = (...rules: KeepingRule[]) =>
  record('RetentionAwaited', { ...item, period: rules[0]!.period, terms: under(...rules) });
const expired = record('RetentionExpired', { itemId, retainUntil });
const order = {
  itemId,
  taskId,
  ownerId,
  dueAt: '2026-03-07T14:05:00.000Z',
  remindAt: '2026-03-05T14:05:00.000Z',
  alreadyOverdue: false,
};
const expiring = { name: 'Expire', data: { itemId } } as const;
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const inTime = at('2026-03-02T10:00:00.000Z');
const attesting = { name: 'AttestDeletion', data: { scope: 'everyone', attestedBy: ownerId, rules: [] } } as const;
const { given } = specify(retention);

describe('an item whose time has yet to begin', () => {
  const closed = ruled({ trigger: 'group_closed', period: 'P1Y' });
  const left = ruled({ trigger: 'person_left', period: 'P1Y' });
  const starting = (trigger: 'group_closed' | 'person_left', startedAt: string) =>
    ({ name: 'StartClock', data: { itemId, trigger, startedAt, rules: [] } }) as const;
  const started = record('RetentionClockStarted', {
    itemId,
    trigger: 'group_closed' as const,
    startedAt: '2026-03-01T10:00:00.000Z',
    period: 'P1Y',
  });

  it('[LD-35] waits, and is kept meanwhile', () => {
    given()
      .when({ name: 'Schedule', data: { ...item, period: 'P1Y', terms: under(closed), rules: [] } })
      .expectEvents(awaited(closed));
    given(awaited(closed)).when(expiring, at('2099-01-01T00:00:00.000Z')).expectNothing();
    given(awaited(closed)).when(attesting).expectRefused('NotYetExpired');
  });

  it('[LD-35] begins once, when that has happened', () => {
    const begun = { ...started, data: { ...started.data, retainUntil: '2027-03-01T10:00:00.000Z' } };
    given(awaited(closed)).when(starting('group_closed', '2026-03-01T10:00:00.000Z')).expectEvents(begun);
    given(awaited(closed), begun).when(starting('group_closed', '2026-04-01T10:00:00.000Z')).expectNothing();
    given(awaited(closed)).when(starting('person_left', '2026-03-01T10:00:00.000Z')).expectNothing();
  });

  it('goes on waiting while another rule does', () => {
    given(awaited(closed, left)).when(starting('group_closed', '2026-03-01T10:00:00.000Z')).expectEvents(started);
    given(awaited(closed, left), started)
      .when(starting('person_left', '2026-05-01T10:00:00.000Z'))
      .expectEvents(
        record('RetentionClockStarted', {
          itemId,
          trigger: 'person_left' as const,
          startedAt: '2026-05-01T10:00:00.000Z',
          period: 'P1Y',
          retainUntil: '2027-05-01T10:00:00.000Z',
        }),
      );
  });

  it('never begins before the item itself', () => {
    given(awaited(closed))
      .when(starting('group_closed', '2020-01-01T10:00:00.000Z'))
      .expectEvents({
        ...started,
        data: { ...started.data, startedAt: item.startsAt, retainUntil: '2025-02-28T14:05:00.000Z' },
      });
  });

  it('[BR-61] waits for the end of the last hold where it is kept from the end of an inquiry', () => {
    const inquiry = ruled({ trigger: 'inquiry_ended', period: 'P6M' });
    const lifting = { name: 'LiftHold', data: { itemId, holdId, rules: [] } } as const;
    given(awaited(inquiry), record('ItemHeld', { itemId, holdId }))
      .when(lifting, at('2026-09-30T16:00:00.000Z'))
      .expectEvents(
        record('ItemHoldLifted', { itemId, holdId }),
        record('RetentionClockStarted', {
          itemId,
          trigger: 'inquiry_ended' as const,
          startedAt: '2026-09-30T16:00:00.000Z',
          period: 'P6M',
          retainUntil: '2027-03-30T16:00:00.000Z',
        }),
      );
  });
});

describe('an item whose time ends with a review', () => {
  const review = ruled({ atEnd: 'review' });
  const open = [scheduled(review), expired, record('ReviewOpened', order)] as const;
  const deciding = (decision: 'delete' | 'keep', keepUntil?: string) =>
    ({
      name: 'DecideReview',
      data: {
        decidedBy: ownerId,
        decision,
        reason: decision === 'keep' ? 'legal_duty' : 'no_longer_needed',
        ...(keepUntil ? { keepUntil } : {}),
        rules: [],
      },
    }) as const;
  const later = '2030-01-01T09:00:00.000Z';

  it('is somebody’s to decide within a week', () => {
    given(scheduled(review)).when(expiring, at(retainUntil)).expectEvents(expired, record('ReviewOpened', order));
    given(...open)
      .when(attesting, inTime)
      .expectRefused('OtherOrder');
  });

  it('[BR-58] goes with the usual week where it is to go', () => {
    given(...open)
      .when(deciding('delete'), inTime)
      .expectEvents(
        record('ReviewDecided', {
          itemId,
          taskId,
          decidedBy: ownerId,
          decision: 'delete' as const,
          reason: 'no_longer_needed' as const,
          lateBySeconds: 0,
        }),
        record('DeletionTaskOpened', {
          ...order,
          dueAt: '2026-03-09T10:00:00.000Z',
          remindAt: '2026-03-07T10:00:00.000Z',
        }),
      );
  });

  it('stays until the day that was decided, and is reviewed again then', () => {
    const decided = record('ReviewDecided', {
      itemId,
      taskId,
      decidedBy: ownerId,
      decision: 'keep' as const,
      reason: 'legal_duty' as const,
      keepUntil: later,
      lateBySeconds: 0,
    });
    given(...open)
      .when(deciding('keep', later), inTime)
      .expectEvents(decided);
    given(...open, decided)
      .when(expiring, at('2029-01-01T09:00:00.000Z'))
      .expectNothing();
    given(...open, decided)
      .when(expiring, at(later))
      .expectEvents(
        record('RetentionExpired', { itemId, retainUntil: later }),
        record('ReviewOpened', {
          ...order,
          dueAt: '2030-01-08T09:00:00.000Z',
          remindAt: '2030-01-06T09:00:00.000Z',
        }),
      );
    expect(retention.deadlines!.ReviewDecided!(decided.data)).toContainEqual(
      expect.objectContaining({ schedule: 'expire', dueAt: later }),
    );
  });

  it('is not kept without an end, or until a day that has passed', () => {
    given(...open)
      .when(deciding('keep'), inTime)
      .expectRefused('EndMissing');
    given(...open)
      .when(deciding('delete', later), inTime)
      .expectRefused('EndMissing');
    given(...open)
      .when(deciding('keep', '2026-03-01T00:00:00.000Z'), inTime)
      .expectRefused('EndInThePast');
  });

  it('[BR-61] is not decided under a hold', () => {
    given(
      ...open,
      record('ItemHeld', { itemId, holdId }),
      record('DeletionBlockedByHold', { itemId, holdIds: [holdId], taskId }),
    )
      .when(deciding('delete'), inTime)
      .expectRefused('UnderHold');
  });
});

describe('an item that is handed over at its end', () => {
  const transfer = ruled({ atEnd: 'transfer' });
  const open = [scheduled(transfer), expired, record('TransferOpened', order)] as const;
  const handing = { name: 'AttestTransfer', data: { transferredBy: ownerId, rules: [] } } as const;
  const handed = record('ItemTransferred', { itemId, taskId, transferredBy: ownerId, lateBySeconds: 0 });

  it('is done with by the owner’s word, once', () => {
    given(scheduled(transfer)).when(expiring, at(retainUntil)).expectEvents(expired, record('TransferOpened', order));
    given(...open)
      .when(handing, inTime)
      .expectEvents(handed);
    given(...open, handed)
      .when(handing, inTime)
      .expectNothing();
    given(...open)
      .when(attesting, inTime)
      .expectRefused('OtherOrder');
  });

  it('[BR-61] is not handed over under a hold, and gone is gone', () => {
    const applying = { name: 'ApplyHold', data: { itemId, holdId, rules: [] } } as const;
    given(...open, handed)
      .when(applying)
      .expectNothing();
    given(
      ...open,
      record('ItemHeld', { itemId, holdId }),
      record('DeletionBlockedByHold', { itemId, holdIds: [holdId], taskId }),
    )
      .when(handing, inTime)
      .expectRefused('UnderHold');
  });
});

describe('other rules for an item', () => {
  const changing = (...rules: KeepingRule[]) =>
    ({ name: 'ChangePeriod', data: { itemId, period: rules[0]!.period, terms: under(...rules), rules: [] } }) as const;

  it('[BR-60] change its end with one event, and nothing where they are the same', () => {
    given(scheduled(ruled())).when(changing(ruled())).expectNothing();
    given(scheduled(ruled()))
      .when(changing(ruled({ period: 'P1Y' })), at('2024-06-01T00:00:00.000Z'))
      .expectEvents(
        record('RetentionPeriodChanged', {
          itemId,
          previously: 'P2Y',
          period: 'P1Y',
          retainUntil: '2025-02-28T14:05:00.000Z',
          isOver: false,
          terms: under(ruled({ period: 'P1Y' })),
        }),
      );
  });

  it('[BR-60] made shorter while the order to delete is out, the order stands as it was given', () => {
    given(scheduled(ruled()), expired, record('DeletionTaskOpened', order))
      .when(changing(ruled({ period: 'P1Y' })), inTime)
      .expectEvents(
        record('RetentionPeriodChanged', {
          itemId,
          previously: 'P2Y',
          period: 'P1Y',
          retainUntil: '2025-02-28T14:05:00.000Z',
          isOver: true,
          terms: under(ruled({ period: 'P1Y' })),
        }),
      );
  });

  it('[BR-60] that wait for something call the order back', () => {
    const closed = ruled({ trigger: 'group_closed', period: 'P1Y' });
    given(scheduled(ruled()), expired, record('DeletionTaskOpened', order))
      .when(changing(closed), inTime)
      .expectEvents(
        record('DeletionTaskCancelled', { itemId, taskId, reason: 'period_changed' as const }),
        record('RetentionPeriodChanged', {
          itemId,
          previously: 'P2Y',
          period: 'P1Y',
          isOver: false,
          terms: under(closed),
        }),
      );
  });
});
