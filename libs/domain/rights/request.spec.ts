import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { type RequestKind, rightsRequest } from './request.js';

const requestId = '0192f0c1-0000-7000-8000-000000000021';
const personId = '0192f0c1-0000-7000-8000-000000000022';
const itemId = '0192f0c1-0000-7000-8000-000000000023';
const holdId = '0192f0c1-0000-7000-8000-000000000024';
const rules = [{ profile: 'charity@1', parameter: 'disclosure_rights', obligations: ['AMZ-113'] }];
const base = { requestId, personId, region: 'england_and_wales' as const, timeZone: 'Europe/London' };
const receivedAt = '2026-01-31T12:00:00.000Z';
// 28 February 2026 is a Saturday.
const dueAt = '2026-03-03T00:00:00.000Z';
const at = (instant: string) => ({ occurredAt: instant, now: instant });
const soon = at('2026-02-01T12:00:00.000Z');
/** What a request of some kinds has to say. */
const saying = (kind: RequestKind) => ({
  ...(kind === 'rectification' ? { wrong: ['name' as const] } : {}),
  ...(kind === 'objection' ? { against: ['messages' as const] } : {}),
});
const receiving = (kind: RequestKind, isIdentityKnown = true) =>
  ({ name: 'Receive', data: { ...base, ...saying(kind), kind, isIdentityKnown, rules } }) as const;
const step = <N extends string>(name: N) => ({ name, data: { requestId } }) as const;
const received = (kind: RequestKind = 'access', due: string | undefined = dueAt) => ({
  ...record('RequestReceived', { ...base, kind, ...(due ? { dueAt: due } : {}) }),
  occurredAt: receivedAt,
});
const waiting = { ...record('RequestReceived', { ...base, kind: 'access' as const }), occurredAt: receivedAt };
const { given } = specify(rightsRequest);

describe('the time to answer', () => {
  it.each<[RequestKind, string]>([
    ['access', dueAt],
    ['erasure', dueAt],
    ['rectification', dueAt],
    ['objection', dueAt],
    ['freedom_of_information', '2026-02-28T00:00:00.000Z'],
    ['complaint', '2026-03-03T00:00:00.000Z'],
  ])('of a request of the kind %s received on 31 January ends on %s', (kind, end) => {
    given()
      .when(receiving(kind), at(receivedAt))
      .expectEvents({ ...record('RequestReceived', { ...base, ...saying(kind), kind, dueAt: end }), rules });
  });

  it.each([
    ['on the calendar of the organisation’s own zone', '2026-06-15T23:30:00.000Z', '2026-07-16T23:00:00.000Z'],
    ['moved past a weekend, across the change of the clocks', '2026-03-12T00:30:00.000Z', '2026-04-13T23:00:00.000Z'],
    ['moved past a bank holiday', '2026-04-04T09:00:00.000Z', '2026-05-05T23:00:00.000Z'],
  ])('of a complaint is thirty whole days after the day of receipt, %s', (_, occurredAt, end) => {
    given()
      .when(receiving('complaint'), at(occurredAt))
      .expectEvents(record('RequestReceived', { ...base, kind: 'complaint' as const, dueAt: end }));
  });

  it('is not received twice', () => {
    given(received()).when(receiving('access')).expectNothing();
  });

  it('does not run while it is not known who asks', () => {
    given()
      .when(receiving('access', false), at(receivedAt))
      .expectEvents(record('RequestReceived', { ...base, kind: 'access' as const }));
    given(waiting)
      .when(step('ConfirmIdentity'), at('2026-02-10T12:00:00.000Z'))
      .expectEvents(record('IdentityConfirmed', { requestId, dueAt: '2026-03-11T00:00:00.000Z' }));
    given(received()).when(step('ConfirmIdentity'), soon).expectNothing();
  });

  it('stands still while the person is asked what they mean, and runs on for what is left', () => {
    const asked = { ...record('ClarificationAsked', { requestId }), occurredAt: '2026-02-10T12:00:00.000Z' };
    given(received()).when(step('AskClarification'), soon).expectEvents(record('ClarificationAsked', { requestId }));
    given(received(), asked)
      .when({ name: 'DeclareOverdue', data: { requestId, dueAt } }, at('2026-04-01T12:00:00.000Z'))
      .expectNothing();
    given(received(), asked)
      .when(step('TakeClarification'), at('2026-02-20T12:00:00.000Z'))
      .expectEvents(record('ClarificationGiven', { requestId, dueAt: '2026-03-11T00:00:00.000Z' }));
    given(received(), asked)
      .when(step('TakeClarification'), at('2026-02-09T12:00:00.000Z'))
      .expectRefused('AnsweredBeforeAsked');
  });

  it('is three months where the person was told of it within the first one', () => {
    const extended = record('RequestExtended', { requestId, dueAt: '2026-05-01T23:00:00.000Z' });
    given(received())
      .when(step('Extend'), at('2026-02-20T12:00:00.000Z'))
      .expectEvents({
        ...extended,
        data: { requestId, dueAt: '2026-04-30T23:00:00.000Z' },
      });
    given(received(), extended).when(step('Extend'), soon).expectNothing();
    given(received()).when(step('Extend'), at(dueAt)).expectRefused('TooLateToExtend');
    given(received('freedom_of_information')).when(step('Extend'), soon).expectRefused('NotExtendable');
    given(waiting).when(step('Extend'), soon).expectRefused('ClockNotRunning');
  });

  it('passes once, and not early', () => {
    const overdue = record('RequestOverdue', { requestId, dueAt });
    const declaring = { name: 'DeclareOverdue', data: { requestId, dueAt } } as const;
    given(received()).when(declaring, at('2026-03-02T23:59:59.999Z')).expectNothing();
    given(received()).when(declaring, at(dueAt)).expectEvents(overdue);
    given(received(), overdue).when(declaring, at('2026-04-01T12:00:00.000Z')).expectNothing();
  });

  it('an answer says by how much it is late', () => {
    const answering = { name: 'Answer', data: { requestId, outcome: 'complied' } } as const;
    given(received())
      .when(answering, at('2026-03-03T00:01:00.000Z'))
      .expectEvents(record('RequestAnswered', { requestId, outcome: 'complied' as const, lateBySeconds: 60 }));
    given().when(answering).expectRefused('RequestUnknown');
    given(received(), record('RequestAnswered', { requestId, outcome: 'complied' as const, lateBySeconds: 0 }))
      .when(answering, soon)
      .expectRefused('RequestAnswered');
  });

  it('a complaint is acknowledged within thirty days, whatever is unclear about it', () => {
    const complaint = received('complaint', '2026-03-03T00:00:00.000Z');
    const acknowledged = record('ComplaintAcknowledged', { requestId, lateBySeconds: 0 });
    given(complaint).when(step('AcknowledgeComplaint'), at('2026-02-02T12:00:00.000Z')).expectEvents(acknowledged);
    given(complaint, acknowledged).when(step('AcknowledgeComplaint'), soon).expectNothing();
    given(complaint).when(step('AskClarification'), soon).expectRefused('ClockDoesNotPause');
    given(received()).when(step('AcknowledgeComplaint'), soon).expectRefused('NotAComplaint');
  });
});

describe('what would move the clock', () => {
  const answering = { name: 'Answer', data: { requestId, outcome: 'complied' } } as const;

  it.each(['ConfirmIdentity', 'AskClarification', 'Extend', 'AcknowledgeComplaint'] as const)(
    '%s is not said of a time before the request came, nor an answer',
    (name) => {
      given(received()).when(step(name), at('2026-01-31T11:59:59.999Z')).expectRefused('BeforeReceipt');
      given(received()).when(answering, at('2026-01-31T11:59:59.999Z')).expectRefused('BeforeReceipt');
    },
  );

  it('a question does not stop it before it runs, nor after the time is over', () => {
    given(waiting).when(step('AskClarification'), soon).expectRefused('ClockNotRunning');
    given(received())
      .when(step('AskClarification'), at('2026-03-02T23:59:59.999Z'))
      .expectEvents(record('ClarificationAsked', { requestId }));
    given(received()).when(step('AskClarification'), at(dueAt)).expectRefused('TooLateToAsk');
  });

  it('a limit set anew passes anew, although the first one was missed on record', () => {
    const overdue = record('RequestOverdue', { requestId, dueAt });
    const later = '2026-05-01T23:00:00.000Z';
    const declaring = { name: 'DeclareOverdue', data: { requestId, dueAt: later } } as const;
    given(received(), overdue, record('RequestExtended', { requestId, dueAt: later }))
      .when(declaring, at(later))
      .expectEvents(record('RequestOverdue', { requestId, dueAt: later }));
    const asked = { ...record('ClarificationAsked', { requestId }), occurredAt: '2026-02-10T12:00:00.000Z' };
    given(received(), overdue, asked, record('ClarificationGiven', { requestId, dueAt: later }))
      .when(declaring, at(later))
      .expectEvents(record('RequestOverdue', { requestId, dueAt: later }));
  });

  it('who asks matters to nobody for a complaint, nor for freedom of information: the time runs from receipt', () => {
    for (const kind of ['complaint', 'freedom_of_information'] as const) {
      const due = kind === 'complaint' ? '2026-03-03T00:00:00.000Z' : '2026-02-28T00:00:00.000Z';
      given()
        .when(receiving(kind, false), at(receivedAt))
        .expectEvents(record('RequestReceived', { ...base, kind, dueAt: due }));
    }
  });

  it('while it is not known who asks, nothing is given out: the only answer is a refusal', () => {
    const refusing = { name: 'Answer', data: { requestId, outcome: 'refused' } } as const;
    given(waiting).when(answering, soon).expectRefused('IdentityUnknown');
    given(waiting)
      .when(refusing, soon)
      .expectEvents(record('RequestAnswered', { requestId, outcome: 'refused' as const, lateBySeconds: 0 }));
  });
});

describe('an erasure', () => {
  const kept = [{ itemId, because: 'retention' as const }];
  const ordering = (holdIds: string[] = []) => ({
    name: 'OrderErasure' as const,
    data: { requestId, holdIds, kept, rules },
  });
  const ordered = record('ErasureOrdered', { requestId, personId, kept });
  const confirming = (service: 'membership' | 'consent' | 'retention') =>
    ({ name: 'ConfirmErasure', data: { requestId, service } }) as const;
  const confirmed = (service: string) => record('ErasureConfirmed', { requestId, service });
  const answering = { name: 'Answer', data: { requestId, outcome: 'complied' } } as const;

  it('[AMZ-113] is ordered once, naming what stays by right', () => {
    given(received('erasure'))
      .when(ordering())
      .expectEvents({ ...ordered, rules });
    given(received('erasure'), ordered).when(ordering()).expectNothing();
    given(received('access')).when(ordering()).expectRefused('NotAnErasure');
  });

  it('[BR-61] is refused while a hold is on the person, and the attempt is kept', () => {
    given(received('erasure'))
      .when(ordering([holdId]))
      .expectRefused('UnderHold', { evidence: [record('ErasureRefused', { requestId, holdIds: [holdId] })] });
  });

  it('is not ordered while it is not known who asks', () => {
    given({ ...waiting, data: { ...waiting.data, kind: 'erasure' as const } })
      .when(ordering())
      .expectRefused('IdentityUnknown');
  });

  it('[AMZ-113] is complete when every service has said so, and not answered before', () => {
    const before = [received('erasure'), ordered, confirmed('membership'), confirmed('consent')];
    given(...before)
      .when(answering, soon)
      .expectRefused('NotErased');
    given(...before)
      .when(confirming('consent'))
      .expectNothing();
    given(...before)
      .when(confirming('retention'))
      .expectEvents(confirmed('retention'), record('ErasureCompleted', { requestId }));
    given(...before, confirmed('retention'), record('ErasureCompleted', { requestId }))
      .when(answering, at(receivedAt))
      .expectEvents(record('RequestAnswered', { requestId, outcome: 'complied' as const, lateBySeconds: 0 }));
    expect(rightsRequest.category).toBe('request');
  });
});
