import { describe, expect, it } from '@jest/globals';
import { specify } from '../../testing/specs.js';
import { record } from '../decider.js';
import { closure, type ClosingStep, lackingIn } from './closure.js';

const groupId = '0192f0c1-0000-7000-8000-000000000001';
const attestedBy = '0192f0c1-0000-7000-8000-000000000002';
const rules = [{ profile: 'political-party@1', parameter: 'idle_close_after', obligations: ['LD-35'] }];
const used = '2026-01-10T12:00:00.000Z';
const dormantAt = '2026-03-11T12:00:00.000Z';
const assessing = (lastUsedAt = used) =>
  ({
    name: 'AssessUse',
    data: { groupId, lastUsedAt, idleAfter: 'P60D', timeZone: 'Europe/London', rules },
  }) as const;
const noted = record('GroupUseNoted', { groupId, lastUsedAt: used, dormantAt });
const dormant = record('GroupDormant', { groupId, lastUsedAt: used, dormantAt });
const asking = { name: 'AskAboutUse', data: { groupId, dormantAt } } as const;
const closedEvent = record('ClosingChecked', { groupId, missing: [] });
const attesting = (step: ClosingStep, isHeld = false) =>
  ({ name: 'AttestStep', data: { groupId, step, attestedBy, isHeld, rules } }) as const;
const done = (step: ClosingStep) => record('ClosingStepAttested', { groupId, step, attestedBy });
const checking = (mustBeComplete = false, openOrders = 0) =>
  ({ name: 'CheckClosing', data: { groupId, openOrders, mustBeComplete, rules } }) as const;
const { given } = specify(closure);

describe('a group that nobody uses', () => {
  it('[LD-35] is dormant sixty days after its last use, on the wall clock of the organisation', () => {
    given()
      .when(assessing(), { now: '2026-01-10T12:00:01.000Z' })
      .expectEvents({ ...noted, rules });
    given(noted).when(assessing(), { now: '2026-03-11T11:59:59.999Z' }).expectNothing();
    given(noted).when(assessing(), { now: dormantAt }).expectEvents(dormant);
    given(noted, dormant).when(assessing(), { now: '2026-05-01T00:00:00.000Z' }).expectNothing();
  });

  it('[LD-35] is looked at when that day has come, once', () => {
    given(noted).when(asking, { now: dormantAt }).expectEvents(record('GroupIdleCheckDue', { groupId, dormantAt }));
    given(noted, dormant).when(asking, { now: dormantAt }).expectNothing();
    given(noted, closedEvent).when(asking, { now: dormantAt }).expectNothing();
    expect(closure.deadlines!.GroupUseNoted!(noted.data)).toEqual([
      { schedule: 'idle', dueAt: dormantAt, command: asking },
    ]);
  });

  it('[LD-35] is in use again when it is used, and what is told late takes no later use back', () => {
    const again = '2026-04-01T09:00:00.000Z';
    given(noted, dormant)
      .when(assessing(again), { now: again })
      .expectEvents(record('GroupUseNoted', { groupId, lastUsedAt: again, dormantAt: '2026-05-31T09:00:00.000Z' }));
    given(noted).when(assessing('2025-12-01T00:00:00.000Z'), { now: used }).expectNothing();
  });
});

describe('closing a group', () => {
  it('[LD-35] takes its members told, its records captured, and its chat archived, deleted or both', () => {
    expect(lackingIn([], 0)).toEqual(['members_told', 'records_captured', 'chat']);
    for (const chat of [['chat_archived'], ['chat_deleted'], ['chat_archived', 'chat_deleted']] as const)
      expect(lackingIn(['members_told', 'records_captured', ...chat], 0)).toEqual([]);
    expect(lackingIn(['members_told', 'records_captured', 'chat_deleted'], 2)).toEqual(['open_orders']);
  });

  it('takes a word for each step, once', () => {
    given().when(attesting('members_told')).expectEvents(done('members_told'));
    given(done('members_told')).when(attesting('members_told')).expectNothing();
  });

  it('[BR-61] archives and does not delete a chat that a hold covers', () => {
    given().when(attesting('chat_deleted', true)).expectRefused('UnderHold');
    given().when(attesting('chat_archived', true)).expectEvents(done('chat_archived'));
  });

  it('[LD-35] records what is missing, or is refused for it, as was asked for', () => {
    const missing = ['records_captured', 'chat', 'open_orders'] as const;
    given(done('members_told'))
      .when(checking(false, 1))
      .expectEvents(record('ClosingChecked', { groupId, missing: [...missing] }));
    given(done('members_told'))
      .when(checking(true, 1))
      .expectRefused('ClosingIncomplete', { obligations: ['LD-35'] });
    const all = [done('members_told'), done('records_captured'), done('chat_deleted')];
    given(...all)
      .when(checking(true))
      .expectEvents(closedEvent);
    given(...all, closedEvent)
      .when(checking(true))
      .expectNothing();
  });
});
