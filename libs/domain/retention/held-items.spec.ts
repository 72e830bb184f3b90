import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { eventType, type RecordedEvent, type RetentionPayloads, typeOf } from '#events';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { retention, type RetentionCommands } from './retention.js';
import { DELETION_TERMS } from './terms.js';

const itemId = '0192f0c1-0000-7000-8000-000000000001';
const taskId = '0192f0c1-0000-7000-8000-000000000002';
const ownerId = '0192f0c1-0000-7000-8000-000000000003';
const admin = '0192f0c1-0000-7000-8000-000000000004';
const [inquiry, dispute] = ['0192f0c1-0000-7000-8000-00000000000a', '0192f0c1-0000-7000-8000-00000000000b'];
const rules = [{ profile: 'emergency@1', parameter: 'hold_on_inquiry', obligations: ['BR-61'] }];
const m1 = {
  itemId,
  recordClass: 'message',
  startsAt: '2024-02-29T14:05:00.000Z',
  period: 'P2Y',
  ownerId,
  timeZone: 'Europe/London',
  deletion: { taskId, ...DELETION_TERMS },
};
const retainUntil = '2026-02-28T14:05:00.000Z';
const closedAt = '2026-09-30T16:00:00.000Z';
const dueAt = '2026-10-07T16:00:00.000Z';

const scheduled = record('RetentionScheduled', { ...m1, retainUntil });
const expired = record('RetentionExpired', { itemId, retainUntil });
const held = (holdId = inquiry) => record('ItemHeld', { itemId, holdId });
const lifted = (holdId = inquiry) => record('ItemHoldLifted', { itemId, holdId });
const blocked = (...holdIds: string[]) => record('DeletionBlockedByHold', { itemId, holdIds });
const opened = record('DeletionTaskOpened', {
  itemId,
  taskId,
  ownerId,
  dueAt: '2026-03-07T14:05:00.000Z',
  remindAt: '2026-03-05T14:05:00.000Z',
  alreadyOverdue: false,
});
const reopened = record('DeletionTaskOpened', {
  itemId,
  taskId,
  ownerId,
  dueAt,
  remindAt: '2026-10-05T16:00:00.000Z',
  alreadyOverdue: false,
});
const expiring = { name: 'Expire', data: { itemId } } as const;
const holding = (holdId = inquiry) => ({ name: 'ApplyHold', data: { itemId, holdId, rules } }) as const;
const lifting = (holdId = inquiry) => ({ name: 'LiftHold', data: { itemId, holdId, rules } }) as const;
const keeping = (period: string) => ({ name: 'ChangePeriod', data: { itemId, period, rules } }) as const;
const attesting = (attestedBy = ownerId) =>
  ({ name: 'AttestDeletion', data: { scope: 'own_device', attestedBy, rules } }) as const;
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const { given } = specify(retention);

describe('an item under a hold', () => {
  it('[BR-61] says that its time is over, and opens no task', () => {
    given(scheduled, held()).when(expiring, at(retainUntil)).expectEvents(expired, blocked(inquiry));
  });

  it('[BR-61] names what the hold rests on where it keeps the item back', () => {
    given(scheduled, { ...held(), rules })
      .when(expiring, at(retainUntil))
      .expectEvents(expired, { ...blocked(inquiry), rules });
  });

  it('[BR-61] is covered once, also when its time has passed and nobody has looked yet', () => {
    given(scheduled)
      .when(holding(), at('2026-02-20T10:00:00.000Z'))
      .expectEvents({ ...held(), rules });
    given(scheduled, held()).when(holding()).expectNothing();
    given(scheduled).when(holding(), at('2026-03-01T10:00:00.000Z')).expectEvents(held());
  });

  it('[BR-61] calls back an order to delete that is out already', () => {
    given(scheduled, expired, opened)
      .when(holding(), at('2026-03-01T10:00:00.000Z'))
      .expectEvents(held(), record('DeletionBlockedByHold', { itemId, holdIds: [inquiry], taskId }));
  });

  it('[BR-61] refuses the word that it is deleted, and keeps it as evidence', () => {
    given(scheduled, held(), expired, blocked(inquiry))
      .when(attesting(), at('2026-03-01T10:00:00.000Z'))
      .expectRefused('UnderHold', {
        obligations: ['BR-61'],
        evidence: [
          record('DeletionAttestationRefused', {
            itemId,
            scope: 'own_device' as const,
            attestedBy: ownerId,
            reason: 'UnderHold' as const,
          }),
        ],
      });
  });

  it('[BR-61] refuses, after the release, the word that it was deleted while the hold was on it', () => {
    const released = { ...lifted(), occurredAt: closedAt };
    const said = (occurredAt: string) => ({ occurredAt, now: '2026-10-05T12:00:00.000Z' });
    const past = [scheduled, held(), expired, blocked(inquiry), released, reopened];
    given(...past)
      .when(attesting(), said('2026-09-30T15:59:59.999Z'))
      .expectRefused('NotYetExpired', { obligations: ['BR-61'] });
    given(...past)
      .when(attesting(), said(closedAt))
      .expectEvents(
        record('DeletionAttested', {
          itemId,
          taskId,
          scope: 'own_device' as const,
          attestedBy: ownerId,
          lateBySeconds: 0,
        }),
      );
  });

  it('[BR-58] [BR-61] gets its full time to be deleted when the hold is released', () => {
    given(scheduled, held(), expired, blocked(inquiry)).when(lifting(), at(closedAt)).expectEvents(lifted(), reopened);
  });

  it('[BR-61] stays while another hold covers it, whichever is released first', () => {
    for (const [first, second] of [
      [inquiry, dispute],
      [dispute, inquiry],
    ] as const) {
      const both = [scheduled, held(inquiry), held(dispute), expired, blocked(inquiry, dispute)];
      given(...both)
        .when(lifting(first), at(closedAt))
        .expectEvents(lifted(first));
      given(...both, lifted(first))
        .when(lifting(second), at(closedAt))
        .expectEvents(lifted(second), reopened);
    }
  });

  it('[BR-57] is kept for the rest of its time when the hold ends before', () => {
    given(scheduled, held()).when(lifting(), at('2026-02-27T10:00:00.000Z')).expectEvents(lifted());
  });

  it('[BR-61] is timed from the end of the hold also where the end of its time was never looked at', () => {
    given(scheduled, held()).when(lifting(), at(closedAt)).expectEvents(expired, blocked(inquiry), lifted(), reopened);
  });

  it('finds nothing to do in a hold that is not on it, or on an item that is gone', () => {
    given(scheduled).when(lifting()).expectNothing();
    const gone = record('DeletionAttested', {
      itemId,
      taskId,
      scope: 'everyone' as const,
      attestedBy: ownerId,
      lateBySeconds: 0,
    });
    given(scheduled, expired, opened, gone).when(holding()).expectNothing();
  });
});

describe('another time to keep', () => {
  const changed = (period: string, until: string, isOver = false) =>
    record('RetentionPeriodChanged', { itemId, previously: 'P2Y', period, retainUntil: until, isOver });

  it('[BR-60] counts from the item’s own time: three years of a 29 February end on a 28th', () => {
    given(scheduled)
      .when(keeping('P3Y'), at('2026-02-01T09:00:00.000Z'))
      .expectEvents({ ...changed('P3Y', '2027-02-28T14:05:00.000Z'), rules });
    given(scheduled).when(keeping('P2Y')).expectNothing();
  });

  it('[BR-60] calls back an order to delete when the new time is not over', () => {
    given(scheduled, expired, opened)
      .when(keeping('P3Y'), at('2026-03-01T09:00:00.000Z'))
      .expectEvents(
        record('DeletionTaskCancelled', { itemId, taskId, reason: 'period_changed' as const }),
        changed('P3Y', '2027-02-28T14:05:00.000Z'),
      );
  });

  it('[BR-60] leaves an order to delete as it is when the time is made shorter', () => {
    given(scheduled, expired, opened)
      .when(keeping('P1Y'), at('2026-03-01T09:00:00.000Z'))
      .expectEvents(changed('P1Y', '2025-02-28T14:05:00.000Z', true));
    given(scheduled, expired, opened, changed('P1Y', '2025-02-28T14:05:00.000Z', true))
      .when(attesting(), at('2026-03-07T14:05:00.000Z'))
      .expectEvents(
        record('DeletionAttested', {
          itemId,
          taskId,
          scope: 'own_device' as const,
          attestedBy: ownerId,
          lateBySeconds: 0,
        }),
      );
  });
});

describe('an item whose owner has gone', () => {
  const handing = { name: 'ReplaceOwner', data: { itemId, ownerId: admin, rules } } as const;
  const handed = record('ItemOwnerReplaced', { itemId, taskId, previousOwnerId: ownerId, ownerId: admin });
  const impossible = (statedBy: string) =>
    ({ name: 'DeclareNotPossible', data: { reason: 'sender_gone', statedBy, rules } }) as const;

  it('[BR-59] is another one’s to delete, before its time is over and after', () => {
    given(scheduled).when(handing).expectEvents(handed);
    given(scheduled, handed).when(handing).expectNothing();
    given(scheduled, handed)
      .when(expiring, at(retainUntil))
      .expectEvents(expired, { ...opened, data: { ...opened.data, ownerId: admin } });
    given(scheduled, expired, opened, handed)
      .when(attesting(), at('2026-03-07T14:05:00.000Z'))
      .expectRefused('NotTheOwner');
  });

  it('[BR-35] [BR-59] ends with the word that it cannot be deleted, and why, from whoever has to', () => {
    const open = [scheduled, handed, expired, { ...opened, data: { ...opened.data, ownerId: admin } }];
    const ended = record('DeletionNotPossible', {
      itemId,
      taskId,
      reason: 'sender_gone' as const,
      statedBy: admin,
      lateBySeconds: 60,
    });
    given(...open)
      .when(impossible(admin), at('2026-03-07T14:06:00.000Z'))
      .expectEvents(ended);
    given(...open)
      .when(impossible(ownerId), at('2026-03-07T14:06:00.000Z'))
      .expectRefused('NotTheOwner');
    given(...open, ended)
      .when(attesting(admin), at('2026-03-08T14:06:00.000Z'))
      .expectNothing();
  });

  it('[BR-57] is not said to be impossible before its time is over', () => {
    given(scheduled).when(impossible(ownerId), at('2026-01-01T09:00:00.000Z')).expectRefused('NotYetExpired');
  });
});

describe('holds against deadlines, in whatever order', () => {
  const rule = { from: 'schedule', period: 'P2Y', trigger: 'sent', atEnd: 'delete', basis: 'explicit' } as const;
  const deciding = (keepUntil?: string) => {
    const what = keepUntil
      ? ({ decision: 'keep', reason: 'still_needed', keepUntil } as const)
      : ({ decision: 'delete', reason: 'no_longer_needed' } as const);
    return { name: 'DecideReview', data: { decidedBy: ownerId, ...what, rules } } as const;
  };
  const command: fc.Arbitrary<CommandOf<RetentionCommands>> = fc.oneof(
    fc.constantFrom(holding(inquiry), holding(dispute), lifting(inquiry), lifting(dispute)),
    fc.constantFrom(expiring, attesting(), keeping('P1Y'), keeping('P2Y'), keeping('P3Y')),
    fc.constant({ name: 'DeclareNotPossible', data: { reason: 'device_lost', statedBy: ownerId, rules } } as const),
    fc.constant({ name: 'AttestTransfer', data: { transferredBy: ownerId, rules } } as const),
    fc.constantFrom(deciding(), deciding('2026-10-10T10:00:00.000Z')),
    fc.constant({
      name: 'StartClock',
      data: { itemId, trigger: 'group_closed', startedAt: m1.startsAt, rules },
    } as const),
  );
  /** What an item may begin as: kept by one period, by a rule with another end, by one that waits. */
  const beginning = fc.constantFrom(
    scheduled,
    ...(['review', 'transfer'] as const).map((atEnd) =>
      record('RetentionScheduled', {
        ...m1,
        retainUntil,
        terms: { rules: [{ ...rule, atEnd, startedAt: m1.startsAt }] },
      }),
    ),
    ...(['group_closed', 'inquiry_ended'] as const).map((trigger) =>
      record('RetentionAwaited', { ...m1, terms: { rules: [{ ...rule, trigger }] } }),
    ),
  );
  const month = fc.integer({ min: 1, max: 12 });

  it('[BR-61] nobody is told to delete, and no deletion counts, while a hold covers the item', () => {
    fc.assert(
      fc.property(beginning, fc.array(fc.tuple(command, month), { maxLength: 25 }), (first, wishes) => {
        const inOrder = wishes.toSorted(([, a], [, b]) => a - b);
        const history = inOrder.reduce(carryOn, [{ ...first, id: 'e', occurredAt: m1.startsAt }]);
        const covering = new Set<unknown>();
        let isTold = false;
        for (const { name, data } of history) {
          expect(eventType(typeOf('retention', name))!.faults(data)).toEqual([]);
          const fact = data as Record<string, unknown>;
          if (name === 'ItemHeld') covering.add(fact['holdId']);
          if (name === 'ItemHoldLifted') covering.delete(fact['holdId']);
          if (['DeletionTaskOpened', 'ReviewOpened', 'TransferOpened'].includes(name)) isTold = true;
          if (name === 'DeletionBlockedByHold' || name === 'DeletionTaskCancelled') isTold = false;
          const words = ['DeletionAttested', 'DeletionNotPossible', 'ReviewDecided', 'ItemTransferred'];
          const orders = ['DeletionTaskOpened', 'ReviewOpened', 'TransferOpened'];
          if ([...words, ...orders].includes(name)) expect([name, covering.size]).toEqual([name, 0]);
          if (words.includes(name)) expect(isTold).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

type Past = Pick<RecordedEvent, 'id' | 'occurredAt'> & { readonly name: string; readonly data: object };

/** The history after one more wish on the first of a month of 2026. */
function carryOn(history: readonly Past[], [{ name, data }, month]: [CommandOf<RetentionCommands>, number]): Past[] {
  const now = `2026-${String(month).padStart(2, '0')}-01T12:00:00.000Z`;
  const rows: Record<string, unknown> = retention.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<RetentionPayloads>;
  const state = fold(retention, history as Pick<RecordedEvent, 'name' | 'data' | 'id' | 'occurredAt'>[]);
  const decision = decide(data, state, { occurredAt: now, now });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, id: 'e', occurredAt: now }))];
}
