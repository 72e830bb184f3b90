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
const rules = [
  { profile: 'emergency@1', parameter: 'retention_period', obligations: ['BR-57', 'BR-58'] },
  { profile: 'emergency@1', parameter: 'deletion_by', obligations: ['BR-59'] },
];
// M1 of the inquiry scenario: sent on 29 February 2024 at 14:05, kept for two years.
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
const remindAt = '2026-03-05T14:05:00.000Z';
const dueAt = '2026-03-07T14:05:00.000Z';

const scheduling = { name: 'Schedule', data: { ...m1, rules } } as const;
const expiring = { name: 'Expire', data: { itemId } } as const;
const reminding = { name: 'Remind', data: { itemId, taskId } } as const;
const declaring = { name: 'DeclareOverdue', data: { itemId, taskId } } as const;
const attesting = (scope: 'everyone' | 'own_device' = 'everyone', attestedBy = ownerId) =>
  ({ name: 'AttestDeletion', data: { scope, attestedBy, rules } }) as const;

const scheduled = record('RetentionScheduled', { ...m1, retainUntil });
const expired = record('RetentionExpired', { itemId, retainUntil });
const opened = record('DeletionTaskOpened', { itemId, taskId, ownerId, dueAt, remindAt, alreadyOverdue: false });
const openedLate = record('DeletionTaskOpened', { itemId, taskId, ownerId, dueAt, alreadyOverdue: true });
const reminded = record('DeletionReminderDue', { itemId, taskId, dueAt });
const overdue = record('DeletionOverdue', { itemId, taskId, dueAt });
const attested = (scope: 'everyone' | 'own_device' = 'everyone', lateBySeconds = 0) =>
  record('DeletionAttested', { itemId, taskId, scope, attestedBy: ownerId, lateBySeconds });
const notCounted = (reason: 'NotYetExpired' | 'NotTheOwner', attestedBy = ownerId) =>
  record('DeletionAttestationRefused', { itemId, scope: 'everyone' as const, attestedBy, reason });
const at = (instant: string, now = instant) => ({ occurredAt: instant, now });
const { given } = specify(retention);

describe('retention', () => {
  describe('keeping', () => {
    it('[BR-57] keeps an item from its own time for the period: 29 February and two years is 28 February', () => {
      given()
        .when(scheduling, at('2024-02-29T14:06:00.000Z'))
        .expectEvents({ ...scheduled, rules });
    });

    it('[BR-57] keeps the wall-clock time of the organisation across the change of the clocks', () => {
      const short = { ...m1, startsAt: '2026-03-28T12:00:00.000Z', period: 'P1D' };
      given()
        .when({ name: 'Schedule', data: { ...short, rules } })
        .expectEvents(record('RetentionScheduled', { ...short, retainUntil: '2026-03-29T11:00:00.000Z' }));
    });

    it('finds nothing new in the same schedule, whatever task id comes with it', () => {
      const deletion = { ...m1.deletion, taskId: '0192f0c1-0000-7000-8000-000000000009' };
      given(scheduled)
        .when({ name: 'Schedule', data: { ...m1, deletion, rules } })
        .expectNothing();
      given(scheduled, expired, opened).when(scheduling).expectNothing();
    });

    it('[BR-60] refuses another period for an item that is scheduled', () => {
      given(scheduled)
        .when({ name: 'Schedule', data: { ...m1, period: 'P3Y', rules } })
        .expectRefused('AlreadyScheduled', { parameter: 'retention_period' });
    });

    it('[BR-57] sets the deadline at the limit, also for one that is past', () => {
      expect(retention.deadlines!.RetentionScheduled!({ ...m1, retainUntil })).toEqual([
        { schedule: 'expire', dueAt: retainUntil, command: expiring },
      ]);
    });
  });

  describe('the end of the time', () => {
    it('[BR-57][BR-58][BR-59] is recorded, and its owner gets a week to delete', () => {
      given(scheduled).when(expiring, at(retainUntil)).expectEvents(expired, opened);
    });

    it('[BR-58] found late opens the task with its own due times, flagged as overdue', () => {
      given(scheduled).when(expiring, at(retainUntil, '2026-06-01T09:00:00.000Z')).expectEvents(expired, openedLate);
      given(scheduled).when(expiring, at(retainUntil, dueAt)).expectEvents(expired, openedLate);
    });

    it('does nothing a second time, after the attestation, or for an item nobody scheduled', () => {
      given(scheduled, expired, opened).when(expiring, at(retainUntil)).expectNothing();
      given(scheduled, expired, opened, attested()).when(expiring, at(retainUntil)).expectNothing();
      given().when(expiring, at(retainUntil)).expectNothing();
    });

    it('[BR-57] [BR-58] [BR-59] names the rules the item was taken in under, and so does all that follows from it', () => {
      const taken = { ...scheduled, rules };
      const all = [taken, expired, opened] as const;
      given(taken)
        .when(expiring, at(retainUntil))
        .expectEvents({ ...expired, rules }, { ...opened, rules });
      given(...all)
        .when(reminding, at(remindAt))
        .expectEvents({ ...reminded, rules });
      given(...all)
        .when(declaring, at(dueAt))
        .expectEvents({ ...overdue, rules });
    });

    it('[BR-57] [BR-60] names those of a later change of the period in place of the first', () => {
      const [period, deletion] = [rules[0]!, rules[1]!];
      const later = { ...period, profile: 'emergency@2' };
      const changed = record('RetentionPeriodChanged', {
        itemId,
        previously: 'P1Y',
        period: 'P2Y',
        retainUntil,
        isOver: false,
      });
      given({ ...scheduled, rules }, { ...changed, rules: [later] })
        .when(expiring, at(retainUntil))
        .expectEvents({ ...expired, rules: [deletion, later] }, { ...opened, rules: [deletion, later] });
    });

    it('[BR-57] never comes early', () => {
      given(scheduled).when(expiring, at('2026-02-28T14:04:59.999Z')).expectNothing();
    });

    it('[BR-58] sets the deadlines of the reminder and of the limit, and no reminder once it is too late', () => {
      expect(retention.deadlines!.DeletionTaskOpened!(opened.data)).toEqual([
        { schedule: 'remind', dueAt: remindAt, command: reminding },
        { schedule: 'overdue', dueAt, command: declaring },
      ]);
      expect(retention.deadlines!.DeletionTaskOpened!(openedLate.data)).toEqual([
        { schedule: 'overdue', dueAt, command: declaring },
      ]);
    });
  });

  describe('the task', () => {
    const open = [scheduled, expired, opened] as const;

    it('[BR-59] reminds the owner once', () => {
      given(...open)
        .when(reminding, at(remindAt))
        .expectEvents(reminded);
      given(...open, reminded)
        .when(reminding, at(remindAt))
        .expectNothing();
    });

    it('[BR-59] falls overdue once', () => {
      given(...open)
        .when(declaring, at(dueAt))
        .expectEvents(overdue);
      given(...open, overdue)
        .when(declaring, at(dueAt))
        .expectNothing();
    });

    it('[BR-59] is not overdue before its limit', () => {
      given(...open)
        .when(declaring, at('2026-03-07T14:04:59.999Z'))
        .expectNothing();
    });

    it('[BR-59] neither reminds nor falls overdue once the deletion is attested', () => {
      given(...open, attested())
        .when(reminding, at(remindAt))
        .expectNothing();
      given(...open, attested())
        .when(declaring, at(dueAt))
        .expectNothing();
      expect(retention.deadlines!.DeletionAttested!(attested().data)).toEqual([
        { cancel: 'remind' },
        { cancel: 'overdue' },
      ]);
    });

    it('a deadline of another task does nothing', () => {
      const data = { itemId, taskId: '0192f0c1-0000-7000-8000-000000000009' };
      given(...open)
        .when({ name: 'Remind', data }, at(remindAt))
        .expectNothing();
      given(...open)
        .when({ name: 'DeclareOverdue', data }, at(dueAt))
        .expectNothing();
    });
  });

  describe('the owner’s word', () => {
    const open = [scheduled, expired, opened] as const;

    it.each(['everyone', 'own_device'] as const)('[BR-59][BR-35] is recorded as attested for %s', (scope) => {
      given(...open)
        .when(attesting(scope), at('2026-03-05T14:05:00.000Z'))
        .expectEvents({ ...attested(scope), rules });
    });

    it('[BR-59] that comes after the limit says by how much, from when the owner deleted it', () => {
      given(...open, overdue)
        .when(attesting(), at('2026-03-07T15:05:30.500Z', '2026-03-09T09:00:00.000Z'))
        .expectEvents(attested('everyone', 3630));
    });

    it('finds nothing new in the same word again, or in a narrower one', () => {
      given(...open, attested())
        .when(attesting(), at(dueAt))
        .expectNothing();
      given(...open, attested())
        .when(attesting('own_device'), at(dueAt))
        .expectNothing();
    });

    it('[BR-35] adds a deletion for everyone to one on the own device', () => {
      given(...open, attested('own_device'))
        .when(attesting(), at(dueAt))
        .expectEvents(attested());
    });

    it('[BR-59] does not wait for a deadline that has yet to catch up with the time', () => {
      given(scheduled).when(attesting(), at(remindAt)).expectEvents(expired, opened, attested());
    });

    it('[BR-57][BR-59] is refused while the item is to be kept, and kept as evidence', () => {
      given(scheduled)
        .when(attesting(), at('2026-02-28T14:04:59.999Z'))
        .expectRefused('NotYetExpired', { obligations: ['BR-57'], evidence: [notCounted('NotYetExpired')] });
    });

    it('[BR-57] is refused where it says that the item went before its time was over', () => {
      given(...open)
        .when(attesting(), at('2026-02-28T14:04:59.999Z', dueAt))
        .expectRefused('NotYetExpired', { obligations: ['BR-57'], evidence: [notCounted('NotYetExpired')] });
      given(...open)
        .when(attesting(), at(retainUntil, dueAt))
        .expectEvents(attested());
    });

    it('[BR-59] is refused from anybody else, and kept as evidence', () => {
      const other = '0192f0c1-0000-7000-8000-000000000008';
      given(...open)
        .when(attesting('everyone', other), at(dueAt))
        .expectRefused('NotTheOwner', {
          parameter: 'deletion_by',
          obligations: ['BR-59'],
          evidence: [notCounted('NotTheOwner', other)],
        });
    });

    it('is refused for an item nobody scheduled', () => {
      given().when(attesting()).expectRefused('ItemUnknown');
    });

    it('[BR-58] is refused where the time is over but nobody was told to delete', () => {
      given(scheduled, expired).when(attesting(), at(dueAt)).expectRefused('NoDeletionTask');
    });
  });

  describe('whatever comes, in whatever order', () => {
    const command: fc.Arbitrary<CommandOf<RetentionCommands>> = fc.oneof(
      fc.constantFrom(scheduling, expiring, reminding, declaring, attesting('own_device', taskId)),
      fc.constantFrom('everyone' as const, 'own_device' as const).map((scope) => attesting(scope)),
      fc.constantFrom('P1Y', 'P2Y').map((period) => ({ ...scheduling, data: { ...scheduling.data, period } })),
    );
    const month = fc.integer({ min: 1, max: 6 });

    it('[BR-57][BR-58] the history folds, fits the event language, and tells each thing once, in order', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(command, month), { maxLength: 20 }), (wishes) => {
          const history = wishes.reduce(carryOn, []);
          for (const { name, data } of history) expect(eventType(typeOf('retention', name))!.faults(data)).toEqual([]);
          const names = history.map(({ name }) => name);
          const order = ['RetentionScheduled', 'RetentionExpired', 'DeletionTaskOpened', 'DeletionAttested'];
          const told = names.filter((name) => order.includes(name));
          expect([...new Set(told)]).toEqual(order.slice(0, new Set(told).size));
          for (const name of ['RetentionExpired', 'DeletionTaskOpened', 'DeletionReminderDue', 'DeletionOverdue'])
            expect(names.filter((other) => other === name).length).toBeLessThanOrEqual(1);
        }),
      );
    });
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

/** The history after one more wish on the first of a month of 2026. */
function carryOn(history: readonly Past[], [{ name, data }, month]: [CommandOf<RetentionCommands>, number]): Past[] {
  const now = `2026-0${month}-01T12:00:00.000Z`;
  const rows: Record<string, unknown> = retention.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<RetentionPayloads>;
  const decision = decide(data, fold(retention, history), { occurredAt: now, now });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt: now }))];
}
