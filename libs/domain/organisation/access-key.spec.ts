import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { eventType, type RecordedEvent, typeOf } from '#events';
import { specify } from '../../testing/specs.js';
import { type CommandOf, type Decision, fold, isRefusal, type Moment, record } from '../decider.js';
import { accessKey, type AccessKeyCommands } from './access-key.js';
import { scopes } from './scopes.js';

const keyId = '0192f0c1-0000-7000-8000-000000000001';
const now = '2026-01-01T12:00:00.000Z';
const expiresAt = '2026-07-01T12:00:00.000Z';
const issuing = { name: 'Issue', data: { keyId, scopes: ['admin', 'feed:hr'], expiresAt } } as const;
const revoking = { name: 'Revoke', data: { keyId } } as const;
const issued = record('ApiKeyIssued', { keyId, scopes: ['admin', 'feed:hr'], expiresAt });
const revoked = record('ApiKeyRevoked', { keyId });
const { given } = specify(accessKey);

describe('access key', () => {
  it('is issued with its scopes, for a time or for good', () => {
    given().when(issuing).expectEvents(issued);
    given()
      .when({ name: 'Issue', data: { keyId, scopes: ['auditor'] } })
      .expectEvents(record('ApiKeyIssued', { keyId, scopes: ['auditor'] }));
  });

  it('is issued once: the same wish again is nothing new', () => {
    given(issued).when(issuing).expectNothing();
    given(issued)
      .when({ name: 'Issue', data: { ...issuing.data, scopes: ['feed:hr', 'admin'] } })
      .expectNothing();
  });

  it('refuses to widen or prolong a key that was issued', () => {
    given(issued)
      .when({ name: 'Issue', data: { ...issuing.data, scopes } })
      .expectRefused('KeyAlreadyIssued');
    given(issued)
      .when({ name: 'Issue', data: { keyId, scopes: issuing.data.scopes } })
      .expectRefused('KeyAlreadyIssued');
  });

  it('refuses to bring back a revoked key', () => {
    given(issued, revoked).when(issuing).expectRefused('KeyAlreadyIssued');
  });

  it('refuses a key that expires as it is made', () => {
    given().when(issuing, { now: expiresAt }).expectRefused('ExpiryInThePast');
  });

  it('is revoked once', () => {
    given(issued).when(revoking).expectEvents(revoked);
    given(issued, revoked).when(revoking).expectNothing();
  });

  it('refuses to revoke a key nobody issued', () => {
    given().when(revoking).expectRefused('KeyUnknown');
  });

  it('whatever comes, the history folds, fits the event language, and ends with the revocation', () => {
    const wish: fc.Arbitrary<CommandOf<AccessKeyCommands>> = fc.oneof(
      fc
        .subarray([...scopes], { minLength: 1 })
        .map((some) => ({ name: 'Issue' as const, data: { keyId, scopes: some } })),
      fc.constant(revoking),
    );
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 10 }), (wishes) => {
        const history = wishes.reduce(carryOn, []);
        for (const { name, data } of history) expect(eventType(typeOf('gateway', name))!.faults(data)).toEqual([]);
        expect(['ApiKeyIssued', 'ApiKeyRevoked'].slice(0, history.length)).toEqual(history.map(({ name }) => name));
      }),
    );
  });
});

type Past = Pick<RecordedEvent, 'id' | 'name' | 'data' | 'occurredAt'>;

function carryOn(history: readonly Past[], { name, data }: CommandOf<AccessKeyCommands>): Past[] {
  const rows: Record<string, unknown> = accessKey.decide;
  const decide = rows[name] as (data: object, state: object, moment: Moment) => Decision<Record<string, object>>;
  const decision = decide(data, fold(accessKey, history), { occurredAt: now, now });
  const events = isRefusal(decision) ? decision.evidence : decision;
  return [...history, ...events.map((event) => ({ ...event, data: { ...event.data }, id: 'e', occurredAt: now }))];
}
