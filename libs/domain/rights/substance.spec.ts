import { describe, expect, it } from '@jest/globals';
import type { RetentionPayloads } from '#events';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { rightsRequest } from './request.js';
import { type Answered } from './substance.js';

const requestId = '0192f0c1-0000-7000-8000-000000000021';
const personId = '0192f0c1-0000-7000-8000-000000000022';
const first = '0192f0c1-0000-7000-8000-000000000031';
const second = '0192f0c1-0000-7000-8000-000000000032';
const receivedAt = '2026-01-12T09:00:00.000Z';
const madeAt = '2026-01-13T09:00:00.000Z';
const dueAt = '2026-02-13T00:00:00.000Z';
const base = { requestId, personId, region: 'england_and_wales' as const, timeZone: 'Europe/London' };
const at = { occurredAt: madeAt, now: madeAt };
const { given } = specify(rightsRequest);

type Received = RetentionPayloads['RequestReceived'];
const received = (more: Pick<Received, 'kind' | 'wrong' | 'against' | 'purpose'>) => ({
  ...record('RequestReceived', { ...base, dueAt, ...more }),
  occurredAt: receivedAt,
});
const receiving = (more: Pick<Received, 'kind' | 'wrong' | 'against' | 'purpose'>) =>
  ({ name: 'Receive', data: { ...base, ...more, isIdentityKnown: true, rules: [] } }) as const;
const noted = (correctionId: string, ...classes: RetentionPayloads['CorrectionNoted']['classes']) => ({
  requestId,
  correctionId,
  classes,
  madeAt,
  isStated: false,
});
const answering = (answer: Answered) => ({ name: 'Answer', data: { requestId, ...answer } }) as const;
const answered = (answer: Answered) => record('RequestAnswered', { requestId, ...answer, lateBySeconds: 0 });

describe('a request to put data right', () => {
  const asked = received({ kind: 'rectification', wrong: ['name', 'date_of_birth'] });
  const noting = (correction = noted(first, 'name')) => ({ name: 'NoteCorrection', data: correction }) as const;
  const corrected = [
    record('CorrectionNoted', noted(first, 'name')),
    record('CorrectionNoted', noted(second, 'date_of_birth', 'category')),
  ];

  it('says which data is wrong, and no other kind of request does', () => {
    given()
      .when(receiving({ kind: 'rectification' }))
      .expectRefused('NothingNamed');
    given()
      .when(receiving({ kind: 'access', wrong: ['name'] }))
      .expectRefused('NotOfThisKind');
    given()
      .when(receiving({ kind: 'rectification', wrong: ['name'], purpose: 'group' }))
      .expectRefused('PurposeMissing');
  });

  it('has the corrections made since it came noted, once, and of what was wrong', () => {
    given(asked)
      .when(noting())
      .expectEvents(record('CorrectionNoted', noted(first, 'name')));
    given(asked, ...corrected)
      .when(noting())
      .expectNothing();
    given(asked)
      .when(noting({ ...noted(first, 'name'), madeAt: '2026-01-12T08:59:59.999Z' }))
      .expectRefused('CorrectedBefore');
    given(asked)
      .when(noting(noted(first, 'contact')))
      .expectRefused('NotWhatWasWrong');
    given(received({ kind: 'access' }))
      .when(noting())
      .expectRefused('NotARectification');
    given().when(noting()).expectRefused('RequestUnknown');
  });

  it('is complied with by a correction of everything that was wrong', () => {
    const whole = { outcome: 'complied' as const, corrections: [first, second] };
    given(asked, ...corrected)
      .when(answering(whole), at)
      .expectEvents(answered(whole));
    given(asked, ...corrected)
      .when(answering({ ...whole, corrections: [first] }), at)
      .expectRefused('NotCorrected');
    given(asked, ...corrected)
      .when(answering({ outcome: 'complied' }), at)
      .expectRefused('NotCorrected');
    given(asked).when(answering(whole), at).expectRefused('CorrectionUnknown');
    given(asked, ...corrected)
      .when(answering({ ...whole, because: 'accurate' }), at)
      .expectRefused('NothingRefused');
    given(asked, ...corrected)
      .when(answering({ ...whole, stopped: ['records'] }), at)
      .expectRefused('NotOfThisKind');
  });

  it('is refused, in part or wholly, for a reason of its kind', () => {
    const part = { outcome: 'in_part' as const, corrections: [first], because: 'accurate' as const };
    given(asked, ...corrected)
      .when(answering(part), at)
      .expectEvents(answered(part));
    given(asked, ...corrected)
      .when(answering({ outcome: 'in_part', corrections: [first] }), at)
      .expectRefused('ReasonMissing');
    given(asked, ...corrected)
      .when(answering({ outcome: 'in_part', because: 'accurate' }), at)
      .expectRefused('NotCorrected');
    const refused = { outcome: 'refused' as const, because: 'cannot_verify' as const };
    given(asked).when(answering(refused), at).expectEvents(answered(refused));
    given(asked)
      .when(answering({ outcome: 'refused' }), at)
      .expectRefused('ReasonMissing');
    given(asked)
      .when(answering({ outcome: 'refused', because: 'compelling_grounds' }), at)
      .expectRefused('ReasonMissing');
    given(asked, ...corrected)
      .when(answering({ ...refused, corrections: [first] }), at)
      .expectRefused('NotRefused');
  });

  it('has whom others were told noted when there is something to tell, also after the answer', () => {
    const told = { requestId, recipients: 'provider' as const, count: 1 };
    const telling = { name: 'TellRecipients', data: told } as const;
    given(asked).when(telling).expectRefused('NothingToTell');
    given().when(telling).expectRefused('RequestUnknown');
    given(asked, ...corrected, answered({ outcome: 'complied', corrections: [first, second] }))
      .when(telling)
      .expectEvents(record('RecipientsTold', told));
  });

  it('of the time before requests said what is wrong is answered by any correction', () => {
    const old = received({ kind: 'rectification' });
    const whole = { outcome: 'complied' as const, corrections: [first] };
    given(old, corrected[0]!).when(answering(whole), at).expectEvents(answered(whole));
    given(old)
      .when(answering({ outcome: 'complied' }), at)
      .expectRefused('NotCorrected');
  });
});

describe('an objection', () => {
  const asked = received({ kind: 'objection', against: ['messages', 'purpose'], purpose: 'campaign' });
  const withdrawn = record('ObjectionWithdrawn', { requestId });
  const withdrawing = { name: 'WithdrawObjection', data: { requestId } } as const;

  it('says what it is against; whoever objects to a purpose names it', () => {
    given()
      .when(receiving({ kind: 'objection' }))
      .expectRefused('NothingNamed');
    given()
      .when(receiving({ kind: 'objection', against: ['purpose'] }))
      .expectRefused('PurposeMissing');
    given()
      .when(receiving({ kind: 'complaint', against: ['messages'] }))
      .expectRefused('NotOfThisKind');
  });

  it('is complied with by stopping all that it is against', () => {
    const whole = { outcome: 'complied' as const, stopped: ['messages' as const, 'purpose' as const] };
    given(asked).when(answering(whole), at).expectEvents(answered(whole));
    given(asked)
      .when(answering({ outcome: 'complied', stopped: ['messages'] }), at)
      .expectRefused('NotStopped');
    given(asked)
      .when(answering({ ...whole, stopped: ['messages', 'purpose', 'records'] }), at)
      .expectRefused('NotObjectedTo');
    given(asked)
      .when(answering({ outcome: 'complied', corrections: [first] }), at)
      .expectRefused('NotOfThisKind');
  });

  it('gives way to compelling grounds, legal claims, or where the right does not apply, and to nothing else', () => {
    for (const because of ['compelling_grounds', 'legal_claims', 'not_applicable'] as const)
      given(asked)
        .when(answering({ outcome: 'refused', because }), at)
        .expectEvents(answered({ outcome: 'refused', because }));
    for (const because of [undefined, 'other', 'accurate'] as const)
      given(asked)
        .when(answering({ outcome: 'refused', ...(because ? { because } : {}) }), at)
        .expectRefused('ReasonMissing');
    given(asked)
      .when(answering({ outcome: 'in_part', because: 'legal_claims' }), at)
      .expectRefused('NotStopped');
    given(asked)
      .when(answering({ outcome: 'refused', because: 'legal_claims', stopped: ['messages'] }), at)
      .expectRefused('NotRefused');
  });

  it('is withdrawn once, before the answer or after it, and asks for nothing then', () => {
    given(asked).when(withdrawing).expectEvents(withdrawn);
    given(asked, answered({ outcome: 'complied', stopped: ['messages', 'purpose'] }))
      .when(withdrawing)
      .expectEvents(withdrawn);
    given(asked, withdrawn).when(withdrawing).expectNothing();
    given(asked, withdrawn)
      .when(answering({ outcome: 'complied' }), at)
      .expectEvents(answered({ outcome: 'complied' }));
    given(received({ kind: 'access' }))
      .when(withdrawing)
      .expectRefused('NotAnObjection');
    given().when(withdrawing).expectRefused('RequestUnknown');
  });

  it('lends its reasons to no other kind of request', () => {
    given(received({ kind: 'access' }))
      .when(answering({ outcome: 'refused', because: 'other' }), at)
      .expectRefused('NotOfThisKind');
    expect(rightsRequest.category).toBe('request');
  });
});
