import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type ConsentPayloads, eventType, type RecordedEvent, typeOf } from '#events';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { message, type MessageCommands } from './message.js';

const about = { messageId: '0192f0c1-0000-7000-8000-000000000001', personId: '0192f0c1-0000-7000-8000-000000000002' };
const at = (time: string) => `2026-01-${time}:00.000Z`;
const NOON = at('01T12:00');
const queueing = { name: 'QueueMessage', data: { ...about, kind: 'notice', dueAt: NOON } } as const;
const queued = record('MessageQueued', {
  ...about,
  kind: 'notice' as const,
  dueAt: NOON,
  giveUpAt: at('03T12:00'),
});
const due = record('MessageDue', { ...about, again: at('01T12:10') });
const tried = (attempt: number, again = at('01T12:10')) => record('MessageAttempted', { ...about, attempt, again });
const sent = record('MessageSent', { ...about, attempt: 1 });
const chasing = { name: 'ChaseMessage', data: about } as const;
const attempting = { name: 'AttemptMessage', data: about } as const;
const failing = (attempt: number, isFinal = false) =>
  ({ name: 'ReportFailed', data: { ...about, attempt, reason: 'timeout', isFinal } }) as const;
const failed = (attempt: number, again?: string) =>
  record('MessageFailed', { ...about, attempt, reason: 'timeout' as const, ...(again ? { again } : {}) });
const tooLate = record('MessageGivenUp', { ...about, because: 'too_late' as const });
const { given } = specify(message);

describe('a message', () => {
  it('is tried for two days unless said', () => {
    given().when(queueing).expectEvents(queued);
    const giveUpAt = at('01T12:10');
    given()
      .when({ name: 'QueueMessage', data: { ...queueing.data, giveUpAt } })
      .expectEvents({ ...queued, data: { ...queued.data, giveUpAt } });
    given(queued).when(queueing).expectNothing();
  });

  it('falls due, and again when nobody takes it up', () => {
    given(queued).when(chasing).expectEvents(due);
    given(queued, due)
      .when(chasing, { now: at('01T12:10') })
      .expectEvents(record('MessageDue', { ...about, again: at('01T12:20') }));
  });

  it('falls due also where its time came while nothing ran', () => {
    given(queued)
      .when(chasing, { now: at('09T12:00') })
      .expectEvents(record('MessageDue', { ...about, again: at('09T12:10') }));
  });

  it('is taken up by one and not before it is due', () => {
    given(queued).when(attempting).expectNothing();
    given(queued, due).when(attempting).expectEvents(tried(1));
    given(queued, due, tried(1)).when(attempting).expectNothing();
  });

  it('is called off while it waits, and stays sent where the mail server had it already', () => {
    const calling = { name: 'CallOffMessage', data: { ...about, because: 'left' } } as const;
    const off = record('MessageCalledOff', { ...about, because: 'left' as const });
    given().when(calling).expectNothing();
    given(queued).when(calling).expectEvents(off);
    given(queued, off).when(calling).expectNothing();
    given(queued, off).when(chasing).expectNothing();
    given(queued, due, off).when(attempting).expectNothing();
    given(queued, due, tried(1), off)
      .when({ name: 'ReportSent', data: { ...about, attempt: 1 } })
      .expectEvents(sent);
    given(queued, due, tried(1), sent).when(calling).expectNothing();
  });

  it('is sent also where that becomes known late, and once', () => {
    const reporting = { name: 'ReportSent', data: { ...about, attempt: 1 } } as const;
    given(queued, due, tried(1)).when(reporting).expectEvents(sent);
    given(queued, due, tried(1), due, tried(2)).when(reporting).expectEvents(sent);
    given(queued, due, tried(1), sent).when(reporting).expectNothing();
    given(queued, due).when(reporting).expectNothing();
  });

  it('is sent again when nobody tells what became of an attempt', () => {
    given(queued, due, tried(1))
      .when(chasing, { now: at('01T12:10') })
      .expectEvents(
        record('MessageOutcomeUncertain', { ...about, attempt: 1 }),
        record('MessageDue', { ...about, again: at('01T12:20') }),
      );
    given(queued, due, tried(1), sent).when(chasing).expectNothing();
  });

  it.each([
    [1, '01T12:01'],
    [2, '01T12:05'],
    [3, '01T12:30'],
    [4, '01T14:00'],
    [5, '02T00:00'],
    [6, '02T00:00'],
  ])('waits longer after each attempt that failed: the %d.', (attempt, time) => {
    const past = Array.from({ length: attempt - 1 }, (_, n) => [due, tried(n + 1), failed(n + 1, NOON)]).flat();
    given(queued, ...past, due, tried(attempt))
      .when(failing(attempt))
      .expectEvents(failed(attempt, at(time)));
  });

  it('is given up when the next attempt would be too late, or when no attempt is of use', () => {
    given(queued, due, tried(1))
      .when(failing(1), { now: at('03T11:59') })
      .expectEvents(failed(1), tooLate);
    given(queued, due, tried(1))
      .when(failing(1, true))
      .expectEvents(failed(1), record('MessageGivenUp', { ...about, because: 'refused' as const }));
    given(queued, due)
      .when(chasing, { now: at('03T12:00') })
      .expectEvents(tooLate);
  });

  it('does not fail by an attempt that is over', () => {
    given(queued, due, tried(1), due, tried(2)).when(failing(1)).expectNothing();
  });

  it('is held where there is no mail server, and goes out when it is released in time', () => {
    const held = record('MessageHeld', about);
    const releasing = { name: 'ReleaseMessage', data: about } as const;
    given(queued, due).when({ name: 'HoldMessage', data: about }).expectEvents(held);
    given(queued, due, held).when(releasing).expectEvents(due);
    given(queued, due, held)
      .when(releasing, { now: at('03T12:00') })
      .expectRefused('MessageTooLate');
    given(queued, due, tried(1)).when(releasing).expectRefused('MessageNotWaiting');
    given().when(releasing).expectRefused('MessageUnknown');
  });

  it('comes back only when it was sent', () => {
    const bouncing = { name: 'ReportBounce', data: about } as const;
    given(queued, due, tried(1)).when(bouncing).expectRefused('MessageNotSent');
    given(queued, due, tried(1), sent).when(bouncing).expectEvents(record('MessageBounced', about));
  });

  it('is not sent any more once somebody has delivered it by hand', () => {
    const byHand = { name: 'DeliverByHand', data: { ...about, channel: 'chat' } } as const;
    const delivered = record('MessageDeliveredByHand', { ...about, channel: 'chat' as const });
    given(queued, due).when(byHand).expectEvents(delivered);
    given(queued, due, delivered).when(attempting).expectNothing();
    given(queued, due, delivered).when(chasing).expectNothing();
    given(queued, due, delivered).when(byHand).expectNothing();
    given().when(byHand).expectRefused('MessageUnknown');
  });
});

describe('whatever comes, in whatever order', () => {
  const command: fc.Arbitrary<CommandOf<MessageCommands>> = fc.oneof(
    fc.constantFrom<CommandOf<MessageCommands>>(queueing, chasing, chasing, attempting, attempting),
    fc.constantFrom<CommandOf<MessageCommands>>(
      { name: 'HoldMessage', data: about },
      { name: 'ReleaseMessage', data: about },
      { name: 'ReportBounce', data: about },
      { name: 'DeclareUndeliverable', data: { ...about, because: 'no_address' } },
      { name: 'DeliverByHand', data: { ...about, channel: 'post' } },
    ),
    fc.integer({ min: 1, max: 3 }).map((attempt) => failing(attempt)),
    fc.integer({ min: 1, max: 3 }).map((attempt) => ({ name: 'ReportSent', data: { ...about, attempt } }) as const),
  );

  it('the history folds and fits the event language, every attempt has a number of its own, and nothing is left without a deadline', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.integer({ min: 1, max: 4 })), { maxLength: 30 }), (wishes) => {
        const history = wishes.reduce(carryOn, []);
        for (const { name, data } of history) expect(eventType(typeOf('consent', name))!.faults(data)).toEqual([]);
        const attempts = history.filter(({ name }) => name === 'MessageAttempted').map(({ data }) => data['attempt']);
        expect(attempts).toEqual(attempts.map((_, index) => index + 1));
        const { status } = fold(message, history);
        const isUnderWay = ['queued', 'due', 'attempted', 'retrying'].includes(status);
        expect(hasDeadline(history)).toBe(isUnderWay);
      }),
    );
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

function hasDeadline(history: readonly Past[]): boolean {
  const rows = message.deadlines as unknown as Record<string, (data: object) => readonly object[]>;
  return history
    .flatMap(({ name, data }) => rows[name]?.(data) ?? [])
    .reduce((_, change) => 'schedule' in change, false);
}

/** The history after one more wish on a day of January. */
function carryOn(history: readonly Past[], [{ name, data }, day]: [CommandOf<MessageCommands>, number]): Past[] {
  const occurredAt = at(`0${day}T12:00`);
  const rows: Record<string, unknown> = message.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<ConsentPayloads>;
  const decision = decide(data, fold(message, history), { occurredAt, now: occurredAt });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt }))];
}
